"""Studies on the same data, compared: accuracy, classes, size, latency and cost, and which model to put to use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hpo.analysis.comparison.candidate import PARTS, Candidate, Priority, choose_candidates
from hpo.analysis.comparison.classes import ComparedClass, compare_classes
from hpo.analysis.comparison.compared_study import ComparedStudy
from hpo.analysis.comparison.latency import Latency, describe_conditions, measure_latencies
from hpo.analysis.comparison.paired_test import PairedTest, compute_macro, run_tests
from hpo.analysis.comparison.recommendation import Ground, recommend
from hpo.analysis.comparison.same_data import align_predictions, check_same_data
from hpo.analysis.confirmation.computation import summarize_confirmation
from hpo.analysis.confirmation.intervals import Estimate
from hpo.analysis.diagnosis import conclude
from hpo.analysis.predictions import PredictedPart, Predictions
from hpo.analysis.proportions import wilson_interval
from hpo.errors import Fault, UserError
from hpo.studies import StudyRecord

TOLERANCE = 0.01
"""Of the metric: what may be given up for size or latency where nobody says it."""
_MACRO = ("macro_f1", "macro_precision", "macro_recall")
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Comparison:
    """Studies on the same data, compared.

    Attributes:
        part: on which models are compared: `test`, or `validation` where not all have predicted that.
        images: of the part.
        metric: what they are compared by.
        prefer: the priority by which one is recommended.
        tolerance: how much less of the metric than the best one has is accepted for size or latency.
        studies: in the order in which they were named.
        tests: of each pair; none where predictions are missing.
        classes: those that the models know differently well first.
        recommended: the study whose model is recommended.
        recommendation: which model to put to use, and why, a sentence each.
        notes: what to know of the figures, a sentence each.
    """

    part: PredictedPart
    images: int | None
    metric: str
    prefer: Priority
    tolerance: float
    studies: tuple[ComparedStudy, ...]
    tests: tuple[PairedTest, ...]
    classes: tuple[ComparedClass, ...]
    recommended: str
    recommendation: tuple[str, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Give plain values; programs rely on the keys."""
        return {
            **asdict(self),
            "studies": [study.to_json() for study in self.studies],
            "tests": [test.to_json() for test in self.tests],
        }


def compare_studies(
    studies: Sequence[StudyRecord],
    prefer: Priority = "accuracy",
    *,
    tolerance: float = TOLERANCE,
    measures_latency: bool = True,
    listen: Callable[[str], object] = str,
) -> Comparison:
    """Compare studies, and recommend the model of one.

    Each stands for itself by one model: its best, or by size or latency one of its Pareto front (see `choose_best`).

    Args:
        studies: two or more.
        prefer: what matters most.
        tolerance: how much less of the metric than the best one has is accepted for size or latency.
        measures_latency: whether to load the models into their engines, and measure how long they take.
        listen: called with what is being done.

    Raises:
        UserError: there are not two, they have other data, or one has no complete trial.
    """
    _check(studies, prefer, measures_latency)
    candidates = choose_candidates([study.snapshot() for study in studies], prefer, tolerance)
    check_same_data(candidates)
    part = _choose_part(candidates)
    metric = _choose_metric(candidates)
    predictions = align_predictions(
        {candidate.name: candidate.predictions[part] for candidate in candidates if part in candidate.predictions}
    )
    latencies, notes = measure_latencies(candidates, listen) if measures_latency else ({}, [])
    compared = tuple(_compare(candidate, part, metric, latencies.get(candidate.name)) for candidate in candidates)
    is_whole = len(predictions) == len(candidates)
    tests = run_tests(predictions, metric) if is_whole else []
    classes = compare_classes(predictions) if is_whole else []
    images = len(next(iter(predictions.values()))) if predictions else candidates[0].images.get(part)
    chosen, words = recommend(compared, Ground(tests, part, images, metric, prefer, tolerance))
    return Comparison(
        part=part,
        images=images,
        metric=metric,
        prefer=prefer,
        tolerance=tolerance,
        studies=compared,
        tests=tuple(tests),
        classes=tuple(classes),
        recommended=chosen.study,
        recommendation=tuple(words),
        notes=(*_describe_part(candidates, part), *_describe_pairs(tests), *describe_conditions(latencies), *notes),
    )


