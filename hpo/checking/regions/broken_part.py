"""The shortest description of the part of a space in which something does not hold.

A config is broken where `IsBroken` says so. Of one broken config, the parameters that decide it are found first: a
smallest set whose values, kept as they are, leave nothing sound whatever the others are. Every sound config that is
known has to differ in one of them, so it is a smallest hitting set of those differences, and each sound config that the
set does not exclude is a new difference (implicit hitting sets, as in Ignatiev et al., "Abduction-based explanations
for machine learning models", 2019). Then each of these values is widened to a range, by bisection, as far as nothing
sound is met.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice, product
from typing import cast

from hpo.checking.regions.axis import Axis, Line, axis_of, complete_config
from hpo.checking.regions.region import Condition, Region
from hpo.spaces import Choice, Parameter, Params, ScalarValue, SearchSpace

IsBroken = Callable[[Params], bool | None]
"""Whether a config is broken; None where it is not to count, or is not known."""

_Conditions = dict[str, Condition]
"""Of a region, by the name of the parameter."""

_DRAWS = 24
"""Random configs of a region that have to be broken before it is believed to be."""
_SINGLE_DRAWS = 4
"""As many for each value on the way to a bound; the whole region is tried again afterwards."""
_FEW_ENDS = 8
_HYBRIDS = 12
"""So many known sound configs get the deciding values put into them."""
_ROUNDS = 60
_LARGEST_EXACT = 3
"""Hitting sets up to this size are the smallest; larger ones are greedy."""
_FEW_REGIONS = 8


@dataclass(frozen=True, slots=True)
class BrokenPart:
    """A region in which everything is broken, as far as was tried, and one of its configs."""

    region: Region
    example: Params


def find_broken_parts(
    space: SearchSpace, is_broken: IsBroken, configs: Iterable[Params], seed: int = 0
) -> list[BrokenPart]:
    """Describe what is broken among configs.

    Args:
        space: their space.
        is_broken: whether a config is broken; asked again for the same config, so it has to remember.
        configs: those that have to be described if they are broken; so have those that the search itself meets.
        seed: of the configs that are tried besides; the same seed gives the same description.

    Returns:
        Regions that cover the broken ones, at most eight, and no config that is known to be sound; the one that covers
        most first.
    """
    search = _Search(space, is_broken, random.Random(seed))
    for params in configs:
        search.is_broken(params)
    parts: list[BrokenPart] = []
    while len(parts) < _FEW_REGIONS:
        uncovered = (params for params in search.broken if not any(part.region.covers(params) for part in parts))
        example = next(uncovered, None)
        if example is None:
            break
        parts.append(BrokenPart(search.find_region(example), example))
    return list(_cover(parts, search.broken))


def _cover(parts: list[BrokenPart], broken: list[Params]) -> Iterator[BrokenPart]:
    """The parts that are needed to cover what is broken: greedily, the one that covers most of the rest first."""
    left = broken
    while parts and left:
        best = max(parts, key=lambda part: (sum(map(part.region.covers, left)), -len(part.region.conditions)))
        rest = [params for params in left if not best.region.covers(params)]
        if len(rest) == len(left):
            return
        yield best
        left = rest


class _Search:
    """What is known of a space so far, and the questions that are asked of it."""

    def __init__(self, space: SearchSpace, is_broken: IsBroken, generator: random.Random) -> None:
        self._space = space
        self._ask = is_broken
        self._generator = generator
        self._broken: dict[frozenset[tuple[str, ScalarValue]], Params] = {}
        self._sound: dict[frozenset[tuple[str, ScalarValue]], Params] = {}
        self._axes: dict[str, Axis] = {parameter.name: axis_of(parameter) for parameter in space.parameters()}
        self._needs = {parameter.name: conditions for parameter, conditions in space.conditions()}

    @property
    def broken(self) -> list[Params]:
        """Every broken config that was met, in that order."""
        return list(self._broken.values())

    def is_broken(self, params: Params) -> bool | None:
        """Ask whether a config is broken, and remember it."""
        is_broken = self._ask(params)
        if is_broken is not None:
            (self._broken if is_broken else self._sound)[frozenset(params.items())] = params
        return is_broken

    def find_region(self, example: Params) -> Region:
        """The region around a broken config."""
        for name in example:  # configs that differ from it in one parameter
            for value in self._axes[name].samples():
                if value != example[name]:
                    self.is_broken(self._put({name: value}, example))
        region: _Conditions = {}
        for _ in range(_ROUNDS):
            region = self._widen(example, self._find_deciding(example))
            if self._are_broken(self._draw(region, _DRAWS)):
                break
        return Region(tuple(region.values()))

    def _find_deciding(self, example: Params) -> tuple[str, ...]:
        """The smallest set of parameters whose values leave nothing sound."""
        names: tuple[str, ...] = ()
        for _ in range(_ROUNDS):
            names = self._find_hitting_set(example)
            sound = list(self._sound.values())
            others = self._generator.sample(sound, min(_HYBRIDS, len(sound)))
            needed = {name for deciding in names for name in (deciding, *self._needs[deciding])}
            values = {name: value for name, value in example.items() if name in needed}
            hybrids = [self._put(values, params, example) for params in others]
            if self._are_broken(hybrids) and self._are_broken(self._draw(self._fix(example, names), _DRAWS)):
                break
        return names

    def _find_hitting_set(self, example: Params) -> tuple[str, ...]:
        """A smallest set of parameters that holds one, at least, in which each known sound config differs."""
        names = list(example)
        bits = {name: 1 << position for position, name in enumerate(names)}
        differences = {
            sum(bits[name] for name in names if name not in params or params[name] != example[name])
            for params in self._sound.values()
        }
        minimal: list[int] = []
        for mask in sorted(differences, key=int.bit_count):
            if not any(mask & smaller == smaller for smaller in minimal):
                minimal.append(mask)
        for size in range(_LARGEST_EXACT + 1):
            for subset in combinations(names, size):
                union = sum(bits[name] for name in subset)
                if all(mask & union for mask in minimal):
                    return subset
        greedy: list[str] = []
        while minimal:
            best = max(names, key=lambda name: sum(1 for mask in minimal if mask & bits[name]))
            greedy.append(best)
            minimal = [mask for mask in minimal if not mask & bits[best]]
        return tuple(name for name in names if name in greedy)

    def _fix(self, example: Params, names: Iterable[str]) -> _Conditions:
        """The conditions that these parameters have the values of the example."""
        return {name: self._condition(name, example[name]) for name in names}

    def _condition(self, name: str, value: ScalarValue) -> Condition:
        """The condition that a parameter has this value."""
        condition = self._axes[name].condition(value)
        assert condition is not None  # noqa: S101 - a parameter has two values or more
        return condition

    def _widen(self, example: Params, names: tuple[str, ...]) -> _Conditions:
        """Conditions on these parameters, each as wide as nothing sound is met, one after the other."""
        names = tuple(sorted(names, key=lambda name: isinstance(self._axes[name].parameter, Choice)))
        region = self._fix(example, names)
        for name in names:
            axis = self._axes[name]
            values = [example[name]]
            if isinstance(axis, Line):
                values += [self._reach(example, region, axis, end) for end in (axis.low, axis.high)]
            else:
                values = [v for v in axis.samples() if v in values or self._may_have(example, region, name, v)]
            condition = axis.condition(*values)
            if condition is None:
                del region[name]
            else:
                region[name] = condition
        return region

    def _reach(self, example: Params, region: _Conditions, axis: Line, end: float) -> float:
        """The value furthest towards `end` up to which everything in the region is broken."""
        name = axis.parameter.name
        own = cast("float", example[name])
        if own == end:
            return own
        others = Region(tuple(condition for other, condition in region.items() if other != name))
        met = [params[name] for params in self._sound.values() if name in params and others.covers(params)]
        ahead = [value for value in cast("list[float]", met) if min(own, end) <= value <= max(own, end)]
        if not ahead and self._may_have(example, region, name, end):
            return end
        outside = min(ahead, key=lambda value: abs(value - own), default=end)
        inside, outside = axis.bisect(own, outside, lambda value: self._may_have(example, region, name, value))
        return own if inside == own else axis.simplest(inside, outside)

    def _may_have(self, example: Params, region: _Conditions, name: str, value: ScalarValue) -> bool:
        """Whether everything is broken where this parameter has another value, and the others stay in the region."""
        moved = {**region, name: self._condition(name, value)}
        within = Region(tuple(moved.values()))
        if any(within.covers(params) for params in self._sound.values()):
            return False
        nearest = self._put({name: value}, example)
        return self._are_broken([nearest, *self._ends(moved, nearest), *self._draw(moved, _SINGLE_DRAWS)])

    def _ends(self, region: _Conditions, params: Params) -> Iterator[Params]:
        """The config with the conditions' extreme values, in all combinations as long as they are few."""
        extremes = [
            [(name, value) for value in self._axes[name].extremes(condition)] for name, condition in region.items()
        ]
        for values in islice(product(*extremes), _FEW_ENDS):
            yield self._put(dict(values), params)

    def _draw(self, region: _Conditions, n_draws: int) -> Iterator[Params]:
        """Draw random configs of a region."""
        needs: dict[str, tuple[ScalarValue, ...]] = {}
        for conditioned in region:  # all of them exist at once
            for name, allowed in self._needs[conditioned].items():
                needs[name] = tuple(value for value in needs.get(name, allowed) if value in allowed)

        def draw(parameter: Parameter) -> ScalarValue:
            name = parameter.name
            if name in region or name not in needs:
                return self._axes[name].draw(region.get(name), self._generator)
            return self._generator.choice(needs[name])

        for _ in range(n_draws):
            yield self._space.fill(draw)[1]

    def _are_broken(self, configs: Iterable[Params]) -> bool:
        return all(self.is_broken(params) is not False for params in configs)

    def _put(self, values: Mapping[str, ScalarValue], *into: Mapping[str, ScalarValue]) -> Params:
        """A config with these values, the others from the first that has them, or at their first extreme."""
        merged: dict[str, ScalarValue] = {}
        for params in reversed((values, *into)):
            merged |= params
        return complete_config(self._space, merged)
