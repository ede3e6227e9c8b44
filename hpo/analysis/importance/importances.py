"""Which parameters decided the result, and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from hpo.analysis.importance.chance import find_influential
from hpo.analysis.importance.forest import (
    ForestMeasure,
    measure_fanova,
    measure_impurity,
    measure_shap,
    measure_with_forest,
)
from hpo.analysis.importance.ped_anova import prepare_ped_anova
from hpo.analysis.importance.ranking import rank_shares
from hpo.analysis.importance.result import PED_ANOVA, Importances, ParameterImportance
from hpo.analysis.importance.sample import Measure, TrialSample, make_sample
from hpo.analysis.importance.targets import Selection, select_target
from hpo.errors import Fault, MissingExtraError, UserError
from hpo.studies import StudyRecord

if TYPE_CHECKING:
    from numpy.typing import NDArray

ImportanceMethod = Literal["ped_anova", "fanova", "mdi", "shap"]
MIN_TRIALS = 2
MOST_TRIALS = 500
"""So many, drawn at random of more, are computed with: more take longer than people wait."""
_RESAMPLES = 100
_SEED = 0

_TREES = 8
"""Of each resample; a hundred resamples have 800."""


def _prepare_forest(measure: ForestMeasure) -> Callable[[TrialSample], Measure]:
    return partial(partial, measure_with_forest, measure, _TREES)


_METHODS: dict[str, tuple[str, Callable[[TrialSample], Measure]]] = {
    "fanova": ("fANOVA", _prepare_forest(measure_fanova)),
    "ped_anova": (PED_ANOVA, prepare_ped_anova),
    "mdi": ("MDI (mean decrease in impurity)", _prepare_forest(measure_impurity)),
    "shap": ("SHAP", _prepare_forest(measure_shap)),
}
"""By what a user calls a method: its name in words, and what makes the measure of a sample; the first by default."""


def compute_importances(
    study: StudyRecord,
    *,
    method: ImportanceMethod | None = None,
    metric: str | None = None,
    trials: Selection = "all",
    pruned: bool = False,
) -> Importances:
    """Compute how important each parameter was, with intervals from resampled trials.

    With several objectives they are importances for how near a trial is to the front: the value of a trial is how many
    fronts have to be taken away before it is on one.

    Args:
        study: the study.
        method: how; None for fANOVA, which named the right parameters most often (`benchmarks/analysis/importance.py`).
        metric: what is explained: an objective, a metric of epochs (of the best epoch), a measure such as
            `parameters`, or `duration_s`; None for the objectives.
        trials: `all`, or the `best quarter` by the objectives.
        pruned: whether pruned trials count too, by their own best epochs.

    Raises:
        UserError: no trial has the metric, or there is no such method.
        MissingExtraError: the method needs a package that is not installed.
    """
    method = method or "fanova"
    _check_method(method)
    target = select_target(study, metric, trials, pruned=pruned)
    names = {name for trial in target.trials for name in trial.params}
    conditional = sorted(name for name in names if any(name not in trial.params for trial in target.trials))
    sample = make_sample(target.trials, target.values)
    parameters: tuple[ParameterImportance, ...] = ()
    reason = _find_obstacle(sample)
    drawn = 0
    if reason is None:
        parameters, drawn = rank_parameters(sample, method), min(len(sample.trials), MOST_TRIALS)
        if not parameters:
            reason = f"{_METHODS[method][0]} finds no parameter that explains these {len(sample.trials)} trials"
    return Importances(
        parameters=parameters,
        conditional=tuple(conditional),
        constant=tuple(sorted(names - {axis.name for axis in sample.axes})),
        metric=target.metric,
        selection=trials,
        trials=len(target.trials),
        pruned=target.pruned,
        drawn=drawn,
        ties=max(Counter(target.values).values(), default=0),
        reason=reason,
        method=_METHODS[method][0],
    )


def _check_method(method: str) -> None:
    if method not in _METHODS:
        raise UserError(
            Fault(
                "it is a method of importance", repr(method), f"choose one of {', '.join(_METHODS)}", subject="method"
            )
        )
    if method == "shap" and find_spec("shap") is None:
        raise MissingExtraError(
            "method: shap needs the package shap. Received an installation without it. Install it with "
            '`pip install "hpo[shap]"`, or choose another method.'
        )


def _find_obstacle(sample: TrialSample) -> str | None:
    """Say why nothing can be said of importances; None where something can."""
    if len(sample.trials) < MIN_TRIALS:
        verb = "is" if len(sample.trials) == 1 else "are"
        return f"importances need {MIN_TRIALS} complete trials, and there {verb} {len(sample.trials)}"
    if not sample.axes:
        return "no parameter took two values in complete trials"
    if len(set(sample.values.tolist())) == 1:
        return "all complete trials have the same values"
    return None


def rank_parameters(sample: TrialSample, method: str) -> tuple[ParameterImportance, ...]:
    """Rank the parameters of trials.

    Args:
        sample: trials that differ in a parameter and in their values.
        method: one of `ImportanceMethod`.

    Returns:
        Those that do more than chance first, the most important first; none where the method explains nothing in most
        resamples.
    """
    import numpy as np

    random = np.random.default_rng(_SEED)
    influential, trials_with = find_influential(sample, random), sample.has.sum(axis=0)
    conditional = trials_with < len(sample.trials)
    if len(sample.trials) > MOST_TRIALS:
        sample = sample.take(np.sort(random.choice(len(sample.trials), MOST_TRIALS, replace=False)))
    resampled, within, unexplained = _resample(sample, method, random)
    if 2 * unexplained > _RESAMPLES:
        return ()
    ranking = rank_shares(resampled, influential)
    parameters = [
        ParameterImportance(
            name=axis.name,
            share=float(ranking.shares[i]),
            low=float(ranking.lows[i]),
            high=float(ranking.highs[i]),
            rank=int(ranking.ranks[i, 0]) if influential[i] and ranking.ranks[i, 0] == ranking.ranks[i, 1] else None,
            ranks=(int(ranking.ranks[i, 0]), int(ranking.ranks[i, 1])),
            by_chance=not influential[i],
            conditional=bool(conditional[i]),
            trials=int(trials_with[i]),
            within=float(within[i]) if conditional[i] else None,
        )
        for i, axis in enumerate(sample.axes)
    ]
    return tuple(sorted(parameters, key=lambda one: (one.by_chance, -one.share, one.name)))


def _resample(
    sample: TrialSample,
    method: str,
    random: Any,  # noqa: ANN401 - NumPy's generator
) -> tuple[NDArray[Any], NDArray[Any], int]:
    """Compute shares of all in trials that are drawn with replacement, and the means of shares within conditions.

    Returns:
        `[resamples, parameters]`, `[parameters]`, and in how many resamples nothing is explained: all shares are equal
        there.
    """
    import numpy as np

    measure, n_trials = _METHODS[method][1](sample), len(sample.trials)
    resampled, within, unexplained = [], [], 0
    for _ in range(_RESAMPLES):
        counts = random.multinomial(n_trials, np.full(n_trials, 1 / n_trials))
        whole, shares_within = measure(counts, random)
        total = whole.sum()
        unexplained += int(total <= 0)
        resampled.append(whole / total if total > 0 else np.full(len(whole), 1 / len(whole)))
        within.append(shares_within)
    return np.array(resampled), np.mean(within, axis=0), unexplained
