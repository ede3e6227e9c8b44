"""Configs of a space that stand for all of it (its corners, and seeded random points), and parts found by them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from hpo.checking.regions.broken_part import find_broken_parts
from hpo.spaces import Params, SearchSpace, StudySpec
from hpo.spaces.space.search_space import Admits

Why = Callable[[Params], str | None]
"""Why something holds for a config; empty where it does not; None where that is not known, or is not to count."""

_ATTEMPTS = 20
"""Draws for each random point that is wanted, where constraints leave few."""
_SHARE_DRAWS = 1000
"""So many draws estimate a share of a space to about 3 %."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Configs of a space, by the values of their active parameters.

    Attributes:
        corners: those that show an extreme value of a parameter, and others that are always looked at.
        points: drawn at random, each once, so that shares and means over them are estimates of those over the space;
            a corner may be drawn too.
    """

    corners: tuple[Params, ...]
    points: tuple[Params, ...]

    def all(self) -> tuple[Params, ...]:
        """Corners, then points; each config once."""
        return _unique((*self.corners, *self.points))


def draw_sample(space: SearchSpace, admits: Admits, n_points: int, seed: int) -> Sample:
    """The corners of a space, and random points of it.

    Args:
        space: where to look.
        admits: whether a config counts: constraints that need nothing but its parameters.
        n_points: how many points are wanted; there are fewer where hardly any config counts.
        seed: the same seed gives the same points.
    """
    corners = _unique(params for _, params in space.corners(admits))
    return Sample(corners, _unique(_draw(space, admits, n_points, seed)))


@dataclass(frozen=True, slots=True)
class DescribedPart:
    """A part of a space in which something holds for every config that was tried.

    Attributes:
        text: the shortest description: `depth >= 5 with image_size 32`.
        share: of the space, from 0 to 1; an estimate.
        example: the parameters of one config.
        reason: why it holds for that config.
    """

    text: str
    share: float
    example: Params
    reason: str


def describe_parts(spec: StudySpec, why: Why, sample: Sample) -> tuple[DescribedPart, ...]:
    """Describe the parts of a study's space in which something holds, the largest first.

    Args:
        spec: the study; configs that its constraints leave out do not count in shares.
        why: whether it holds for a config, and why. Asked again for the same config: it has to remember.
        sample: configs that have to be described.
    """

    def holds(params: Params) -> bool | None:
        reason = why(params)
        return None if reason is None else reason != ""

    parts = find_broken_parts(spec.space, holds, sample.all(), spec.seed)
    draws = list(_draw(spec.space, spec.admits, _SHARE_DRAWS, spec.seed)) if parts else []
    descriptions = [
        DescribedPart(
            text=str(part.region),
            share=sum(map(part.region.covers, draws)) / max(1, len(draws)),
            example=part.example,
            reason=why(part.example) or "",
        )
        for part in parts
    ]
    return tuple(sorted(descriptions, key=lambda part: -part.share))


def _draw(space: SearchSpace, admits: Admits, n_draws: int, seed: int) -> Iterator[Params]:
    """So many random configs that count, or as many as are met in reasonable time."""
    generator = random.Random(seed)
    draws = (space.draw(generator) for _ in range(n_draws * _ATTEMPTS))
    return islice(filter(admits, draws), n_draws)


def _unique(configs: Iterable[Params]) -> tuple[Params, ...]:
    """The configs in their order, each once."""
    return tuple({frozenset(params.items()): params for params in configs}.values())
