"""What the best trials have in common: PED-ANOVA, as Optuna computes it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from hpo.analysis.importance.sample import TrialSample

if TYPE_CHECKING:
    import optuna
    from numpy.typing import NDArray

_TOP = 0.1
_LEAST_TOP = 5
"""Trials that the best tenth holds at least, as its authors advise."""


def measure_ped_anova(
    sample: TrialSample,
    counts: NDArray[Any],
    random: Any,  # noqa: ANN401 - as the other methods have it
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Measure how far the values of the best tenth of trials are distributed otherwise than those of all trials.

    Of Watanabe et al. (2023), and of its extension to conditional parameters, which Optuna 5 has.

    Args:
        sample: the trials.
        counts: how often each of them is drawn.
        random: not needed.

    Returns:
        Importances over all trials, and shares among the trials that have the parameter; `[parameters]` each.
    """
    whole = _evaluate(sample, counts)
    within = whole / (whole.sum() or 1.0)
    for rows, parameters in sample.conditions():
        measured = _evaluate(sample.take(rows), counts[rows])
        within[parameters] = measured[parameters] / (measured.sum() or 1.0)
    return whole, within


def _evaluate(sample: TrialSample, counts: NDArray[Any]) -> NDArray[Any]:
    import numpy as np
    import optuna

    drawn = int(counts.sum())
    if drawn <= _LEAST_TOP:
        return np.zeros(len(sample.axes))
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it logs each study that is created
    study = optuna.create_study(storage=optuna.storages.InMemoryStorage())
    for trial, count in zip(_copy_trials(sample), counts, strict=True):
        study.add_trials([trial] * int(count))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few trials have a parameter: the interval tells what that means
        evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=max(_TOP, _LEAST_TOP / drawn))
        importances = evaluator.evaluate(study)
    return np.array([importances.get(axis.name, 0.0) for axis in sample.axes])


def _copy_trials(sample: TrialSample) -> list[optuna.trial.FrozenTrial]:
    """Make trials of Optuna's that have the varying parameters, each with one range in all trials."""
    from optuna.trial import create_trial

    copies = []
    for trial, value in zip(sample.trials, sample.values, strict=True):
        ranges = {axis.name: axis.distribution for axis in sample.axes if axis.name in trial.params}
        params = {name: trial.params[name] for name in ranges}
        copies.append(create_trial(params=params, distributions=ranges, value=float(value)))
    return copies
