"""Create a study, or open it again by its file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from hpo.spaces import Params, StudySpec
from hpo.spaces.change.refusals import list_refusals
from hpo.studies.address import StudyAddress
from hpo.studies.files.place import open_place
from hpo.studies.record.active import ActiveStudy
from hpo.studies.record.conflicts import refuse_change, spec_differences
from hpo.studies.record.tried import TriedConfigs
from hpo.studies.record.weights import copy_weights, list_best_configs
from hpo.studies.store.ledger import StudyLedger, stored_budget

if TYPE_CHECKING:
    import optuna


def create_study(spec: StudySpec, address: StudyAddress | Path) -> ActiveStudy:
    """Create the study of a spec, or open it where it exists; its place has to be locked.

    A study in which nothing was trained has nothing to lose, and follows the spec, unless somebody has joined already.

    Args:
        spec: what to search.
        address: of the study, or the folder of studies in which it is called as the spec.

    Raises:
        StudyConflictError: a study of that name searches another space.
        UserError: it starts from the weights, or the best configs, of a study that has none.
    """
    if isinstance(address, Path):
        address = StudyAddress.in_folder(address / spec.name)
    place = open_place(address)
    place.files.sweep()
    with place.create_storage() as storage:
        is_new = storage is not None
        if storage is not None:
            copy_weights(spec, address, anew=True)
            _fill(storage, spec, list_best_configs(spec, address))
    with ExitStack() as open_studies:  # closed where the study cannot be had
        study = open_studies.enter_context(ActiveStudy(address))
        if not (is_new or study.has_begun or place.is_joined()):
            begin_anew(study, spec)
        elif not is_new:
            spec = spec.following(study.spec)
            if differing := spec_differences(study.spec, spec):
                raise refuse_change(study.address, differing, list_refusals(study.spec, spec))
            copy_weights(spec, address)
            study.set_document(spec)
            study.set_budget(spec.search.budget)
        open_studies.pop_all()
    return study


def begin_anew(study: ActiveStudy, spec: StudySpec) -> None:
    """Have a study in which nothing was trained follow another spec, data and all; its folder has to be locked.

    It is made anew inside its database: putting another file in its place could leave SQLite with the write-ahead log
    of the old one.
    """
    import optuna

    copy_weights(spec, study.address, anew=True)
    configs = list_best_configs(spec, study.address)
    optuna.delete_study(study_name=study.optuna_study.study_name, storage=study.optuna_storage)
    _fill(study.optuna_storage, spec, configs)
    study.reload()


def _fill(storage: optuna.storages.BaseStorage, spec: StudySpec, best_configs: list[Params]) -> None:
    import optuna

    directions = [objective.direction for objective in spec.objectives]
    created = optuna.create_study(study_name=spec.name, storage=storage, directions=directions)
    created.set_metric_names([objective.metric for objective in spec.objectives])
    ledger = StudyLedger({}, created.set_user_attr)
    ledger.budget = stored_budget(spec.search.budget)
    for params in TriedConfigs(spec.space).select_starts([*spec.start_from, *best_configs]):
        created.enqueue_trial(params)
    ledger.spec = spec.to_json()  # last: a study without it was not made to its end
