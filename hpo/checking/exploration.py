"""Configs of a space that stand for all of it: its corners, and seeded random points."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hpo.checking.regions.broken_part import broken_parts
from hpo.spaces import Params, SearchSpace
from hpo.spaces.space.search_space import Admits

Why = Callable[[Params], str | None]
"""Why something holds for a config; empty where it does not; None where that is not known, or is not to count."""

_ATTEMPTS = 20
"""Draws for each random point that is wanted, where constraints leave few."""
_SHARE_DRAWS = 1000
"""So many draws tell a share of a space to about 3 %."""


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
        return _different((*self.corners, *self.points))


def sample(space: SearchSpace, admits: Admits, n_points: int, seed: int) -> Sample:
    """The corners of a space, and random points of it.

    Args:
        space: where to look.
        admits: whether a config counts: constraints that need nothing but its parameters.
        n_points: how many points are wanted; there are fewer where hardly any config counts.
        seed: the same seed gives the same points.
    """
    corners = _different(params for _, params in space.corners(admits))
    return Sample(corners, _different(_draws(space, admits, n_points, seed)))


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


def described_parts(space: SearchSpace, why: Why, tried: Sample, admits: Admits, seed: int) -> list[DescribedPart]:
    """The parts in which something holds, the largest first.

    Args:
        space: the space.
        why: whether it holds for a config, and why. Asked again for the same config: it has to remember.
        tried: configs that have to be described.
        admits: whether a config counts in shares.
        seed: of what is tried besides.
    """

    def verdict(params: Params) -> bool | None:
        reason = why(params)
        return None if reason is None else reason != ""

    parts = broken_parts(space, verdict, tried.all(), seed)
    draws = list(_draws(space, admits, _SHARE_DRAWS, seed)) if parts else []
    described = [
        DescribedPart(
            text=str(part.region),
            share=sum(map(part.region.covers, draws)) / max(1, len(draws)),
            example=part.example,
            reason=why(part.example) or "",
        )
        for part in parts
    ]
    return sorted(described, key=lambda part: -part.share)


def _draws(space: SearchSpace, admits: Admits, n_draws: int, seed: int) -> Iterator[Params]:
    """So many random configs that count, or as many as are met in reasonable time."""
    generator, left = random.Random(seed), n_draws
    for _ in range(n_draws * _ATTEMPTS):
        params = space.draw(generator)
        if admits(params):
            yield params
            left -= 1
            if not left:
                return


def _different(configs: Iterable[Params]) -> tuple[Params, ...]:
    """The configs in their order, each once."""
    return tuple({frozenset(params.items()): params for params in configs}.values())
