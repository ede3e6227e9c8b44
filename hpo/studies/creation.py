"""How a study begins, or is taken up again by its file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpo.errors import StudyConflictError
from hpo.spaces import StudySpec
from hpo.studies.folder import StudyFolder
from hpo.studies.storage import new_storage, silence_experimental_warnings
from hpo.studies.study import BUDGET, SPEC, Study

_SHOWN_DIFFERENCES = 5


def create_study(spec: StudySpec, studies: Path) -> Study:
    """Create the study of a spec, or open it where it exists; its folder has to be locked.

    Raises:
        StudyConflictError: a study of that name searches another space.
    """
    import optuna

    silence_experimental_warnings()
    folder = StudyFolder(studies / spec.name)
    if not folder.database.exists():
        with new_storage(folder.database) as storage:
            created = optuna.create_study(study_name=spec.name, storage=storage, direction=spec.objective.direction)
            created.set_metric_names([spec.objective.metric])
            created.set_user_attr(BUDGET, {"trials": spec.search.trials, "timeout": spec.search.timeout})
            created.set_user_attr(SPEC, spec.to_json())
        return Study(folder)
    study = Study(folder)
    _check_same_space(study, spec)
    study.raise_budget(spec.search.trials, spec.search.timeout)
    return study


def _check_same_space(study: Study, spec: StudySpec) -> None:
    known, given = _without_budget(study.spec), _without_budget(spec)
    if known == given:
        return
    differing = [
        f"{path} (was {json.dumps(old)}, is {json.dumps(new)})" for path, old, new in _differences(known, given)
    ]
    shown = "; ".join(differing[:_SHOWN_DIFFERENCES])
    more = "; ..." if len(differing) > _SHOWN_DIFFERENCES else ""
    raise StudyConflictError(
        f"study {study.name}: a study keeps its space; only search.trials and search.timeout may change. "
        f"Received a file that differs in {shown}{more}. Give the new study another name: --set study=NAME."
    )


def _without_budget(spec: StudySpec) -> dict[str, Any]:
    """The document with defaults spelled out where a section has a known shape."""
    search = spec.search.model_dump(exclude={"trials", "timeout"})
    return {
        **{key: value for key, value in spec.document.items() if key != "study"},  # a folder may be renamed
        "search": search,
        "objective": spec.objective.model_dump(),
        "engine": spec.engine,
        "seed": spec.seed,
    }


def _differences(known: Any, given: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - plain values
    if isinstance(known, dict) and isinstance(given, dict):
        for key in dict.fromkeys([*known, *given]):
            yield from _differences(known.get(key), given.get(key), f"{path}.{key}" if path else key)
    elif known != given:
        yield path, known, given
