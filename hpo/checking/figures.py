"""The smallest, the usual and the largest value of a figure over a space, and the configs that have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from hpo.checking.regions.axis import axis_of, complete_config
from hpo.spaces import Parameter, Params, SearchSpace

FigureOf = Callable[[Params], float | None]
"""A config's figure; None where the config does not count. It is asked often, so it has to remember."""

_ROUNDS = 4
_NEGLIGIBLE = 0.01
"""Parameters that change a figure by a smaller share do not decide it."""


@dataclass(frozen=True, slots=True)
class Extreme:
    """A figure, and the parameters that decide it, with their values; not those that may change and hardly matter."""

    value: float
    params: Params


@dataclass(frozen=True, slots=True)
class FigureRange:
    """A figure over a space: its extremes, as far as they were found, and the median of random points."""

    smallest: Extreme
    median: float
    largest: Extreme


def range_of(
    space: SearchSpace, figure: FigureOf, tried: Iterable[Params], points: Iterable[Params]
) -> FigureRange | None:
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
    return FigureRange(
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
            for moved in _moved(space, parameter, best):
                found = figure(moved)
                if found is None or abs(found - value) >= _NEGLIGIBLE * abs(value):
                    deciding.add(parameter.name)
                if found is not None and sign * (found - value) > 0:
                    best, value = moved, found
        if value == before:
            break
    return Extreme(value, {name: chosen for name, chosen in best.items() if name in deciding})


def _moved(space: SearchSpace, parameter: Parameter, params: Params) -> Iterator[Params]:
    """The config with the parameter's other values, where it has the parameter."""
    for value in axis_of(parameter).samples() if parameter.name in params else ():
        if value != params[parameter.name]:
            yield complete_config(space, {**params, parameter.name: value})
