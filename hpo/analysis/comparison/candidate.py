"""The model by which a study is compared with others, and what it predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hpo.analysis.predictions import PredictedPart, Predictions, load_predictions
from hpo.errors import Fault, UserError
from hpo.studies import Best, StudyRecord

Priority = Literal["accuracy", "size", "latency"]
"""What matters most where a model goes into production."""
PARTS: tuple[PredictedPart, ...] = ("test", "validation")
"""The one on which nothing was chosen first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A study and its model that is compared.

    Attributes:
        name: of the study, or its address where two have one name.
        best: the model that is compared.
        confirms: the trial of the search that the model confirms; None for a model of the search itself.
        predictions: of the model, by the part.
    """

    name: str
    study: StudyRecord
    best: Best
    confirms: int | None
    predictions: Mapping[PredictedPart, Predictions]

    @property
    def images(self) -> dict[str, int]:
        """How many images each part has."""
        images: dict[str, int] = (self.study.data or {}).get("images", {})
        return images

    @property
    def image_size(self) -> list[int] | None:
        """Height and width of the images that the network sees; None where nothing beside the model says it."""
        size = self.study.files.models.describe(self.best.number).get("image_size")
        is_size = isinstance(size, list) and len(size) == 2 and all(isinstance(side, int) for side in size)  # noqa: PLR2004 - sides
        return size if is_size else None

    @property
    def split(self) -> dict[str, Any]:
        """What decides which image is in which part, besides the images."""
        data: Any = self.best.config.get("data") or {}
        return {"seed": self.study.spec.seed, **{f"data.{key}": data.get(key) for key in ("validation", "test")}}


def choose_candidates(studies: Sequence[StudyRecord], prefer: Priority, tolerance: float) -> list[Candidate]:
    """Choose the model of each study; see `choose_best`.

    Raises:
        UserError: a study has no complete trial.
    """
    names = [study.name for study in studies]
    labels = [study.name if names.count(study.name) == 1 else study.address.argument for study in studies]
    return [_make_candidate(label, study, prefer, tolerance) for label, study in zip(labels, studies, strict=True)]


def choose_best(study: StudyRecord, prefer: Priority, tolerance: float) -> Best | None:
    """Choose one model of a study.

    Where configs were confirmed, it is the model of the winner that was kept. Else it is one of the Pareto front, by
    what it is like on the validation part.

    Of a front it is the best by the learned objective; or, by size or latency, the smallest or the one with the fewest
    operations, of those that come as near to it as the tolerance. With one objective there is but one.
    """
    confirmation = study.confirmation
    if confirmation is not None and confirmation.winner is not None and confirmation.model is not None:
        (run,) = (trial for trial in study.frozen_trials(confirming=True) if trial.number == confirmation.model)
        return study.describe_model(run)
    objective = study.spec.objective
    index, sign = study.spec.objectives.index(objective), 1 if objective.direction == "maximize" else -1
    front = study.front
    if not front:
        return None
    best = max(front, key=lambda trial: sign * trial.values[index])
    if prefer == "accuracy" or objective.metric == "val_loss":
        return best
    measures = ("parameters",) if prefer == "size" else ("latency_ms", "flops")
    near = [trial for trial in front if sign * (best.values[index] - trial.values[index]) <= tolerance]
    measure = next((name for name in measures if all(name in trial.measures for trial in near)), None)
    return best if measure is None else min(near, key=lambda trial: trial.measures[measure])


def _make_candidate(name: str, study: StudyRecord, prefer: Priority, tolerance: float) -> Candidate:
    best = choose_best(study, prefer, tolerance)
    if best is None:
        rule, remedy = "a study that is compared has a complete trial", f"type: {study.next_command}"
        raise UserError(Fault(rule, "none", remedy, subject=f"study {name}"))
    loaded = {part: load_predictions(study.files, best.number, part) for part in PARTS}
    confirmation = study.confirmation
    winner = None if confirmation is None or confirmation.model != best.number else confirmation.winner
    confirms = None if winner is None else winner.trial
    return Candidate(name, study, best, confirms, {part: found for part, found in loaded.items() if found is not None})
