"""What came of training a trial again: whether it is equal to the last bit, and if not, where and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from hpo.tuning.reproduction.comparison import MetricDifference, WeightDifference

ComparedModel = Literal["equal", "differs", "not kept", "not compared"]


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A trial, trained again from its record alone.

    Attributes:
        study: its study's name.
        trial: its number.
        epochs: how many the record has.
        metrics: that were compared in each.
        values: how many values were compared, those of repeats among them.
        differences: the values that differ, epoch by epoch.
        model: whether the weights of the kept model are those of this training.
        weights: in what they differ; None where they do not.
        ended: how this training ended where the recorded one did not; None where it came to the same end.
        environment: what decides digits and differs from the record: `[recorded, now]` by name.
        notes: what else may be why digits differ, a sentence each.
        duration_s: seconds that the training took, with the start of its process.
    """

    study: str
    trial: int
    epochs: int
    metrics: tuple[str, ...]
    values: int
    differences: tuple[MetricDifference, ...]
    model: ComparedModel
    weights: WeightDifference | None
    ended: str | None
    environment: Mapping[str, tuple[Any, Any]]
    notes: tuple[str, ...]
    duration_s: float

    @property
    def is_equal(self) -> bool:
        """Whether all that was compared is equal to the last bit."""
        return not self.differences and self.weights is None and self.ended is None

    @property
    def first_difference(self) -> MetricDifference | None:
        """The first epoch and metric that differ; None where none does."""
        return next(iter(self.differences), None)

    @property
    def largest_difference(self) -> float | None:
        """The largest by which a value differs; None where none does, or none that is a number."""
        return max((abs(item.by) for item in self.differences if item.by is not None), default=None)

    def in_words(self) -> list[str]:
        """Say it in sentences, the answer first."""
        return list(self._say())

    def to_json(self) -> dict[str, Any]:
        """Give plain values; programs rely on the keys."""
        first = self.first_difference
        return {
            "study": self.study,
            "trial": self.trial,
            "equal": self.is_equal,
            "epochs": self.epochs,
            "metrics": list(self.metrics),
            "values": self.values,
            "differing_values": len(self.differences),
            "largest_difference": self.largest_difference,
            "first_difference": None if first is None else {**asdict(first), "by": first.by},
            "model": self.model,
            "weights": None if self.weights is None else asdict(self.weights),
            "ended": self.ended,
            "environment": {name: list(values) for name, values in self.environment.items()},
            "notes": list(self.notes),
            "duration_s": round(self.duration_s, 3),
        }

    def _say(self) -> Iterator[str]:
        what = f"trial {self.trial} of study {self.study}, trained again"
        compared = f"{_count(self.epochs, 'epoch')} of {_count(len(self.metrics), 'metric')}"
        models = {
            "equal": ", and the weights of its model",
            "differs": "",
            "not kept": "; its model was not kept",
            "not compared": "; its model was not compared",
        }[self.model]
        if self.is_equal:
            yield f"Equal to the last bit: {what} ({compared}{models})."
            if self.environment:
                yield f"And that although {self._say_environment()}."
            return
        yield f"Not equal: {what}{self._say_first_difference()}."
        if self.ended is not None:
            yield f"It ended otherwise than the recorded one: {self.ended.rstrip('.')}."
        if self.differences:
            largest = self.largest_difference
            by = "" if largest is None else f", by {largest:.2g} at most"
            yield f"Of {self.values:,} values {len(self.differences):,} differ{by}."
        if self.weights is not None:
            yield self._say_weights(self.weights)
        if self.environment:
            yield f"What differs from the record: {self._say_environment()}."
        else:
            yield "Versions, kernels, device and threads are those of the record."
        for note in self.notes:
            yield f"{note[0].upper()}{note[1:]}."

    def _say_first_difference(self) -> str:
        first = self.first_difference
        if first is None:
            return ", came to the same history, and to another model" if self.weights is not None else ""
        repeat = "" if first.repeat is None else f" of repeat {first.repeat}"
        by = "" if first.by is None else f", {abs(first.by):.2g} {'more' if first.by > 0 else 'less'}"
        values = f"{_say_value(first.recorded)} in the record, and is {_say_value(first.trained)} now{by}"
        return f", differs from epoch {first.epoch} on: {first.metric}{repeat} was {values}"

    def _say_environment(self) -> str:
        return "; ".join(f"{name} was {then}, and is {now}" for name, (then, now) in self.environment.items())

    @staticmethod
    def _say_weights(weights: WeightDifference) -> str:
        by = "is not in both, or of another shape" if weights.largest is None else f"by {weights.largest:.2g} at most"
        return (
            f"Of {_count(weights.total, 'variable')} of the kept model {weights.variables:,} "
            f"differ{'s' if weights.variables == 1 else ''}, {weights.variable} {by}."
        )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _say_value(value: float | None) -> str:
    return "no number" if value is None else repr(value)
