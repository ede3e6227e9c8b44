"""Rows of Optuna's tables, several in one statement: an object of its ORM for each takes several times as long."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.storages._rdb import models
from sqlalchemy import Delete, Insert, Table, bindparam, delete, insert, select
from sqlalchemy.orm import Session

from hpo.studies.store.ledger import StudyLedger

T = TypeVar("T")


def insert_rows(session: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:  # noqa: ANN401 - any table
    """Insert rows; there may be none."""
    if rows:  # of none, SQLAlchemy makes one of defaults
        session.connection().execute(_insert(model.__table__), rows)


def read_attributes(session: Session, model: Any, owner: Mapping[str, int]) -> dict[str, Any]:  # noqa: ANN401
    """Read the attributes of a study or a trial from one of the four tables."""
    rows = session.execute(select(model.key, model.value_json).filter_by(**owner))
    return {key: json.loads(text) for key, text in rows}


def change_ledger(session: Session, study_id: int, change: Callable[[StudyLedger], T]) -> T:
    """Call a function with the ledger of a study as it is now, and write what it changes."""
    changes: dict[str, Any] = {}
    owner, model = {"study_id": study_id}, models.StudyUserAttributeModel
    result = change(StudyLedger(read_attributes(session, model, owner), changes.__setitem__))
    set_attributes(session, model, owner, changes)
    return result


def set_attributes(
    session: Session,
    model: Any,  # noqa: ANN401 - one of four tables
    owner: Mapping[str, int],
    attributes: Mapping[str, Any],
) -> None:
    """Set attributes of a study or a trial; those that are None are dropped."""
    ((column, identifier),) = owner.items()
    texts = {key: json.dumps(value) for key, value in attributes.items() if value is not None}
    rows = [{column: identifier, "key": key, "value_json": text} for key, text in texts.items()]
    _delete_rows(session, model, {column: identifier}, "key", attributes)
    insert_rows(session, model, rows)


def _delete_rows(session: Session, model: Any, owner: Mapping[str, int], column: str, values: Iterable[Any]) -> None:  # noqa: ANN401
    """Delete the rows of an owner that have one of these values in a column; there may be none."""
    ((owner_column, identifier),) = owner.items()
    rows = [{"owner": identifier, "value": value} for value in values]
    if rows:
        session.connection().execute(_delete(model.__table__, owner_column, column), rows)


@cache
def _delete(table: Table, owner: str, column: str) -> Delete:
    return delete(table).where(table.c[owner] == bindparam("owner"), table.c[column] == bindparam("value"))


@cache
def _insert(table: Table) -> Insert:
    return insert(table)


def insert_params(
    session: Session, trial_id: int, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]
) -> None:
    """Insert parameters of a trial, given by their values as a space has them."""
    rows = [
        {
            "trial_id": trial_id,
            "param_name": name,
            "param_value": distributions[name].to_internal_repr(value),
            "distribution_json": distribution_to_json(distributions[name]),
        }
        for name, value in params.items()
    ]
    insert_rows(session, models.TrialParamModel, rows)


def set_reports(session: Session, trial_id: int, reports: Mapping[int, float]) -> None:
    """Set what a trial reported, by epoch."""
    model, rows = models.TrialIntermediateValueModel, []
    for step, number in reports.items():
        value, kind = model.intermediate_value_to_stored_repr(number)
        rows.append({"trial_id": trial_id, "step": step, "intermediate_value": value, "intermediate_value_type": kind})
    _delete_rows(session, model, {"trial_id": trial_id}, "step", reports)
    insert_rows(session, model, rows)


def set_values(session: Session, trial_id: int, values: Sequence[float]) -> None:
    """Set the values of a trial, one for each objective."""
    model, rows = models.TrialValueModel, []
    for objective, number in enumerate(values):
        value, kind = model.value_to_stored_repr(number)
        rows.append({"trial_id": trial_id, "objective": objective, "value": value, "value_type": kind})
    _delete_rows(session, model, {"trial_id": trial_id}, "objective", range(len(values)))
    insert_rows(session, model, rows)


def utc_now() -> datetime:
    """Tell the time as Optuna stores it: in UTC, without a time zone."""
    return datetime.now(UTC).replace(tzinfo=None)
