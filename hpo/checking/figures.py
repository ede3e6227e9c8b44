"""The smallest, the usual and the largest value of a figure over a space, and the configs that have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
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
    space: SearchSpace, figure: FigureOf, configs: Iterable[Params], points: Iterable[Params]
) -> FigureRange | None:
    """Find a figure's range.

    From the best of the configs, one parameter after the other is moved as long as that helps: the extremes of
    what parameters decide one by one are found, whatever the first configs are.

    Args:
        space: where to look.
        figure: the figure of a config.
        configs: those to begin with.
        points: random ones, for the median.

    Returns:
        The range; None where no config counts.
    """
    figures = [(value, params) for params in configs if (value := figure(params)) is not None]
    usual = [value for params in points if (value := figure(params)) is not None]
    if not figures:
        return None
    (_, smallest), (_, largest) = min(figures, key=itemgetter(0)), max(figures, key=itemgetter(0))
    return FigureRange(
        _climb(space, figure, smallest, -1),
        median(usual or [value for value, _ in figures]),
        _climb(space, figure, largest, 1),
    )


def _climb(space: SearchSpace, figure: FigureOf, start: Params, sign: int) -> Extreme:
    """Move one parameter after the other as long as the figure gets larger, or smaller for a sign of -1."""
    best, value = start, figure(start) or 0.0
    deciding: set[str] = set()
    for _ in range(_ROUNDS):
        before = value
        deciding.clear()
        for parameter in space.parameters():
            for params in _neighbours(space, parameter, best):
                other = figure(params)
                if other is None or abs(other - value) >= _NEGLIGIBLE * abs(value):
                    deciding.add(parameter.name)
                if other is not None and sign * (other - value) > 0:
                    best, value = params, other
        if value == before:
            break
    return Extreme(value, {name: best[name] for name in best if name in deciding})


def _neighbours(space: SearchSpace, parameter: Parameter, params: Params) -> Iterator[Params]:
    """The config with the parameter's other values, where it has the parameter."""
    for value in axis_of(parameter).samples() if parameter.name in params else ():
        if value != params[parameter.name]:
            yield complete_config(space, {**params, parameter.name: value})
