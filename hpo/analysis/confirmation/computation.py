"""The summary of a confirmation, computed of a study and of what its models have predicted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hpo.analysis.confirmation.contributions import compute_contributions
from hpo.analysis.confirmation.intervals import (
    Estimate,
    TrainedValues,
    compare,
    estimate,
    estimate_over_folds,
)
from hpo.analysis.confirmation.summary import ConfigSummary, ConfirmationSummary, Separation, TestSummary
from hpo.analysis.predictions import PredictedPart, load_predictions
from hpo.studies import ConfirmedConfig, ConfirmingRun, StudyRecord

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpo.studies import Confirmation

OVER_SEEDS = "Welch's t-test over the seeds, paired by image"
OVER_SEEDS_ALONE = "Welch's t-test over the seeds"
OVER_FOLDS = "the corrected resampled t-test of Nadeau and Bengio, paired by seed and fold"
_TOP_K = 5


def summarize_confirmation(study: StudyRecord) -> ConfirmationSummary | None:
    """Summarize what is confirmed of a study; None where nothing is."""
    confirmation = study.confirmation
    if confirmation is None:
        return None
    objective, folds = confirmation.objective, confirmation.folds
    metric, direction = objective.metric.removeprefix("val_"), objective.direction
    samples = {
        config.trial: _read_sample(study, metric, config.complete_runs, "validation" if folds is None else None)
        for config in confirmation.configs
        if config.values
    }
    searched, minimizes = len(study.compared_trials()), direction == "minimize"
    epochs = max((study.trial(run.number).epochs for run in confirmation.runs), default=1)

    def estimate_one(trial: int) -> Estimate | None:
        if trial not in samples:
            return None
        if folds is None:
            return _bound(metric, estimate(samples[trial], searched * max(1, epochs), minimizes=minimizes))
        return _bound(metric, estimate_over_folds(samples[trial].values, folds, searched, minimizes=minimizes))

    winner = confirmation.winner
    return ConfirmationSummary(
        metric=objective.metric,
        objectives=len(study.spec.objectives),
        searched=searched,
        seeds=confirmation.seeds,
        folds=folds,
        is_complete=confirmation.is_complete,
        configs=tuple(_describe(config, estimate_one(config.trial)) for config in confirmation.configs),
        winner=None if winner is None else winner.trial,
        separation=_separate(confirmation, samples, -1 if direction == "minimize" else 1),
        test=_describe_test(study, confirmation, metric),
        model=None if confirmation.model is None else str(study.files.models.path(confirmation.model)),
        model_trial=confirmation.model,
    )


def describe_confirmation(study: StudyRecord) -> dict[str, Any]:
    """Give what `--json` has of a confirmation, `{confirmation: ...}`; nothing where there is none."""
    summary = summarize_confirmation(study)
    return {} if summary is None else {"confirmation": summary.to_json()}


def _describe(config: ConfirmedConfig, interval: Estimate | None) -> ConfigSummary:
    failed = sum(run.value is None and run.state in ("failed", "infeasible", "pruned") for run in config.runs)
    left = len(config.runs) - len(config.values) - failed
    return ConfigSummary(config.trial, config.value, tuple(config.values), failed, left, interval)


def _bound(metric: str, interval: Estimate) -> Estimate:
    return interval.within(0.0, math.inf if metric == "loss" else 1.0)


def _read_sample(
    study: StudyRecord, metric: str, runs: Sequence[ConfirmingRun], part: PredictedPart | None
) -> TrainedValues:
    """Read what runs came to, and what each image contributes to their mean, where what they predicted is there."""
    values = [run.value for run in runs if run.value is not None]
    if part == "test":
        values = [run.test[metric] for run in runs if run.test is not None and run.test.get(metric) is not None]
    if part is None:
        return TrainedValues(values)
    contributions = [_read_contributions(study, metric, run.number, part) for run in runs]
    there = [array for array in contributions if array is not None]
    if not there or len(there) < len(runs):
        return TrainedValues(values)
    import numpy as np

    return TrainedValues(values, np.mean(np.stack(there), axis=0))


def _read_contributions(study: StudyRecord, metric: str, number: int, part: PredictedPart) -> NDArray[Any] | None:
    predictions = load_predictions(study.files, number, part)
    if predictions is None:
        return None
    recipe: Any = study.spec.space.tree(study.trial(number).params).get("training") or {}
    top_k = recipe.get("top_k", _TOP_K)
    return compute_contributions(metric, predictions.labels, predictions.probabilities, top_k)


def _separate(confirmation: Confirmation, samples: dict[int, TrainedValues], sign: int) -> Separation | None:
    """Compare the winner with the config whose mean is the next."""
    ranked = [config for config in confirmation.configs if config.is_complete and config.values]
    if confirmation.winner is None or len(ranked) < 2:  # noqa: PLR2004 - two are compared
        return None
    first, second = ranked[:2]
    if confirmation.folds is not None:
        others = {(run.seed, run.fold): run.value for run in second.complete_runs}
        pairs = [(run.value, others.get((run.seed, run.fold))) for run in first.complete_runs]
        differences = [sign * (one - other) for one, other in pairs if one is not None and other is not None]
        if not differences:
            return None
        return Separation(second.trial, estimate_over_folds(differences, confirmation.folds), OVER_FOLDS)
    one, other = samples[first.trial], samples[second.trial]
    difference = compare(one, other) if sign > 0 else compare(other, one)
    is_paired = one.contributions is not None and other.contributions is not None
    return Separation(second.trial, difference, OVER_SEEDS if is_paired else OVER_SEEDS_ALONE)


def _describe_test(study: StudyRecord, confirmation: Confirmation, metric: str) -> TestSummary | None:
    trial, date = confirmation.tested, confirmation.test_date
    runs = confirmation.test_runs
    if trial is None or date is None or not runs:
        return None
    sample = _read_sample(study, metric, runs, "test")
    images = None if sample.contributions is None else len(sample.contributions)
    has_part = any(run.test and (run.test["accuracy"] is not None or "error" in run.test) for run in runs)
    return TestSummary(
        trial,
        date,
        metric,
        tuple(sample.values),
        images,
        _bound(metric, estimate(sample)) if sample.values else None,
        has_part,
    )
