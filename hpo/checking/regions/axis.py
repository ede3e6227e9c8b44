"""The values of one parameter as a search walks them: numbers in order, others one by one."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
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

    def condition(self, *values: ScalarValue) -> Condition | None:
        """That it has one of these values; None where it always has."""
        if len(values) == len(self.parameter.categories):
            return None
        return OneOf(self.parameter.name, values)

    def extremes(self, condition: Condition) -> tuple[ScalarValue, ...]:
        """Every value that meets the condition."""
        return tuple(value for value in self.parameter.categories if condition.holds(value))

    def draw(self, condition: Condition | None, generator: random.Random) -> ScalarValue:
        """Draw a value that meets the condition."""
        return generator.choice(self.samples() if condition is None else self.extremes(condition))


class Line:
    """Numbers in order: of an int, of a float, or of a choice between numbers.

    Attributes:
        low: the smallest value.
        high: the largest value.
        is_continuous: whether there is another value between any two.
    """

    def __init__(self, parameter: Parameter) -> None:
        self.parameter = parameter
        self._log = not isinstance(parameter, Choice) and parameter.log
        self._numbers: list[float] = []  # of a choice
        self._size: int | None
        if isinstance(parameter, Choice):
            self._numbers = sorted(cast("tuple[float, ...]", parameter.categories))
            self._size, self.low, self.high = len(self._numbers), self._numbers[0], self._numbers[-1]
        else:
            self._size, self.low, self.high = parameter.size, parameter.low, parameter.high
        self.is_continuous = self._size is None

    def samples(self) -> tuple[float, ...]:
        """Every value where they are few, else the extremes and some between, in order."""
        size = self._size
        if size is None:
            return tuple(self._on_scale(part / (_FEW - 1)) for part in range(_FEW))
        steps = range(size) if size <= _FEW else [round(part * (size - 1) / (_FEW - 1)) for part in range(_FEW)]
        return tuple(self._nth(step) for step in steps)

    def _between(self, one: float, other: float) -> float | None:
        """The value in the middle of two; None where there is none, or none that differs enough from them."""
        size = self._size
        if size is None:
            a, b = self._scale(one), self._scale(other)
            span = self._scale(self.high) - self._scale(self.low)
            return None if abs(a - b) <= _TOLERANCE * span else self._unscale((a + b) / 2)
        a, b = self._index(one), self._index(other)
        return None if abs(a - b) <= 1 else self._nth((a + b) // 2)

    def bisect(self, inside: float, outside: float, holds: Callable[[float], bool]) -> tuple[float, float]:
        """Two neighbours between which something ends that holds for `inside`, and not for `outside`."""
        while (middle := self._between(inside, outside)) is not None:
            if holds(middle):
                inside = middle
            else:
                outside = middle
        return inside, outside

    def next_to(self, value: float, towards: float) -> float:
        """The nearest other value on the way to one that differs; not of a continuous parameter."""
        return self._nth(self._index(value) + (1 if towards > value else -1))

    def simplest(self, inside: float, outside: float) -> float:
        """The bound to show: a continuous parameter's shortest number from `inside` to before `outside`."""
        if self._size is not None:
            return inside
        shorter = (float(f"{inside:.{digits}g}") for digits in range(1, 17))
        return next((x for x in shorter if min(inside, outside) <= x <= max(inside, outside) and x != outside), inside)

    def condition(self, *values: ScalarValue) -> Condition | None:
        """That it lies within the bounds of these values; None where it always does."""
        numbers = cast("tuple[float, ...]", values)
        low, high = min(numbers), max(numbers)
        at_low, at_high = low <= self.low, high >= self.high
        if at_low and at_high:
            return None
        if low == high:
            return Interval(self.parameter.name, low, high)
        return Interval(self.parameter.name, None if at_low else low, None if at_high else high)

    def extremes(self, condition: Condition) -> tuple[float, ...]:
        """The smallest and the largest value that meet the condition, which is one of this axis; one if it is both."""
        assert isinstance(condition, Interval)  # noqa: S101 - as `condition` makes it
        low = self.low if condition.low is None else condition.low
        high = self.high if condition.high is None else condition.high
        return (low,) if low == high else (low, high)

    def draw(self, condition: Condition | None, generator: random.Random) -> float:
        """Draw a value that meets the condition, uniform on the parameter's scale."""
        low, *others = (self.low, self.high) if condition is None else self.extremes(condition)
        if not others:
            return low
        high = others[0]
        if self._size is not None and not self._log:
            return self._nth(generator.randint(self._index(low), self._index(high)))
        value = self._unscale(generator.uniform(self._scale(low), self._scale(high)))
        bounded = min(high, max(low, value))
        return round(bounded) if isinstance(self.parameter, Int) else bounded

    def _nth(self, index: int) -> float:
        return self._numbers[index] if isinstance(self.parameter, Choice) else self.parameter.nth(index)

    def _index(self, value: float) -> int:
        if isinstance(self.parameter, Choice):
            return self._numbers.index(value)
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
    is_numeric = all(isinstance(value, int | float) and type(value) is not bool for value in parameter.categories)
    return Line(parameter) if is_numeric else Categories(parameter)


def complete_config(space: SearchSpace, values: Mapping[str, ScalarValue]) -> Params:
    """The config with these values, as far as it has the parameters; the others are at their first extreme."""
    return space.fill(lambda parameter: values.get(parameter.name, parameter.extremes[0]))[1]
