"""Advice on how models are trained, by what became of the best trials, and on classes that are rare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hpo.analysis.diagnosis.advice.remedy import describe_change
from hpo.analysis.diagnosis.advice.suggestion import Advice
from hpo.analysis.diagnosis.trial_diagnosis import DiagnosisKind, TrialDiagnosis, diagnose_trials
from hpo.spaces import Recipe, Value
from hpo.studies import StudyRecord

_TOP = 10
_MOST = 0.5
"""Of the best trials: where half of them show the same, it is the space and no accident."""
_IMBALANCE, _WORSE = 5.0, 0.1
"""Images of the most frequent class for each of the rarest, and what its recall is below the mean."""
_WORDS: dict[DiagnosisKind, str] = {
    "still_learning": "Train longer: the best trials were still learning when they ended.",
    "overfitting": "Regularize: the best trials know their training images far better than others.",
    "underfitting": "Use larger networks or less regularization: the best trials do not learn their training images.",
    "unstable": "Lower the learning rate, or use a schedule: the best trials jump from epoch to epoch.",
    "too_short": "Train longer: the best trials have too few epochs for anything to be said of them.",
    "stalled": "Change the learning rate by a factor of ten, or the network: the best trials have learned nothing.",
}


def advise_on_training(study: StudyRecord, numbers: Sequence[int]) -> Iterator[Advice]:
    """Advise on what most of the best trials have in common.

    Args:
        study: the study.
        numbers: its complete trials, the best first.
    """
    diagnoses = diagnose_trials(study, numbers[:_TOP])
    for kind, count in Counter(diagnosis.kind for diagnosis in diagnoses).most_common():
        if kind not in _WORDS or count < _MOST * len(diagnoses):
            continue
        remedy = next(
            (text for changes in _list_changes(study, kind) if (text := describe_change(study, changes))), None
        )
        if remedy is not None:
            yield Advice(_WORDS[kind], _count(diagnoses, kind, count), remedy)


def advise_on_classes(study: StudyRecord) -> Iterator[Advice]:
    """Advise to weight classes where a rare one is known worse than the others."""
    best = study.best
    scores = [score for score in best.classes if score.images] if best is not None else []
    if best is None or len(scores) < 2:  # noqa: PLR2004 - a comparison
        return
    rarest = min(scores, key=lambda score: (score.images, score.recall))
    most, mean = max(score.images for score in scores), sum(score.recall for score in scores) / len(scores)
    training = best.config.get("training")
    weighted = isinstance(training, dict) and training.get("class_weights")
    if most < _IMBALANCE * rarest.images or rarest.recall > mean - _WORSE or weighted:
        return
    remedy = describe_change(study, {"training.class_weights": {"choice": ["none", "balanced"]}})
    if remedy is not None:
        yield Advice(
            f"Weight the classes: {rarest.name}, the rarest, is known worse than the others.",
            (
                f"Of its {rarest.images} validation images the best model knows {rarest.recall:.0%}, of the mean class "
                f"{mean:.0%}; the most frequent class has {most}. Optimize val_macro_f1 if each class counts the same.",
            ),
            remedy,
        )


def _count(diagnoses: Sequence[TrialDiagnosis], kind: DiagnosisKind, count: int) -> tuple[str, ...]:
    first = next(diagnosis for diagnosis in diagnoses if diagnosis.kind == kind)
    of = f"{count} of the {len(diagnoses)} best trials" if len(diagnoses) > 1 else "the only complete trial"
    return (f"That is so of {of}, such as trial {first.number}.", *first.evidence)


def _list_changes(study: StudyRecord, kind: DiagnosisKind) -> Iterator[dict[str, Value]]:
    """Give changes that answer to a diagnosis, the first that a space can take being advised."""
    best = study.best
    if best is None:
        return
    recipe = Recipe.model_validate(best.config.get("training") or {})
    if kind in ("still_learning", "too_short") and recipe.phases is None:
        epochs = 2 * recipe.epochs if kind == "still_learning" else max(20, 4 * recipe.epochs)
        yield {"training.epochs": epochs}
    elif kind == "overfitting":
        searched = {parameter.name for parameter in study.spec.space.parameters()}
        data = best.config.get("data") or {}
        if isinstance(data, dict) and not data.get("augmentation") and "augmentation" not in searched:
            yield {"data.augmentation": {"choice": {"none": None, "shift": {"shift": 0.1}}}}
        if recipe.decay == 0 and not any(name.endswith("weight_decay") for name in searched):
            yield {"training.weight_decay": {"float": [1e-5, 1e-1], "log": True}}
        yield {"training.label_smoothing": {"choice": [0.0, 0.1]}}
    elif kind in ("unstable", "stalled") or kind == "underfitting":
        rate = float(f"{recipe.highest_rate / 10:.2g}")
        key = "learning_rate" if recipe.learning_rates is None else "learning_rates.head"
        yield {f"training.{key}": {"float": [rate, recipe.highest_rate], "log": True}}
