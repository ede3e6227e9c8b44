"""The models that a study keeps, one beside the other: a registry that needs no server."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from hpo.studies import StudyRecord

_EXPORT = re.compile(r"trial-(\d+)-(.+)")


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of a study.

    Attributes:
        trial: its number.
        values: of the objectives; none of a trial that is not complete.
        is_best: whether no other trial beats it.
        test_accuracy: on the test part; None where it was not evaluated, or there is no such part.
        size: of its file, in bytes.
        parameters: of the network; None where that was not kept.
        tags: that name it.
        exports: the formats in which the study's folder `exports` has it.
    """

    trial: int
    values: list[float]
    is_best: bool
    test_accuracy: float | None
    size: int
    parameters: int | None
    tags: list[str]
    exports: list[str]

    def to_json(self) -> dict[str, Any]:
        """Plain values; programs rely on the keys."""
        return asdict(self)


def list_models(study: StudyRecord) -> list[ModelEntry]:
    """List the models that a study keeps, by the numbers of their trials.

    Raises:
        StorageError: the server that keeps them does not answer.
    """
    study = study.snapshot()
    models, sizes = study.files.models, study.files.models.store.sizes()
    front = {best.number for best in study.front}
    scores, tags, exports = study.ledger.test_scores, study.ledger.tags, _find_exports(study)
    trials = study.frozen_trials(confirming=True)
    entries = []
    for number in models.numbers():
        parameters = models.describe(number).get("metrics", {}).get("parameters")
        is_complete = number < len(trials) and trials[number].state.name == "COMPLETE"
        entries.append(
            ModelEntry(
                trial=number,
                values=list(trials[number].values or []) if is_complete else [],
                is_best=number in front,
                test_accuracy=scores.get(number, {}).get("accuracy"),
                size=sizes[models.path(number).name],
                parameters=None if parameters is None else int(parameters),
                tags=[name for name, tag in tags.items() if tag["trial"] == number],
                exports=exports.get(number, []),
            )
        )
    return entries


def _find_exports(study: StudyRecord) -> dict[int, list[str]]:
    folder = study.files.path / "exports"
    exports: dict[int, list[str]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() and (match := _EXPORT.fullmatch(path.name)):
            exports.setdefault(int(match[1]), []).append(match[2])
    return exports
