"""Rows of Optuna's tables, several in one statement: an object of its ORM for each takes several times as long."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.storages._rdb import models
from sqlalchemy import Delete, Insert, Table, bindparam, delete, select, text
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.orm import Session

from hpo.studies.store.lease_table import Transaction, connection_of
from hpo.studies.store.ledger import StudyLedger
from hpo.studies.store.tables import Select

T = TypeVar("T")
_parse = lru_cache(maxsize=100)(text)


def select_by(session: Transaction) -> Select:
    """Give what reads by plain SQL in a transaction."""
    connection = connection_of(session)
    return lambda statement, values: connection.execute(_parse(statement), values).all()


def read_attributes(session: Transaction, model: Any, owner: Mapping[str, int]) -> dict[str, Any]:  # noqa: ANN401
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
    session: Transaction,
    model: Any,  # noqa: ANN401 - one of four tables
    owner: Mapping[str, int],
    attributes: Mapping[str, Any],
) -> None:
    """Set attributes of a study or a trial; those that are None are dropped."""
    ((column, _),) = owner.items()
    dropped = [{**owner, "key": key} for key, value in attributes.items() if value is None]
    texts = {key: json.dumps(value) for key, value in attributes.items() if value is not None}
    if dropped:
        connection_of(session).execute(_delete(model.__table__, column, "key"), dropped)
    _put_rows(session, model, [{**owner, "key": key, "value_json": text} for key, text in texts.items()], column, "key")


def _put_rows(session: Transaction, model: Any, rows: Sequence[Mapping[str, Any]], *keys: str) -> None:  # noqa: ANN401
    """Insert rows, or change those that have the same values in the columns `keys`; there may be none."""
    if rows:
        connection = connection_of(session)
        connection.execute(make_put(model.__table__, connection.dialect.name, *keys), rows)


@cache
def make_put(table: Table, dialect: str, *keys: str) -> Insert:
    """Make the statement that inserts a row, or changes the one that has the same values in the columns `keys`."""
    values = [column.name for column in table.columns if column.name not in keys and not column.primary_key]
    if dialect == "sqlite":
        by_sqlite = sqlite.insert(table)
        return by_sqlite.on_conflict_do_update(
            index_elements=keys, set_={name: by_sqlite.excluded[name] for name in values}
        )
    if dialect == "postgresql":
        by_postgresql = postgresql.insert(table)
        return by_postgresql.on_conflict_do_update(
            index_elements=keys, set_={name: by_postgresql.excluded[name] for name in values}
        )
    by_mysql = mysql.insert(table)
    return by_mysql.on_duplicate_key_update({name: by_mysql.inserted[name] for name in values})


@cache
def _delete(table: Table, *keys: str) -> Delete:
    return delete(table).where(*(table.c[key] == bindparam(key) for key in keys))


def set_params(
    session: Transaction, trial_id: int, params: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]
) -> None:
    """Set parameters of a trial, given by their values as a space has them."""
    rows = [
        {
            "trial_id": trial_id,
            "param_name": name,
            "param_value": distributions[name].to_internal_repr(value),
            "distribution_json": distribution_to_json(distributions[name]),
        }
        for name, value in params.items()
    ]
    _put_rows(session, models.TrialParamModel, rows, "trial_id", "param_name")


def set_reports(session: Transaction, trial_id: int, reports: Mapping[int, float]) -> None:
    """Set what a trial reported, by epoch."""
    model, rows = models.TrialIntermediateValueModel, []
    for step, number in reports.items():
        value, kind = model.intermediate_value_to_stored_repr(number)
        rows.append({"trial_id": trial_id, "step": step, "intermediate_value": value, "intermediate_value_type": kind})
    _put_rows(session, model, rows, "trial_id", "step")


def set_values(session: Transaction, trial_id: int, values: Sequence[float]) -> None:
    """Set the values of a trial, one for each objective."""
    model, rows = models.TrialValueModel, []
    for objective, number in enumerate(values):
        value, kind = model.value_to_stored_repr(number)
        rows.append({"trial_id": trial_id, "objective": objective, "value": value, "value_type": kind})
    _put_rows(session, model, rows, "trial_id", "objective")


def utc_now() -> datetime:
    """Tell the time as Optuna stores it: in UTC, without a time zone."""
    return datetime.now(UTC).replace(tzinfo=None)
