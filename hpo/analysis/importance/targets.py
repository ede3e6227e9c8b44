"""What importances explain: the values of a metric, and the trials that have one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from hpo.errors import Fault, UserError
from hpo.spaces import Objective, front
from hpo.spaces.sections.objectives import natural_direction
from hpo.studies import StudyRecord
from hpo.studies.store.ledger import TrialLedger, is_candidate
from hpo.studies.store.stored import state_of

if TYPE_CHECKING:
    from hpo.analysis.importance.sample import AnyTrial

Selection = Literal["all", "best quarter"]
"""Of all trials, or of the best quarter of them by the study's objectives."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is explained.

    Attributes:
        metric: its name; `front` for how many Pareto fronts have to be taken away before a trial is on one.
        trials: those that have a value, by number.
        values: `[trials]`; lower ones are better.
        pruned: how many of the trials were pruned.
    """

    metric: str
    trials: list[AnyTrial]
    values: list[float]
    pruned: int


def select_target(study: StudyRecord, metric: str | None, selection: Selection, *, pruned: bool) -> Target:
    """Select the trials and read the values that are explained of them.

    Args:
        study: the study.
        metric: an objective, a metric of epochs (of the best one), a measure or `duration_s`; None for the objectives.
        selection: which trials.
        pruned: whether pruned ones are among them, with the metrics of their own best epochs.

    Raises:
        UserError: no trial has the metric, or there is no such selection.
    """
    if selection not in get_args(Selection):
        choices = " or ".join(map(repr, get_args(Selection)))
        raise UserError(Fault(f"it is {choices}", repr(selection), "choose one of them", subject="trials"))
    states = ("complete", "pruned") if pruned else ("complete",)
    trials = [trial for trial in study.frozen_trials() if state_of(trial) in states and is_candidate(trial.user_attrs)]
    objectives = study.spec.objectives
    goals = [[_read_metric(trial, objective.metric, objectives) for objective in objectives] for trial in trials]
    complete_goals = [values for values in goals if None not in values]
    costs = iter(_find_costs(objectives, complete_goals))
    cost_of = {trial.number: next(costs) for trial, values in zip(trials, goals, strict=True) if None not in values}
    trials = [trial for trial in trials if trial.number in cost_of]
    if selection == "best quarter":
        best = sorted(trials, key=lambda trial: cost_of[trial.number])[: math.ceil(len(trials) / 4)]
        trials = sorted(best, key=lambda trial: trial.number)
    values = {number: cost_of[number] for number in (trial.number for trial in trials)}
    if metric is None:
        metric = objectives[0].metric if len(objectives) == 1 else "front"
    else:
        sign = -1 if _is_maximized(metric) else 1
        measured = {trial.number: _read_metric(trial, metric, objectives) for trial in trials}
        values = {number: sign * value for number, value in measured.items() if value is not None}
        if trials and not values:
            raise UserError(_describe_unknown(metric, trials, objectives))
    trials = [trial for trial in trials if trial.number in values]
    n_pruned = sum(trial.state.name == "PRUNED" for trial in trials)
    return Target(metric, trials, [values[trial.number] for trial in trials], n_pruned)


def _read_metric(trial: AnyTrial, metric: str, objectives: Sequence[Objective]) -> float | None:
    """Read a metric of a trial, at its best epoch where epochs have it; None where it has no finite value."""
    ledger = TrialLedger(trial.user_attrs)
    names = [objective.metric for objective in objectives]
    value: float | None = None
    if metric in names and trial.state.name == "COMPLETE":
        value = trial.values[names.index(metric)]
    elif metric in names[:1] and ledger.best_epoch:
        value = ledger.best_value
    elif metric in (ledger.measures or {}):
        value = (ledger.measures or {})[metric]
    elif metric == "duration_s":
        value = None if trial.duration is None else trial.duration.total_seconds()
    else:
        values = ledger.history.get(metric, [])
        value = values[ledger.best_epoch - 1] if 0 < ledger.best_epoch <= len(values) else None
    return value if value is not None and math.isfinite(value) else None


def _is_maximized(metric: str) -> bool:
    return natural_direction(f"val_{metric.removeprefix('val_')}") == "maximize"


def _describe_unknown(metric: str, trials: Iterable[AnyTrial], objectives: Sequence[Objective]) -> Fault:
    names: dict[str, None] = dict.fromkeys(objective.metric for objective in objectives)
    for trial in trials:
        ledger = TrialLedger(trial.user_attrs)
        names |= dict.fromkeys([*ledger.history, *(ledger.measures or {})])
    names["duration_s"] = None
    return Fault("it is one that trials have", repr(metric), f"choose one of {', '.join(names)}", subject="metric")


def _find_costs(objectives: Sequence[Objective], values: Sequence[Sequence[float | None]]) -> list[float]:
    """Give each trial one value, lower for a better one: that of the objective, or the number of fronts before its."""
    known = [[value for value in row if value is not None] for row in values]
    if len(objectives) == 1:
        return [-value if objectives[0].direction == "maximize" else value for (value,) in known]
    depths, left, depth = [0.0] * len(known), list(range(len(known))), 0
    while left:
        unbeaten = {left[index] for index in front(objectives, [known[index] for index in left])}
        for index in unbeaten:
            depths[index] = float(depth)
        left = [index for index in left if index not in unbeaten]
        depth += 1
    return depths
