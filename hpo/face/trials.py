"""Trials as Python sees them: plain values, and those whose model can be loaded."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

from hpo.studies import Best, StudyAddress

if TYPE_CHECKING:
    from hpo.shipping.prediction import Classifier


class Trial(dict[str, Any]):
    """A trial as `hpo trials --json` has it; its keys are attributes as well."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - plain values
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(f"a trial has {', '.join(self)}, and no {name!r}") from error

    @property
    def values(self) -> list[float] | None:  # type: ignore[override]
        """One for each objective; the values of a mapping are in `items()`."""
        values: list[float] | None = self["values"]
        return values

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self])


@dataclass(frozen=True, slots=True)
class BestTrial(Best):
    """A trial that no other beats, whose model can be loaded.

    Attributes:
        address: of its study.
    """

    address: StudyAddress | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, best: Best, address: StudyAddress) -> Self:
        """Add the address of its study to what a record gives."""
        return cls(**{item.name: getattr(best, item.name) for item in fields(best)}, address=address)

    def load(self) -> Classifier:
        """Load its model, to classify images; imports an engine.

        Raises:
            UserError: the model was not kept.
            WorkError: it is damaged.
        """
        from hpo.shipping import find_model
        from hpo.shipping.prediction import Classifier

        assert self.address is not None  # noqa: S101 - `of` has set it
        return Classifier(find_model(self.address, trial=self.number))
