"""How a study begins, or is taken up again by its file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo.errors import StudyConflictError
from hpo.spaces import StudySpec
from hpo.studies.folder import StudyFolder
from hpo.studies.storage import new_storage, silence_experimental_warnings
from hpo.studies.study import BUDGET, SPEC, Study

if TYPE_CHECKING:
    import optuna

_SHOWN_DIFFERENCES = 5


def create_study(spec: StudySpec, studies: Path) -> Study:
    """Create the study of a spec, or open it where it exists; its folder has to be locked.

    A study without a trial has nothing to lose: it is made anew where the spec differs, inside its database. Putting
    another file in its place could leave SQLite with the write-ahead log of the old one.

    Raises:
        StudyConflictError: a study of that name searches another space.
    """
    folder = StudyFolder(studies / spec.name)
    if folder.database.exists():
        study = Study(folder)
        differences = list(_differences(_compared(study.spec), _compared(spec)))
        if not differences:
            study.set_document(spec)
            study.set_budget(spec.search.trials, spec.search.timeout)
            return study
        if any(trial.datetime_start is not None for trial in study.frozen_trials()):
            raise _conflict(study, differences)
        study.delete()
        _fill(study.optuna_storage, spec)
    else:
        silence_experimental_warnings()
        with new_storage(folder.database) as storage:
            _fill(storage, spec)
    return Study(folder)


def _fill(storage: optuna.storages.BaseStorage, spec: StudySpec) -> None:
    import optuna

    directions = [objective.direction for objective in spec.objectives]
    created = optuna.create_study(study_name=spec.name, storage=storage, directions=directions)
    created.set_metric_names([objective.metric for objective in spec.objectives])
    created.set_user_attr(BUDGET, {"trials": spec.search.trials, "timeout": spec.search.timeout})
    for params in spec.start_from:
        created.enqueue_trial(params, skip_if_exists=True)
    created.set_user_attr(SPEC, spec.to_json())


def _conflict(study: Study, differences: list[tuple[str, Any, Any]]) -> StudyConflictError:
    told = [f"{path} (was {json.dumps(old)}, is {json.dumps(new)})" for path, old, new in differences]
    more = "; ..." if len(told) > _SHOWN_DIFFERENCES else ""
    return StudyConflictError(
        f"study {study.name}: a study keeps its space; only search.trials, search.timeout and where the data lies may "
        f"change. Received a file that differs in {'; '.join(told[:_SHOWN_DIFFERENCES])}{more}. "
        "Give the new study another name: --set study=NAME."
    )


def _compared(spec: StudySpec) -> dict[str, Any]:
    """What has to stay: the document without budget and name, with defaults spelled out where a section has a shape.

    Where the data lies may change: its fingerprint tells whether it is the same.
    """
    data = spec.document.get("data")
    if isinstance(data, dict):
        data = {key: value for key, value in data.items() if key != "path"}
    objectives = [objective.model_dump() for objective in spec.objectives]
    return {
        **{key: value for key, value in spec.document.items() if key != "study"},
        "data": data,
        "search": spec.search.model_dump(exclude={"trials", "timeout"}),
        "objective": objectives if len(objectives) > 1 else objectives[0],
        "engine": spec.engine,
        "seed": spec.seed,
    }


def _differences(known: Any, given: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - plain values
    if isinstance(known, dict) and isinstance(given, dict):
        for key in dict.fromkeys([*known, *given]):
            yield from _differences(known.get(key), given.get(key), f"{path}.{key}" if path else key)
    elif known != given:
        yield path, known, given