def _check(studies: Sequence[StudyRecord], prefer: str, measures_latency: bool) -> None:
    names = [study.address.argument for study in studies]
    if len(set(names)) < _FEWEST:
        raise UserError(
            Fault("two different studies or more are compared", ", ".join(names) or "none", "name another one")
        )
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise UserError(Fault("each study is named once", f"{repeated} twice", "name it once"))
    if prefer == "latency" and not measures_latency:
        rule, remedy = (
            "the latency is measured where it is preferred",
            "leave out --no-latency (measures_latency=False)",
        )
        raise UserError(Fault(rule, "a comparison without latency", remedy))


def _choose_part(candidates: Sequence[Candidate]) -> PredictedPart:
    """Choose the part that all models have predicted; else the test part, where all have a score on it."""
    whole = [part for part in PARTS if all(part in candidate.predictions for candidate in candidates)]
    if not whole and not all(_read_test_score(candidate) for candidate in candidates):
        return "validation"
    return whole[0] if whole else "test"


def _choose_metric(candidates: Sequence[Candidate]) -> str:
    """Choose what models are compared by: what all studies optimize, if that can be computed of predictions."""
    learned = {candidate.study.spec.objective.metric.removeprefix("val_") for candidate in candidates}
    return learned.pop() if len(learned) == 1 and learned <= set(_MACRO) else "accuracy"


def _compare(candidate: Candidate, part: PredictedPart, metric: str, latency: Latency | None) -> ComparedStudy:
    study, best = candidate.study, candidate.best
    predictions, images = candidate.predictions.get(part), candidate.images.get(part)
    accuracy: float | None = None
    if predictions is not None:
        accuracy, images = predictions.accuracy, len(predictions)
    elif part == "test":
        accuracy = _read_test_score(candidate).get("accuracy")
    budget = study.budget
    return ComparedStudy(
        study=candidate.name,
        trial=best.number,
        confirms=candidate.confirms,
        value=accuracy if metric == "accuracy" else _measure(predictions, metric),
        accuracy=accuracy,
        accuracy_interval=wilson_interval(accuracy, images) if accuracy is not None and images else None,
        validation=best.values[study.spec.objectives.index(study.spec.objective)],
        parameters=best.measures.get("parameters"),
        model_mb=best.measures.get("model_mb"),
        latency=latency,
        confirmed=_read_confirmed(study),
        trials=budget.used,
        worked_s=budget.worked_s,
        costs=study.costs,
        trial_s=best.measures.get("duration_s"),
        conclusion=conclude(study),
    )


def _read_confirmed(study: StudyRecord) -> Estimate | None:
    """Read what the winner of a confirmation came to; None where there is none yet."""
    summary = summarize_confirmation(study)
    winner = None if summary is None else summary.winner
    configs = [] if summary is None else summary.configs
    return next((config.interval for config in configs if config.trial == winner), None)


def _measure(predictions: Predictions | None, metric: str) -> float | None:
    if predictions is None:
        return None
    return compute_macro(predictions.labels, predictions.predicted, metric, len(predictions.classes))


def _read_test_score(candidate: Candidate) -> Mapping[str, Any]:
    score = candidate.study.test_scores.get(candidate.best.number, {})
    return score if score.get("accuracy") is not None else {}


def _describe_pairs(tests: Sequence[PairedTest]) -> list[str]:
    count = len(tests)
    return [f"Intervals of differences and p allow for the {count} pairs that are compared."] if count > 1 else []


def _describe_part(candidates: Sequence[Candidate], part: PredictedPart) -> list[str]:
    """Say what to know of the part that is compared on."""
    missing = [candidate.name for candidate in candidates if part not in candidate.predictions]
    notes = []
    if part == "validation" and all(candidate.images.get("test") for candidate in candidates):
        untested = [candidate for candidate in candidates if "test" not in candidate.predictions]
        remedies = " and ".join(f"`hpo resume {candidate.study.address.argument}`" for candidate in untested)
        notes.append(
            "Compared on the validation part, by which each model was chosen, so all figures are optimistic: "
            f"{', '.join(candidate.name for candidate in untested)} has predicted nothing of the test part yet. It is "
            f"predicted at the end of the budget ({remedies})."
        )
    elif part == "validation":
        notes.append(
            "Compared on the validation part, by which each model was chosen, so all figures are optimistic: the data "
            "has no test part."
        )
    if missing:
        notes.append(f"No pair is tested: what {', '.join(missing)} predicted is not kept beside the model.")
    return notes
