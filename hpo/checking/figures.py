"""The smallest, the usual and the largest value of a figure over a space, and the configs that have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from hpo.checking.axis import axis_of
from hpo.spaces import Params, SearchSpace

FigureOf = Callable[[Params], float | None]
"""A config's figure; None where the config does not count. It is asked often, so it has to remember."""

_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Extreme:
    """A figure, and the parameters that decide it, with their values; not those of which it does not depend."""

    value: float
    params: Params


@dataclass(frozen=True, slots=True)
class Range:
    """A figure over a space: its extremes, as far as they were found, and the median of random points."""

    smallest: Extreme
    median: float
    largest: Extreme


def range_of(space: SearchSpace, figure: FigureOf, tried: Iterable[Params], points: Iterable[Params]) -> Range | None:
    """Find a figure's range.

    From the best config that was tried, one parameter after the other is moved as long as that helps: the extremes of
    what parameters decide one by one are found, whatever was tried.

    Args:
        space: where to look.
        figure: the figure of a config.
        tried: configs to begin with.
        points: random ones, for the median.

    Returns:
        The range; None where no config counts.
    """
    values = [(value, params) for params in tried if (value := figure(params)) is not None]
    usual = [value for params in points if (value := figure(params)) is not None]
    if not values:
        return None
    (_, smallest), (_, largest) = min(values, key=lambda v: v[0]), max(values, key=lambda v: v[0])
    return Range(
        _furthest(space, figure, smallest, -1),
        median(usual or [value for value, _ in values]),
        _furthest(space, figure, largest, 1),
    )


def _furthest(space: SearchSpace, figure: FigureOf, start: Params, sign: int) -> Extreme:
    best, value = start, figure(start) or 0.0
    deciding: set[str] = set()
    for _ in range(_ROUNDS):
        before = value
        deciding.clear()
        for parameter in space.parameters():
            if parameter.name not in best:
                continue
            for moved in _moved(space, parameter.name, axis_of(parameter).samples(), best):
                found = figure(moved)
                if found is not None and found != value:
                    deciding.add(parameter.name)
                    if sign * (found - value) > 0:
                        best, value = moved, found
        if value == before:
            break
    return Extreme(value, {name: chosen for name, chosen in best.items() if name in deciding})


def _moved(space: SearchSpace, name: str, values: Iterable[object], params: Params) -> Iterable[Params]:
    for chosen in values:
        if chosen != params[name]:
            known = {**params, name: chosen}
            yield space.fill(lambda parameter: known.get(parameter.name, parameter.extremes[0]))[1]  # type: ignore[return-value] # noqa: B023
