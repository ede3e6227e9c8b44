"""Parameters as axes: every value has a place between 0 and 1, whatever its scale, and a label."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

from hpo.analysis.plots.points import Point
from hpo.analysis.plots.theme import escape_label
from hpo.analysis.texts.wording import format_parameter_value
from hpo.spaces import Choice, Float, Int, Parameter, ScalarValue, SearchSpace

_LABEL = 28
"""Characters of a name; longer ones lose their middle."""
_CATEGORY = 14
_GROUPS = 6
_MOST_PLACES = 8
"""Of a number whose trials stand in columns."""
_COLUMNS = 20
"""Of one width an axis has: where two places are nearer, they are values of a range."""
_SMALL = 1e-3
"""Below, a power of ten is shorter."""
_LARGE = 1000
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0)


@dataclass(frozen=True, slots=True)
class ParameterAxis:
    """A parameter that took several values.

    Attributes:
        name: the parameter's.
        label: how it is called in a figure.
        categories: of a choice, those that trials have, in the order of the file; None for numbers.
        low: the smallest value that trials have; its logarithm to base 10 on a log scale.
        high: the largest, likewise.
        is_log: whether the parameter has a log scale.
        is_whole: whether it is a whole number.
        places: how many places trials have on it, where they are a handful; 0 where they are many.
        condition: under which values of others it exists, `optimizer = sgd`; empty where it always does.
    """

    name: str
    label: str
    categories: tuple[ScalarValue, ...] | None
    low: float
    high: float
    is_log: bool
    is_whole: bool
    places: int
    condition: str

    def place(self, value: ScalarValue) -> float:
        """Give the place of a value, from 0 to 1."""
        if self.categories is not None:
            return _find(self.categories, value) / (len(self.categories) - 1)
        number = float(value)  # type: ignore[arg-type]
        return ((math.log10(number) if self.is_log else number) - self.low) / (self.high - self.low)

    def jitter(self, number: int, turn: int = 0) -> float:
        """Move the points of trials that share a place aside, by the trial's number, so that all can be seen.

        Args:
            number: of the trial.
            turn: 0 or 1, for another direction of the same figure.
        """
        if not self.places:
            return 0.0
        ratio = (0.618034, 0.754878)[turn]  # multiples of these irrational numbers fill any interval evenly
        return min(0.5 / (self.places - 1), 0.1) * ((number * ratio) % 1 - 0.5)

    def shorten(self, length: int) -> str:
        """Give the label with so many characters at most."""
        return escape_label(unescape(self.label), length)

    def ticks(self, most: int = 4) -> tuple[list[float], list[str]]:
        """Choose places to label, and their labels."""
        if self.categories is not None:
            labels = [escape_label(format_parameter_value(value), _CATEGORY) for value in self.categories]
            return [self.place(value) for value in self.categories], labels
        if self.is_whole and not self.is_log and self.high - self.low < _MOST_PLACES:
            whole = range(int(self.low), int(self.high) + 1)
            return [self.place(value) for value in whole], list(map(str, whole))
        values = self._choose_powers(most) if self.is_log else self._choose_values(most)
        return [self.place(value) for value in values], [_format_number(value) for value in values]

    def _choose_values(self, most: int) -> list[float]:
        """Choose the multiples of a round step that are on the axis: so many at most, and two at least."""
        power = 10.0 ** math.floor(math.log10((self.high - self.low) / most))
        chosen: list[float] = []
        for step in (power * factor for factor in _STEPS):
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            if (self.is_whole and not step.is_integer()) or (chosen and last <= first):
                continue
            chosen = [round(index * step, 12) for index in range(first, last + 1)]
            if len(chosen) <= most:
                return chosen
        return chosen[:: -(-(len(chosen) - 1) // (most - 1))]

    def _choose_powers(self, most: int) -> list[float]:
        powers = range(math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9) + 1)
        if len(powers) < 2:  # noqa: PLR2004 - an axis without two labels says nothing of its scale
            values = [10.0**self.low, 10.0 ** ((self.low + self.high) / 2), 10.0**self.high]
            values = values if most > len(values) else values[::2]
            return list(dict.fromkeys(map(round, values))) if self.is_whole else values
        return [10.0**power for power in powers[:: math.ceil(len(powers) / most)]]


def list_axes(space: SearchSpace, points: Sequence[Point]) -> list[ParameterAxis]:
    """Make an axis of each parameter that took two values in trials, those first that explain most of the values."""
    names = dict.fromkeys(name for point in points for name in point.params)
    by_name: dict[str, list[Parameter]] = {}
    conditions: dict[str, list[Mapping[str, tuple[ScalarValue, ...]]]] = {}
    for parameter, condition in space.conditions():
        by_name.setdefault(parameter.name, []).append(parameter)
        conditions.setdefault(parameter.name, []).append(condition)
    axes = []
    for name in (name for name in by_name if name in names):
        values = [point.params[name] for point in points if name in point.params]
        axis = _make_axis(by_name[name], values, escape_label(name, _LABEL), _describe_conditions(conditions[name]))
        if axis is not None:
            axes.append(axis)
    return sorted(axes, key=lambda axis: -measure_effect(axis, points))


def measure_effect(axis: ParameterAxis, points: Sequence[Point]) -> float:
    """Measure the share of the variance of trials' ranks that lies between groups of similar values, from 0 to 1.

    It orders panels, and is no importance: that is `compute_importances`, which says what is chance.
    """
    places = [(axis.place(point.params[axis.name]), point.rank) for point in points if axis.name in point.params]
    groups: dict[float, list[int]] = {}
    ordered = sorted(places)
    for index, (place, rank) in enumerate(ordered):
        key = place if axis.places else float(index * _GROUPS // len(ordered))
        groups.setdefault(key, []).append(rank)
    mean = sum(rank for _, rank in places) / len(places)
    total = sum((rank - mean) ** 2 for _, rank in places)
    between = sum(len(ranks) * (sum(ranks) / len(ranks) - mean) ** 2 for ranks in groups.values())
    return between / total * len(places) / len(points) if total else 0.0


def _make_axis(
    parameters: Sequence[Parameter], values: Sequence[ScalarValue], label: str, condition: str
) -> ParameterAxis | None:
    """Make an axis; None where all values are equal. A name may stand for parameters of several alternatives."""
    name = parameters[0].name
    if any(isinstance(parameter, Choice) for parameter in parameters):
        known = [category for p in parameters if isinstance(p, Choice) for category in p.categories]
        present = {(isinstance(value, bool), value) for value in values}
        categories = tuple(value for value in _unique([*known, *values]) if (isinstance(value, bool), value) in present)
        count = len(categories)
        return None if count == 1 else ParameterAxis(name, label, categories, 0, 0, False, False, count, condition)
    is_log = all(isinstance(parameter, Int | Float) and parameter.log for parameter in parameters)
    numbers = [math.log10(value) if is_log else float(value) for value in values]  # type: ignore[arg-type]
    low, high = min(numbers), max(numbers)
    is_whole = all(isinstance(parameter, Int) for parameter in parameters)
    if low == high:
        return None
    distinct = sorted(set(numbers))
    places, closest = len(distinct), min(b - a for a, b in pairwise(distinct))
    has_columns = places <= _MOST_PLACES and places < len(numbers) and closest > (high - low) / _COLUMNS
    places = places if has_columns else 0
    return ParameterAxis(name, label, None, low, high, is_log, is_whole, places, condition)


def _describe_conditions(conditions: Sequence[Mapping[str, tuple[ScalarValue, ...]]]) -> str:
    """Say under which value of the nearest choice a parameter exists; it may exist under several."""
    if not all(conditions):
        return ""
    name = list(conditions[0])[-1]
    values = _unique([value for condition in conditions for value in condition.get(name, ())])
    words = " or ".join(format_parameter_value(value) for value in values)
    return escape_label(f"{name} = {words}", 2 * _LABEL)


def _unique(values: Sequence[ScalarValue]) -> list[ScalarValue]:
    return [value for _, value in dict.fromkeys((isinstance(value, bool), value) for value in values)]


def _find(categories: Sequence[ScalarValue], value: ScalarValue) -> int:
    keys = [(isinstance(category, bool), category) for category in categories]
    return keys.index((isinstance(value, bool), value))


def _format_number(value: float) -> str:
    if value and abs(value) < _SMALL:
        mantissa, _, power = f"{value:.1e}".partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(power)}"
    return f"{value:.3g}" if abs(value) < _LARGE else f"{value:,.0f}"
