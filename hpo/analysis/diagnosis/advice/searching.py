"""Advice on the search itself: whether more trials would still help, and whether the pruner does what it should."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

from hpo.analysis.diagnosis.advice.remedy import describe_change, describe_more_trials
from hpo.analysis.diagnosis.advice.suggestion import Advice
from hpo.analysis.diagnosis.setting import read_setting
from hpo.search.optuna.settings import AutoPruner
from hpo.spaces import Value
from hpo.studies import StudyRecord

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from hpo.studies.store.stored import StoredTrial

_FEWEST = 20
"""Complete trials: with fewer, the best of the last fifth is one of three."""
_LATE = 0.2
_FEWEST_EPOCHS = 5
"""Of a trial, so that stopping it early spares anything."""
_FEWEST_UNPRUNED = 30
_FORESEEN = 0.4
"""The rank correlation of an epoch with the end from which on a pruner does better than one that draws lots."""


def advise_on_sampler(study: StudyRecord) -> Iterator[Advice]:
    """Advise more trials where the last fifth has found a better one, by more than the validation part wavers."""
    objective = study.spec.objective
    index, sign = study.spec.objectives.index(objective), 1 if objective.direction == "maximize" else -1
    values = [sign * trial.values[index] for trial in study.compared_trials()]
    count = math.ceil(_LATE * len(values))
    if len(values) < _FEWEST:
        return
    earlier, late = max(values[:-count]), max(values[-count:])
    error = read_setting(study).error(late) if 0 < late <= 1 else 0.0
    if late - earlier > error and late > earlier:
        yield Advice(
            "Search further: the search was still improving when it ended.",
            (
                f"The best of the last {count} trials came to {objective.metric} {sign * late:.4f}, the best of the "
                f"{len(values) - count} before them to {sign * earlier:.4f}.",
            ),
            describe_more_trials(study),
        )


def advise_on_pruner(study: StudyRecord) -> Iterator[Advice]:
    """Advise on a pruner that never stops a trial, and on one that stops trials when nobody can tell yet."""
    name = study.spec.search.choices.get("pruner")
    complete = [trial for trial in study.compared_trials() if trial.intermediate_values]
    pruned = [trial for trial in study.frozen_trials() if trial.state.name == "PRUNED" and trial.intermediate_values]
    epochs = max((max(trial.intermediate_values) for trial in complete), default=0)
    if name in (None, "none") or len(study.spec.objectives) > 1 or epochs < _FEWEST_EPOCHS:
        return
    if not pruned:
        if len(complete) >= _FEWEST_UNPRUNED:
            remedy = describe_change(study, {"search.pruner": "successive_halving"})
            if remedy is not None and name not in ("auto", "promotion", "successive_halving"):
                words = f"Prune harder: the pruner ({name}) has stopped none of {len(complete)} trials."
                yield Advice(words, (f"Each trial was trained for up to {epochs} epochs.",), remedy)
        return
    epoch = round(median(max(trial.intermediate_values) for trial in pruned))
    foresight = _measure_foresight(complete, epoch)
    if foresight is None or foresight >= _FORESEEN:
        return
    later = min(max(epoch * 2, epoch + 1), epochs - 1)
    if later <= epoch:
        return
    remedy = describe_change(study, _delay(study, later))
    if remedy is not None:
        yield Advice(
            "Prune later: trials are stopped when nobody can tell yet which will be good.",
            (
                f"{len(pruned)} trials were stopped, half of them by epoch {epoch} of {epochs}. Among the "
                f"{len(complete)} complete ones, the rank in that epoch says little of the rank at the end (rank "
                f"correlation {foresight:.2f}).",
            ),
            remedy,
        )


def _delay(study: StudyRecord, epoch: int) -> Mapping[str, Value]:
    """Give the change by which the pruner that a study has stops no trial before an epoch."""
    pruner = getattr(study.spec.search, "pruner", None)
    if isinstance(pruner, AutoPruner):  # which has no options: written as what it is
        if study.spec.search.backend == "optuna":
            return {"search.pruner": {"promotion": {"min_resource": epoch}}}
        halving = pruner.to_halving(epoch).model_dump(exclude_unset=True)
        return {"search.pruner": {"successive_halving": {**halving, "min_resource": epoch}}}
    name = study.spec.search.choices["pruner"]
    key = "n_warmup_steps" if name in ("median", "percentile") else "min_resource"
    return {f"search.pruner.{name}.{key}": epoch}


def _measure_foresight(trials: Sequence[FrozenTrial | StoredTrial], epoch: int) -> float | None:
    """Measure how the rank of a trial in an epoch goes with its rank at the end (Spearman); None of fewer than 10."""
    from scipy.stats import spearmanr

    pairs = [
        (trial.intermediate_values[epoch], trial.values[0]) for trial in trials if epoch in trial.intermediate_values
    ]
    finite = [pair for pair in pairs if all(map(math.isfinite, pair))]
    if len(finite) < _FEWEST // 2 or any(len(set(column)) == 1 for column in zip(*finite, strict=True)):
        return None
    return float(spearmanr(*zip(*finite, strict=True)).statistic)
