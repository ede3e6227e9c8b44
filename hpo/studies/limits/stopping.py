"""Whether a rule of `search.stop` ends a study, by the trials that it has; see `hpo.spaces.sections.stopping`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hpo.spaces import Objective, StudySpec, front
from hpo.studies.store.ledger import StudyLedger, is_candidate
from hpo.studies.store.stored import StoredTrial, state_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_Trials = Sequence["FrozenTrial | StoredTrial"]


def find_stop(spec: StudySpec, ledger: StudyLedger, trials: _Trials) -> str | None:
    """Say why a rule ends the study, as a sentence without its full stop; None while none does.

    Nothing is remembered but the last bound on the regret: a trial that ends after a rule has held, or a rule that is
    changed, may have the study go on.
    """
    rules = spec.search.stop
    if (rules.target, rules.no_improvement, rules.regret) == (None, None, None):
        return None
    inside = [trial for trial in trials if is_candidate(trial.user_attrs)]
    return (
        (None if rules.target is None else _find_target(spec, inside))
        or (None if rules.no_improvement is None else _find_stagnation(spec, inside, rules.no_improvement))
        or (None if rules.regret is None else _find_small_regret(spec, ledger, inside))
    )


def _find_target(spec: StudySpec, trials: _Trials) -> str | None:
    """Find the first trial that has reached the target; with one learned objective, also one that still runs."""
    objectives = spec.objectives
    targets = dict[str, float](spec.search.stop.targets(objectives))
    for trial in trials:
        values: list[float] | None = trial.values if trial.state.name == "COMPLETE" else None
        if trial.state.name == "RUNNING" and len(objectives) == 1 and objectives[0].is_learned:
            reports = [value for value in trial.intermediate_values.values() if math.isfinite(value)]
            values = [max(reports) if objectives[0].direction == "maximize" else min(reports)] if reports else None
        pairs = list(zip(objectives, values or (), strict=False))
        reached: dict[str, float] = {
            objective.metric: value
            for objective, value in pairs
            if objective.metric in targets and _is_as_good(objective, value, targets[objective.metric])
        }
        if targets and len(reached) == len(targets):
            text = ", ".join(f"{metric} {reached[metric]:.6g} ({target:g} asked)" for metric, target in targets.items())
            return f"trial {trial.number} has reached the target: {text}"
    return None


def _is_as_good(objective: Objective, value: float, target: float) -> bool:
    return value >= target if objective.direction == "maximize" else value <= target


def count_since_best(objectives: Sequence[Objective], trials: _Trials) -> tuple[int, int | None]:
    """Count the trials that have ended since the last one that no other beats; those that are ruled out do not count.

    Of trials that are equally good, the one that ended first was the best: the others have improved nothing, though
    they may have begun before it.

    Args:
        objectives: by which trials are compared.
        trials: those of the space.

    Returns:
        The count, and the number of that trial; of all trials, and None, where none is complete.
    """
    finished = (trial for trial in trials if trial.state.name == "COMPLETE")
    complete = sorted(finished, key=lambda trial: trial.datetime_complete or datetime.max)
    unbeaten = {complete[index].number for index in front(objectives, [trial.values for trial in complete])}
    ends: dict[int, datetime] = {
        trial.number: trial.datetime_complete
        for trial in trials
        if trial.state.is_finished() and state_of(trial) != "infeasible" and trial.datetime_complete is not None
    }
    last = max(unbeaten.intersection(ends), key=lambda number: ends[number], default=None)
    return sum(last is None or end > ends[last] for end in ends.values()), last


def _find_stagnation(spec: StudySpec, trials: _Trials, patience: int) -> str | None:
    count, best = count_since_best(spec.objectives, trials)
    if best is None or count < patience:
        return None
    what = "was the best" if len(spec.objectives) == 1 else "joined the Pareto front"
    return f"{count} trials have ended since one, trial {best}, {what} ({patience} asked)"


def _find_small_regret(spec: StudySpec, ledger: StudyLedger, trials: _Trials) -> str | None:
    rule, complete = spec.search.stop.regret, sum(trial.state.name == "COMPLETE" for trial in trials)
    if rule is None or complete < rule.min_trials:
        return None
    bound, tolerance = (ledger.regret or {}).get("bound"), find_tolerance(spec, ledger, trials)
    if bound is None or tolerance is None or bound > tolerance:
        return None
    return f"at most {bound:.4g} of {spec.objective.metric} are left to gain, and {tolerance:.4g} are too little"


def find_tolerance(spec: StudySpec, ledger: StudyLedger, trials: _Trials) -> float | None:
    """Give the regret that is too little: that of the file, or one standard error of the best trial's accuracy.

    Returns:
        None where it is not known yet: no trial is complete, or the data was not read.
    """
    rule = spec.search.stop.regret
    if rule is None or rule.tolerance is not None:
        return None if rule is None else rule.tolerance
    data: dict[str, Any] = ledger.data or {}
    images = data.get("images", {}).get("validation")
    best = max((trial.values[0] for trial in trials if trial.state.name == "COMPLETE"), default=None)
    if best is None or not images:
        return None
    share = (best * images + 1) / (images + 2)  # an accuracy of 1 has an error too
    return math.sqrt(share * (1 - share) / images)
