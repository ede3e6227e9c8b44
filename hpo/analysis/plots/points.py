"""Trials as points of a plot: those that are compared, and which of many are drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hpo.spaces import Objective, ScalarValue, front
from hpo.studies import StudyRecord
from hpo.studies.store.ledger import TrialLedger

T = TypeVar("T")
MOST_POINTS = 2000
"""More are not seen apart in a panel, and a browser takes seconds to draw them."""
_BEST_SHARE = 4
"""One in so many of the points that are drawn are the best, the others are spread over all."""

_FEW = 8
_REACH = 4
"""How many times as far from the best as the better three quarters a value may lie to be shown, less one."""


@dataclass(frozen=True, slots=True)
class Point:
    """A complete trial of the space, all of whose values are finite.

    Attributes:
        number: the trial's.
        values: one for each objective.
        params: the active parameters.
        measures: of the network and its training, by the metric's name.
        is_best: whether no other trial beats it.
        rank: how many trials are better in the first objective.
    """

    number: int
    values: tuple[float, ...]
    params: Mapping[str, ScalarValue]
    measures: Mapping[str, float]
    is_best: bool
    rank: int


def list_points(study: StudyRecord) -> list[Point]:
    """List the trials that are compared, by number."""
    objectives = study.spec.objectives
    trials = [trial for trial in study.compared_trials() if all(map(math.isfinite, trial.values))]
    unbeaten = set(front(objectives, [trial.values for trial in trials]))
    sign = _sign(objectives[0])
    order = sorted(range(len(trials)), key=lambda index: sign * trials[index].values[0])
    ranks = {index: rank for rank, index in enumerate(order)}
    return [
        Point(
            trial.number,
            tuple(trial.values),
            trial.params,
            TrialLedger(trial.user_attrs).measures or {},
            index in unbeaten,
            ranks[index],
        )
        for index, trial in enumerate(trials)
    ]


def thin(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """Choose so many points at most, by number: all of the front, others of the best, the rest spread over all."""
    if len(points) <= most:
        return list(points)
    ranked = sorted(points, key=lambda point: (not point.is_best, point.rank))
    best, others = ranked[: most // _BEST_SHARE], sorted(ranked[most // _BEST_SHARE :], key=lambda p: p.number)
    return sorted([*best, *spread(others, most - len(best))], key=lambda point: point.number)


def spread(items: Sequence[T], most: int) -> list[T]:
    """Choose so many items at most, at even distances."""
    count = min(most, len(items))
    return [items[index * len(items) // count] for index in range(count)]


def describe_share(shown: int, total: int) -> str:
    """Say how many of the trials a plot shows; nothing where it shows all."""
    return "" if shown == total else f"{shown:,} of {total:,} trials shown"


def write_note(*texts: str) -> str:
    """Make small lines below the title of an axis, one a text that is not empty."""
    return "".join(f"<br><sup>{text}</sup>" for text in texts if text)


def frame_values(objective: Objective, values: Sequence[float]) -> tuple[list[float] | None, str]:
    """Choose the range of an axis that shows the good values apart, where a few are much worse.

    Args:
        objective: which way is better.
        values: of trials.

    Returns:
        The range, None where all values have room, and how many are worse than what it shows.
    """
    if len(values) < _FEW:
        return None, ""
    sign = _sign(objective)
    costs = sorted(sign * value for value in values)
    best, usual = costs[0], costs[3 * (len(costs) - 1) // 4]
    limit = usual + _REACH * (usual - best)
    beyond = sum(cost > limit for cost in costs)
    if not beyond or usual == best:
        return None, ""
    worst = max(cost for cost in costs if cost <= limit)
    margin = 0.06 * (worst - best)
    count = "1 value is" if beyond == 1 else f"{beyond:,} values are"
    return sorted([sign * (best - margin), sign * (worst + margin)]), f"{count} worse than shown"


def find_running_best(objective: Objective, values: Sequence[float]) -> list[int]:
    """List the indices at which a value is better than all before it."""
    steps: list[int] = []
    for index, value in enumerate(values):
        if objective.better(value, values[steps[-1]] if steps else None):
            steps.append(index)
    return steps


def _sign(objective: Objective) -> int:
    return -1 if objective.direction == "maximize" else 1
