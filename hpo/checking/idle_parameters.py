"""Parameters that cannot matter: those whose values all give the same training, everywhere or in a part of the space.

Two configs with the same fingerprint train the same. A parameter that exists only under another's choice is looked at
where it exists: elsewhere the language itself says that it does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from hpo.checking.regions.axis import Categories, Line, axis_of, complete_config
from hpo.checking.regions.broken_part import find_broken_parts
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


def find_idle_parameters(
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
    all_contexts = list(contexts)
    idle: list[IdleParameter] = []
    for parameter in space.parameters():
        if names is None or parameter.name in names:
            having = [params for params in all_contexts if parameter.name in params]
            idle += _Variation(space, parameter, fingerprint).find_idle(having, seed)
    return idle


class _Variation:
    """One parameter, varied in one context after the other."""

    def __init__(self, space: SearchSpace, parameter: Parameter, fingerprint: Fingerprint) -> None:
        self._space = space
        self._name = parameter.name
        self._axis = axis_of(parameter)
        self._fingerprint = fingerprint

    def find_idle(self, contexts: list[Params], seed: int) -> Iterator[IdleParameter]:
        """Where the parameter changes nothing, or which of its values are the same, in contexts that have it."""
        answers = [is_idle for params in contexts if (is_idle := self._is_idle(params)) is not None]
        if answers and all(answers):
            yield IdleParameter(self._name)
        elif any(answers):
            parts = find_broken_parts(self._space, self._is_idle, contexts, seed)
            for part in parts[:_MOST_TO_DESCRIBE]:
                yield IdleParameter(self._name, where=str(part.region))
        else:
            yield from self._find_plateaus(contexts)

    def _is_idle(self, context: Params) -> bool | None:
        """Whether no value changes anything here; None where there is nothing to compare."""
        if self._name not in context:
            return None
        own = self._fingerprint(context)
        if own is None:
            return None
        was_compared = False
        for value in reversed(self._axis.samples()):
            other = None if value == context[self._name] else self._fingerprint_with(context, value)
            if other not in (None, own):
                return False
            was_compared = was_compared or other is not None
        return True if was_compared else None

    def _find_plateaus(self, contexts: list[Params]) -> Iterator[IdleParameter]:
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
        at_end = self._fingerprint_with(context, end)
        if at_end is None:  # nothing to compare with
            return furthest
        if self._fingerprint_with(context, axis.next_to(end, furthest)) != at_end:
            return end
        if self._fingerprint_with(context, furthest) == at_end:
            return furthest
        return axis.bisect(end, furthest, lambda value: self._fingerprint_with(context, value) == at_end)[0]

    def _fingerprint_with(self, context: Params, value: ScalarValue) -> str | None:
        return self._fingerprint(complete_config(self._space, {**context, self._name: value}))
