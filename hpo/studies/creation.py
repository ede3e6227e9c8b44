"""How a study begins, or is taken up again by its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hpo.spaces import StudySpec
from hpo.spaces.refusals import refusals
from hpo.studies.conflicts import spec_differences, unasked_change
from hpo.studies.folder import StudyFolder
from hpo.studies.record import state_of
from hpo.studies.storage import new_storage, silence_experimental_warnings, unmade_storage
from hpo.studies.study import BUDGET, SPEC, Study
from hpo.studies.weights import bring_weights

if TYPE_CHECKING:
    import optuna


def create_study(spec: StudySpec, studies: Path) -> Study:
    """Create the study of a spec, or open it where it exists; its folder has to be locked.

    A study in which nothing was trained has nothing to lose: it is made anew where the spec differs, inside its
    database. Putting another file in its place could leave SQLite with the write-ahead log of the old one.

    Raises:
        StudyConflictError: a study of that name searches another space.
        UserError: it starts from the weights of a study that has none.
    """
    folder = StudyFolder(studies / spec.name)
    if folder.database.exists():
        with unmade_storage(folder.database, BUDGET, SPEC) as unmade:
            if unmade is not None:
                bring_weights(spec, folder, anew=True)
                _fill(unmade, spec)
        study = Study(folder)
        differing = spec_differences(study.spec, spec)
        if not differing:
            bring_weights(spec, folder)
            study.set_document(spec)
            study.set_budget(spec.search.trials, spec.search.timeout)
            return study
        if any(trial.datetime_start is not None and state_of(trial) != "infeasible" for trial in study.frozen_trials()):
            raise unasked_change(study.name, differing, refusals(study.spec, spec))
        bring_weights(spec, folder, anew=True)
        study.delete()
        _fill(study.optuna_storage, spec)
    else:
        bring_weights(spec, folder, anew=True)
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
        created.enqueue_trial(params)
    created.set_user_attr(SPEC, spec.to_json())  # last: a study without it was not made to its end
