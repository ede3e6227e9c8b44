"""Parameters that cannot matter: those whose values all give the same training, everywhere or in a part of the space.

What is trained is told by a fingerprint. A parameter that exists only under another's choice is looked at where it
exists: elsewhere the language itself says that it does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from hpo.checking.regions.axis import Categories, Line, axis_of, complete_config
from hpo.checking.regions.broken_part import broken_parts
from hpo.checking.regions.region import word
from hpo.spaces import Parameter, Params, ScalarValue, SearchSpace

Fingerprint = Callable[[Params], str | None]
"""What a config trains, as a text; None where it trains nothing. It is asked often, so it has to remember."""

_MOST_TO_DESCRIBE = 4


@dataclass(frozen=True, slots=True)
class IdleParameter:
    """A parameter that changes nothing, or some of whose values are all the same.

    Attributes:
        name: the parameter's.
        where: the part of the space in which it changes nothing, as `momentum = 0`; None where it does so everywhere.
        values: the values that are all the same, as `>= 30`; None where all its values are.
    """

    name: str
    where: str | None = None
    values: str | None = None

    def __str__(self) -> str:
        if self.values is not None:
            return f"{self.name}: all values {self.values} are the same"
        return f"{self.name} cannot matter" + ("" if self.where is None else f" where {self.where}")


def idle_parameters(
    space: SearchSpace,
    fingerprint: Fingerprint,
    contexts: Iterable[Params],
    seed: int = 0,
    names: Collection[str] | None = None,
) -> list[IdleParameter]:
    """Find the parameters that cannot matter, as far as was tried.

    Args:
        space: their space.
        fingerprint: what a config trains.
        contexts: configs in which each parameter is varied, the others staying as they are.
        seed: of what is tried besides.
        names: the parameters to look at; all of them by default.
    """
    known = list(contexts)
    wanted = [parameter for parameter in space.parameters() if names is None or parameter.name in names]
    return [found for parameter in wanted for found in _Judged(space, parameter, fingerprint).found(known, seed)]


class _Judged:
    """One parameter, varied in one context after the other."""

    def __init__(self, space: SearchSpace, parameter: Parameter, fingerprint: Fingerprint) -> None:
        self._space = space
        self._name = parameter.name
        self._axis = axis_of(parameter)
        self._fingerprint = fingerprint

    def found(self, contexts: list[Params], seed: int) -> Iterator[IdleParameter]:
        having = [params for params in contexts if self._name in params]
        verdicts = [verdict for params in having if (verdict := self._is_idle(params)) is not None]
        if verdicts and all(verdicts):
            yield IdleParameter(self._name)
        elif any(verdicts):
            parts = broken_parts(self._space, self._is_idle, having, seed)
            for part in parts[:_MOST_TO_DESCRIBE]:
                yield IdleParameter(self._name, where=str(part.region))
        else:
            yield from self._plateaus(having)

    def _is_idle(self, context: Params) -> bool | None:
        """Whether no value changes anything here; None where that cannot be told."""
        if self._name not in context:
            return None
        own = self._fingerprint(context)
        if own is None:
            return None
        others = [self._with(context, value) for value in self._axis.samples() if value != context[self._name]]
        differ = (found != own for found in map(self._fingerprint, reversed(others)) if found is not None)
        compared = False
        for differs in differ:
            if differs:
                return False
            compared = True
        return True if compared else None

    def _plateaus(self, contexts: list[Params]) -> Iterator[IdleParameter]:
        """Values at either end that are all the same, in every context."""
        axis = self._axis
        if isinstance(axis, Categories) or axis.is_continuous:
            return
        for end, other, relation in ((axis.high, axis.low, ">="), (axis.low, axis.high, "<=")):
            bound = other
            for context in contexts:
                if bound == end:
                    break
                bound = self._same_until(context, axis, end, bound)
            if bound not in (end, other):
                yield IdleParameter(self._name, values=f"{relation} {word(bound)}")

    def _same_until(self, context: Params, axis: Line, end: float, furthest: float) -> float:
        """The value furthest from an end, at most `furthest`, up to which all give the same as the end."""
        wanted = self._fingerprint(self._with(context, end))
        if wanted is None:  # nothing to compare with
            return furthest
        inside, outside = end, furthest
        if self._fingerprint(self._with(context, axis.next_to(end, furthest))) != wanted:
            return end
        if self._fingerprint(self._with(context, furthest)) == wanted:
            return furthest
        while (middle := axis.between(inside, outside)) is not None:
            if self._fingerprint(self._with(context, middle)) == wanted:
                inside = middle
            else:
                outside = middle
        return inside

    def _with(self, context: Params, value: ScalarValue) -> Params:
        return complete_config(self._space, {**context, self._name: value})
