"""What the best trials have in common: PED-ANOVA, as Optuna computes it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from hpo.analysis.importance.sample import Measure, TrialSample

if TYPE_CHECKING:
    import optuna
    from numpy.typing import NDArray

_TOP = 0.1
_LEAST_TOP = 5
"""Trials that the best tenth holds at least, as its authors advise."""


def prepare_ped_anova(sample: TrialSample) -> Measure:
    """Measure how far the values of the best tenth of trials are distributed otherwise than those of all trials.

    Of Watanabe et al. (2023), and of its extension to conditional parameters, which Optuna 5 has.
    """
    copies, conditions = _copy_trials(sample), list(sample.conditions())
    names = [axis.name for axis in sample.axes]

    def measure(counts: NDArray[Any], random: Any) -> tuple[NDArray[Any], NDArray[Any]]:  # noqa: ANN401 - not needed
        whole = _evaluate(names, copies, counts)
        within = whole / (whole.sum() or 1.0)
        for rows, parameters in conditions:
            measured = _evaluate(names, [copies[row] for row in rows], counts[rows])
            within[parameters] = measured[parameters] / (measured.sum() or 1.0)
        return whole, within

    return measure


def _evaluate(names: list[str], copies: list[optuna.trial.FrozenTrial], counts: NDArray[Any]) -> NDArray[Any]:
    import numpy as np
    import optuna

    drawn = int(counts.sum())
    if drawn <= _LEAST_TOP:
        return np.zeros(len(names))
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it logs each study that is created
    drawn_trials = [copy for copy, count in zip(copies, counts, strict=True) for _ in range(count)]

    class DrawnTrials(optuna.storages.InMemoryStorage):  # adding trials to a study takes longer than all the rest
        def get_all_trials(self, *args: object, **options: object) -> list[optuna.trial.FrozenTrial]:
            return drawn_trials

    study = optuna.create_study(storage=DrawnTrials())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few trials have a parameter: the interval tells what that means
        evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=max(_TOP, _LEAST_TOP / drawn))
        importances = evaluator.evaluate(study)
    return np.array([importances.get(name, 0.0) for name in names])


def _copy_trials(sample: TrialSample) -> list[optuna.trial.FrozenTrial]:
    """Make trials of Optuna's that have the varying parameters, each with one range in all trials."""
    from optuna.trial import FrozenTrial, TrialState

    copies = []
    for index, (trial, value) in enumerate(zip(sample.trials, sample.values, strict=True)):
        ranges = {axis.name: axis.distribution for axis in sample.axes if axis.name in trial.params}
        params = {name: trial.params[name] for name in ranges}
        copies.append(
            FrozenTrial(
                number=index,
                state=TrialState.COMPLETE,
                value=float(value),
                datetime_start=None,
                datetime_complete=None,
                params=params,
                distributions=ranges,
                user_attrs={},
                system_attrs={},
                intermediate_values={},
                trial_id=index,
            )
        )
    return copies
