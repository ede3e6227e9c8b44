"""How a study begins, or is taken up again by its file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from hpo.spaces import StudySpec
from hpo.spaces.change.refusals import list_refusals
from hpo.studies.files.address import StudyAddress
from hpo.studies.files.folder import open_files, open_place
from hpo.studies.record.active import ActiveStudy
from hpo.studies.record.conflicts import spec_differences, unasked_change
from hpo.studies.record.tried import TriedConfigs
from hpo.studies.record.weights import copy_weights
from hpo.studies.store.ledger import StudyLedger

if TYPE_CHECKING:
    import optuna


def create_study(spec: StudySpec, studies: Path) -> ActiveStudy:
    """Create the study of a spec, or open it where it exists; its folder has to be locked.

    A study in which nothing was trained has nothing to lose, and follows the spec.

    Raises:
        StudyConflictError: a study of that name searches another space.
        UserError: it starts from the weights of a study that has none.
    """
    from hpo.studies.store.storage import new_storage, unmade_storage

    address = StudyAddress.in_folder(studies / spec.name)
    if not open_place(address).has_database():
        copy_weights(spec, address, anew=True)
        open_files(address).sweep()
        with new_storage(address.database) as storage:
            _fill(storage, spec)
        return ActiveStudy(address)
    with unmade_storage(address.database) as unmade:
        if unmade is not None:
            copy_weights(spec, address, anew=True)
            _fill(unmade, spec)
    with ExitStack() as open_studies:  # closed where the study cannot be had
        study = open_studies.enter_context(ActiveStudy(address))
        if not study.has_begun:
            begin_anew(study, spec)
        else:
            if differing := spec_differences(study.spec, spec):
                raise unasked_change(study.address, differing, list_refusals(study.spec, spec))
            copy_weights(spec, address)
            study.set_document(spec)
            study.set_budget(spec.search.trials, spec.search.timeout)
        open_studies.pop_all()
    return study


def begin_anew(study: ActiveStudy, spec: StudySpec) -> None:
    """Have a study in which nothing was trained follow another spec, data and all; its folder has to be locked.

    It is made anew inside its database: putting another file in its place could leave SQLite with the write-ahead log
    of the old one.
    """
    copy_weights(spec, study.address, anew=True)
    study.delete()
    _fill(study.optuna_storage, spec)
    study.reload()


def _fill(storage: optuna.storages.BaseStorage, spec: StudySpec) -> None:
    import optuna

    directions = [objective.direction for objective in spec.objectives]
    created = optuna.create_study(study_name=spec.name, storage=storage, directions=directions)
    created.set_metric_names([objective.metric for objective in spec.objectives])
    ledger = StudyLedger({}, created.set_user_attr)
    ledger.budget = {"trials": spec.search.trials, "timeout": spec.search.timeout}
    for params in TriedConfigs(spec.space).worth_starting(spec.start_from):
        created.enqueue_trial(params)
    ledger.spec = spec.to_json()  # last: a study without it was not made to its end
