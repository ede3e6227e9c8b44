"""The values of one parameter as a search walks them: numbers in order, others one by one."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from hpo.checking.regions.region import Condition, Interval, OneOf
from hpo.spaces import Choice, Float, Int, Parameter, Params, ScalarValue, SearchSpace

_FEW = 8
"""So many values are all tried; of more, the extremes and some between."""
_TOLERANCE = 1e-3
"""Of a continuous parameter's range: how closely a bound is found."""


@dataclass(frozen=True, slots=True)
class Categories:
    """The values of a choice that have no order."""

    parameter: Choice

    def samples(self) -> tuple[ScalarValue, ...]:
        """Every value."""
        return self.parameter.categories

    def condition(self, values: tuple[ScalarValue, ...]) -> Condition | None:
        """That it has one of these values; None where it always has."""
        if len(values) == len(self.parameter.categories):
            return None
        return OneOf(self.parameter.name, values)

    def extremes(self, condition: Condition) -> tuple[ScalarValue, ...]:
        """Every value that meets the condition."""
        return tuple(value for value in self.parameter.categories if condition.holds(value))

    def drawn(self, condition: Condition | None, generator: random.Random) -> ScalarValue:
        """A value that meets the condition, at random."""
        values = self.parameter.categories
        return generator.choice([value for value in values if condition is None or condition.holds(value)])


@dataclass(frozen=True, slots=True)
class Line:
    """floats in order: of an int, of a float, or of a choice between numbers."""

    parameter: Parameter

    @property
    def low(self) -> float:
        """The smallest value."""
        return self._finite()[0] if isinstance(self.parameter, Choice) else self.parameter.low

    @property
    def high(self) -> float:
        """The largest value."""
        return self._finite()[-1] if isinstance(self.parameter, Choice) else self.parameter.high

    @property
    def is_continuous(self) -> bool:
        """Whether there is another value between any two."""
        return self._size is None

    def samples(self) -> tuple[float, ...]:
        """Every value where they are few, else the extremes and some between, in order."""
        size = self._size
        if size is None:
            return tuple(self._on_scale(part / (_FEW - 1)) for part in range(_FEW))
        steps = range(size) if size <= _FEW else [round(part * (size - 1) / (_FEW - 1)) for part in range(_FEW)]
        return tuple(self._nth(step) for step in steps)

    def between(self, one: float, other: float) -> float | None:
        """The value in the middle of two; None where there is none, or none that needs to be told from them."""
        size = self._size
        if size is None:
            a, b = self._scale(one), self._scale(other)
            span = self._scale(self.high) - self._scale(self.low)
            return None if abs(a - b) <= _TOLERANCE * span else self._unscale((a + b) / 2)
        a, b = self._index(one), self._index(other)
        return None if abs(a - b) <= 1 else self._nth((a + b) // 2)

    def next_to(self, value: float, towards: float) -> float:
        """The nearest other value on the way to one that differs; not of a continuous parameter."""
        return self._nth(self._index(value) + (1 if towards > value else -1))

    def simplest(self, inside: float, outside: float) -> float:
        """The bound to tell: a continuous parameter's shortest number from `inside` to before `outside`."""
        if self._size is not None:
            return inside
        shorter = (float(f"{inside:.{digits}g}") for digits in range(1, 17))
        return next((x for x in shorter if min(inside, outside) <= x <= max(inside, outside) and x != outside), inside)

    def condition(self, low: float, high: float) -> Condition | None:
        """That it lies within these bounds; None where it always does."""
        at_low, at_high = low <= self.low, high >= self.high
        if at_low and at_high:
            return None
        if low == high:
            return OneOf(self.parameter.name, (low,))
        return Interval(self.parameter.name, None if at_low else low, None if at_high else high)

    def extremes(self, condition: Condition) -> tuple[float, ...]:
        """The smallest and the largest value that meet the condition, which is one of this axis."""
        if isinstance(condition, OneOf):
            return cast("tuple[float, ...]", condition.values)
        low = self.low if condition.low is None else condition.low
        high = self.high if condition.high is None else condition.high
        return (low, high)

    def drawn(self, condition: Condition | None, generator: random.Random) -> float:
        """A value that meets the condition, at random, uniform on the parameter's scale."""
        ends = (self.low, self.high) if condition is None else self.extremes(condition)
        low, high = ends[0], ends[-1]
        if low == high:
            return low
        if self._size is not None and not self._log:
            return self._nth(generator.randint(self._index(low), self._index(high)))
        value = self._unscale(generator.uniform(self._scale(low), self._scale(high)))
        bounded = min(high, max(low, value))
        return round(bounded) if isinstance(self.parameter, Int) else bounded

    @property
    def _log(self) -> bool:
        return not isinstance(self.parameter, Choice) and self.parameter.log

    @property
    def _size(self) -> int | None:
        return len(self.parameter.categories) if isinstance(self.parameter, Choice) else self.parameter.size

    def _finite(self) -> list[float]:
        return sorted(cast("tuple[float, ...]", cast("Choice", self.parameter).categories))

    def _nth(self, index: int) -> float:
        return self._finite()[index] if isinstance(self.parameter, Choice) else self.parameter.nth(index)

    def _index(self, value: float) -> int:
        if isinstance(self.parameter, Choice):
            return self._finite().index(value)
        return round((value - self.parameter.low) / (self.parameter.step or 1))

    def _scale(self, value: float) -> float:
        return math.log(value) if self._log else value

    def _unscale(self, value: float) -> float:
        return math.exp(value) if self._log else value

    def _on_scale(self, share: float) -> float:
        if share in (0, 1):
            return self.high if share else self.low
        return self._unscale(self._scale(self.low) * (1 - share) + self._scale(self.high) * share)


Axis = Categories | Line


def axis_of(parameter: Parameter) -> Axis:
    """How to walk a parameter's values."""
    if isinstance(parameter, Int | Float):
        return Line(parameter)
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in parameter.categories)
    return Line(parameter) if numbers else Categories(parameter)


def complete_config(space: SearchSpace, values: Mapping[str, ScalarValue]) -> Params:
    """The config with these values, as far as it has the parameters; the others are at their first extreme."""
    return space.fill(lambda parameter: values.get(parameter.name, parameter.extremes[0]))[1]
