"""Optuna's pruners for what a file names: no trial is stopped before it has had a share of the epochs and company."""

from __future__ import annotations

from typing import Any, assert_never

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, PercentilePruner, SuccessiveHalvingPruner
from optuna.trial import FrozenTrial

from hpo.search.optuna.settings import (
    UNPRUNED_SHARE,
    AutoPruner,
    Hyperband,
    Median,
    NoPruner,
    Percentile,
    Promotion,
    SuccessiveHalving,
    settings_of,
)
from hpo.spaces import StudySpec
from hpo.spaces.sections.section import plain


def make_pruner(spec: StudySpec) -> BasePruner:
    """Give the pruner that a file names, for trials that stay stopped; a step is an epoch, counted from 1."""
    settings = settings_of(spec).pruner
    if isinstance(settings, AutoPruner | Promotion):
        settings = AutoPruner().to_halving(most_epochs(spec))
    match settings:
        case Median():
            return MedianPruner(**_warmup(settings, spec))
        case Percentile():
            return PercentilePruner(**_warmup(settings, spec))
        case SuccessiveHalving():
            return ComparedHalving(**_resource(settings, spec))
        case Hyperband():
            return ComparedHyperband(max_resource=most_epochs(spec), **_resource(settings, spec))
        case NoPruner():
            return optuna.pruners.NopPruner()
        case _:
            assert_never(settings)


def most_epochs(spec: StudySpec) -> int:
    """Find the largest number of epochs that a trial may have: it shows at some corner of the space."""
    return max((spec.config(values).training.total_epochs for _, values in spec.corners()), default=1)


class _EnoughTrials(BasePruner):
    """Stops no trial at an epoch that few others reached; Optuna's stop the second if it is worse than the first."""

    def __init__(self, *, n_min_trials: int, **options: Any) -> None:  # noqa: ANN401 - Optuna's
        super().__init__(**options)
        self._n_min_trials = n_min_trials

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether the trial is to be stopped."""
        epoch, is_worse = trial.last_step, super().prune(study, trial)  # type: ignore[safe-super]
        others = (other for other in study.get_trials(deepcopy=False) if self._is_of(study, trial, other))
        company = sum(epoch in other.intermediate_values for other in others if other.number != trial.number)
        return is_worse and company >= self._n_min_trials

    def _is_of(self, study: optuna.Study, trial: FrozenTrial, other: FrozenTrial) -> bool:
        return True


class ComparedHalving(_EnoughTrials, SuccessiveHalvingPruner):
    """Successive halving among trials of the study."""


class ComparedHyperband(_EnoughTrials, HyperbandPruner):
    """Hyperband, whose brackets compare their own trials."""

    def _is_of(self, study: optuna.Study, trial: FrozenTrial, other: FrozenTrial) -> bool:
        return self._get_bracket_id(study, other) == self._get_bracket_id(study, trial)


def _unpruned_epochs(spec: StudySpec) -> int:
    return round(most_epochs(spec) * UNPRUNED_SHARE)


def _warmup(settings: Median | Percentile, spec: StudySpec) -> dict[str, Any]:
    warmup = _unpruned_epochs(spec) if settings.n_warmup_steps is None else settings.n_warmup_steps
    # Optuna (5.0) counts steps from 0: a trial may be stopped at step n_warmup_steps, which is one epoch less here.
    return {**plain(settings), "n_warmup_steps": warmup + 1}


def _resource(settings: SuccessiveHalving | Hyperband, spec: StudySpec) -> dict[str, Any]:
    least = max(1, _unpruned_epochs(spec)) if settings.min_resource is None else settings.min_resource
    return {**plain(settings), "min_resource": least}
