"""Trials of another space, written over those of a study inside its database, in one transaction.

Optuna gives a parameter the same distribution in all trials of a study, and refuses to set another one
("CategoricalDistribution does not support dynamic value space"); no call of its changes those that are there. Copying
the trials into a new study by its own calls takes 0.1 s a trial, leaves two studies behind where it is interrupted, and
changes the ids that workers and dashboards know trials by. So the rows are changed: all of them, or, if the process
dies, none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hpo.spaces import Parameter
from hpo.spaces.space.search_space import Params
from hpo.studies.store.distributions import distribution
from hpo.studies.store.ledger import FIXED

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session


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
    engine: Engine,
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
        engine: of the database.
        study_id: Optuna's; whoever holds an object of that study has to open it anew.
        parameters: of the new space.
        trials: what becomes of every trial.
        enqueued: configs that new trials shall wait for.
        user_attrs: attributes of the study to set, or with None to drop.
        system_attrs: the same for Optuna's own.
    """
    from optuna.storages._rdb import models
    from optuna.trial import TrialState
    from sqlalchemy import delete, func, select
    from sqlalchemy.orm import Session

    distributions = {parameter.name: distribution(parameter) for parameter in parameters}
    trial, param = models.TrialModel, models.TrialParamModel
    with Session(engine) as session, session.begin():
        of_study = select(trial.trial_id).where(trial.study_id == study_id)
        session.execute(delete(param).where(param.trial_id.in_(of_study)))
        for update in trials:
            owner = {"trial_id": update.trial_id}
            _insert(session, param, _param_rows(update, distributions))
            _set_attributes(session, models.TrialUserAttributeModel, owner, update.user_attrs)
            _set_attributes(session, models.TrialSystemAttributeModel, owner, update.system_attrs)
            if update.fails:
                ended = session.get_one(trial, update.trial_id)
                ended.state, ended.datetime_complete = TrialState.FAIL, datetime.now()
                ended.datetime_start = ended.datetime_start or ended.datetime_complete
        count = session.scalar(select(func.count()).select_from(trial).where(trial.study_id == study_id)) or 0
        for number, fixed in enumerate(enqueued, start=count):
            waiting = trial(study_id=study_id, number=number, state=TrialState.WAITING)
            session.add(waiting)
            session.flush()  # gives it its id
            owner = {"trial_id": int(waiting.trial_id)}
            _set_attributes(session, models.TrialSystemAttributeModel, owner, {FIXED: fixed})
        _set_attributes(session, models.StudyUserAttributeModel, {"study_id": study_id}, user_attrs)
        _set_attributes(session, models.StudySystemAttributeModel, {"study_id": study_id}, system_attrs)


def _param_rows(trial: TrialUpdate, distributions: Mapping[str, BaseDistribution]) -> list[dict[str, Any]]:
    from optuna.distributions import distribution_to_json

    return [
        {
            "trial_id": trial.trial_id,
            "param_name": name,
            "param_value": distributions[name].to_internal_repr(value),
            "distribution_json": distribution_to_json(distributions[name]),
        }
        for name, value in trial.params.items()
    ]


def _set_attributes(session: Session, model: Any, owner: Mapping[str, int], attributes: Mapping[str, Any]) -> None:  # noqa: ANN401 - one of four tables
    from sqlalchemy import delete

    session.execute(delete(model).filter_by(**owner).where(model.key.in_(list(attributes))))
    texts = {key: json.dumps(value) for key, value in attributes.items() if value is not None}
    _insert(session, model, [{**owner, "key": key, "value_json": text} for key, text in texts.items()])


def _insert(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:  # noqa: ANN401 - any table
    from sqlalchemy import insert

    if rows:  # of none, SQLAlchemy makes one of defaults
        session.execute(insert(model), rows)
