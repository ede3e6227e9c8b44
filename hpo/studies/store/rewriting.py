"""Trials of another space, written over those of a study inside its database, in one transaction.

Optuna gives a parameter the same distribution in all trials of a study, and refuses to set another one
("CategoricalDistribution does not support dynamic value space"); no call of its changes those that are there. Copying
the trials into a new study by its own calls takes 0.1 s a trial, leaves two studies behind where it is interrupted, and
changes the ids that workers and dashboards know trials by. So the rows are changed: all of them, or, if the process
dies, none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hpo.errors import StudyBusyError
from hpo.spaces import Parameter
from hpo.spaces.space.search_space import Params
from hpo.studies.store.distributions import distribution
from hpo.studies.store.ledger import FIXED

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hpo.studies.store.storage import StudyStorage


@dataclass(frozen=True, slots=True)
class TrialUpdate:
    """What becomes of a trial; values, dates, epochs and all that is not said here stay.

    Attributes:
        trial_id: Optuna's.
        params: its parameters from now on.
        user_attrs: attributes to set, or with None to drop.
        system_attrs: the same for Optuna's own.
        fails: whether it has failed from now on.
    """

    trial_id: int
    params: Params
    user_attrs: Mapping[str, Any] = field(default_factory=dict)
    system_attrs: Mapping[str, Any] = field(default_factory=dict)
    fails: bool = False


def rewrite(
    storage: StudyStorage,
    study_id: int,
    *,
    parameters: Iterable[Parameter],
    trials: Iterable[TrialUpdate],
    enqueued: Iterable[Params],
    user_attrs: Mapping[str, Any],
    system_attrs: Mapping[str, Any],
) -> None:
    """Change a study to another space.

    Args:
        storage: of the study.
        study_id: Optuna's; whoever holds an object of that study has to open it anew.
        parameters: of the new space.
        trials: what becomes of every trial.
        enqueued: configs that new trials shall wait for.
        user_attrs: attributes of the study to set, or with None to drop.
        system_attrs: the same for Optuna's own.

    Raises:
        StudyBusyError: a trial runs.
    """
    from optuna.storages._rdb import models
    from optuna.trial import TrialState
    from sqlalchemy import delete, func, select

    from hpo.studies.store.rows import read_attributes, set_attributes, set_params, utc_now

    distributions = {parameter.name: distribution(parameter) for parameter in parameters}
    updates, starts = list(trials), list(enqueued)
    trial, param = models.TrialModel, models.TrialParamModel

    def work(session: Session) -> None:
        stored = read_attributes(session, models.StudyUserAttributeModel, {"study_id": study_id})
        if stored.items() >= user_attrs.items():
            return  # the connection was lost as it was committed
        storage.attempts.lock(session)
        runs = (trial.study_id == study_id) & (trial.state == TrialState.RUNNING)
        if running := session.scalars(select(trial.number).where(runs).order_by(trial.number)).all():
            raise StudyBusyError(
                "a study's space changes while none of its trials runs. Received a study whose trials "
                f"{', '.join(map(str, running))} run, perhaps on another machine. Pause them, or wait for their end."
            )
        of_study = select(trial.trial_id).where(trial.study_id == study_id)
        session.execute(delete(param).where(param.trial_id.in_(of_study)))
        for update in updates:
            owner = {"trial_id": update.trial_id}
            set_params(session, update.trial_id, update.params, distributions)
            set_attributes(session, models.TrialUserAttributeModel, owner, update.user_attrs)
            set_attributes(session, models.TrialSystemAttributeModel, owner, update.system_attrs)
            if update.fails:
                ended = session.get_one(trial, update.trial_id)
                ended.state, ended._datetime_complete_utc = TrialState.FAIL, utc_now()
                ended._datetime_start_utc = ended._datetime_start_utc or ended._datetime_complete_utc
        count = session.scalar(select(func.count()).select_from(trial).where(trial.study_id == study_id)) or 0
        for number, fixed in enumerate(starts, start=count):
            waiting = trial(study_id=study_id, number=number, state=TrialState.WAITING)
            session.add(waiting)
            session.flush()  # gives it its id
            set_attributes(
                session, models.TrialSystemAttributeModel, {"trial_id": int(waiting.trial_id)}, {FIXED: fixed}
            )
        set_attributes(session, models.StudyUserAttributeModel, {"study_id": study_id}, user_attrs)
        set_attributes(session, models.StudySystemAttributeModel, {"study_id": study_id}, system_attrs)

    storage.transact(work)
