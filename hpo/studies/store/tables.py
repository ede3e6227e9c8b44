"""What a database says of a study, by plain SQL that SQLite, PostgreSQL and MySQL read alike, without Optuna."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from hpo.studies.store.leases import Lease, LeaseHolder, LeaseState
from hpo.studies.store.stored import Attributes, StoredState, StoredStudy, StoredTrial

T = TypeVar("T")
REVISION = "v3.2.0.a"
"""Of the tables that Optuna has made since its version 3.2."""
_NUMBERS = {"INF_POS": float("inf"), "INF_NEG": float("-inf"), "NAN": float("nan")}

_NO_ATTRIBUTES = Attributes({})
_KEY = "part.key, value_json"
"""By itself, `key` is a reserved word of MySQL's."""
_MOST_NAMED = 512
"""Ids that a statement has as values; SQLite before 3.32 takes no more than 999."""

CLOCKS = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "CAST(extract(epoch from clock_timestamp()) AS DOUBLE PRECISION)",
    "mysql": "(unix_timestamp(sysdate(6)) + 0e0)",
    "mariadb": "(unix_timestamp(sysdate(6)) + 0e0)",
}
"""Seconds since 1970 by the database's clock, as it is when the statement runs."""

Select = Callable[[str, Mapping[str, Any]], Iterable[Any]]
"""Gives the rows that a SELECT finds with such values of what it calls `:name`."""


def check_revision(select: Select) -> None:
    """Check that the tables are those that Optuna makes now.

    Raises:
        ValueError: they are of another version.
    """
    revisions = [revision for (revision,) in select("SELECT version_num FROM alembic_version", {})]
    if revisions != [REVISION]:
        raise ValueError(f"tables of revision {', '.join(map(str, revisions)) or 'none'}, and not {REVISION}")


def read_study(
    select: Select, name: str | None = None, *, dialect: str = "sqlite", has_leases: bool = True
) -> Callable[[], StoredStudy]:
    """Read the rows of a study, in one transaction of the caller's.

    Args:
        select: reads the database.
        name: what it is called in Optuna; None for the only one that there is.
        dialect: of the database, as SQLAlchemy calls it.
        has_leases: whether there is a table of leases, which studies of earlier versions lack.

    Returns:
        What makes the study; call it when the transaction is over: a server may end one that stands still meanwhile.

    Raises:
        ValueError: the tables are of another version, or there is not one such study.
    """
    check_revision(select)
    studies = [
        (study, called)
        for study, called in select("SELECT study_id, study_name FROM studies", {})
        if name in (None, called)
    ]
    if len(studies) != 1:
        raise ValueError(f"{len(studies)} studies")
    ((study, called),) = studies
    of_study = {"study": study}
    rows = select("SELECT direction FROM study_directions WHERE study_id = :study ORDER BY objective", of_study)
    directions = [direction for (direction,) in rows]
    user_attrs, system_attrs = (read_attributes(select, f"study_{of}_attributes", study) for of in ("user", "system"))
    make_trials = read_trials(select, "study_id = :study", of_study, StoredTrial)
    leases = _read_leases(select, of_study, CLOCKS[dialect]) if has_leases else {}
    return lambda: StoredStudy(called, directions, _parse(user_attrs), _parse(system_attrs), make_trials(), leases)


def read_attributes(select: Select, table: str, study: int) -> dict[str, str]:
    """Read the attributes of a study from one of the two tables, as JSON."""
    rows = select(f"SELECT {_KEY} FROM {table} AS part WHERE study_id = :study", {"study": study})  # noqa: S608 - names of ours
    return {key: text for key, text in rows}


def _parse(texts: Mapping[str, str]) -> dict[str, Any]:
    return {key: json.loads(text) for key, text in texts.items()}


def _read_leases(select: Select, of_study: Mapping[str, int], clock: str) -> dict[int, LeaseState]:
    columns = f"name, owner, fence, machine, pid, started, until, {clock}"
    rows = select(f"SELECT {columns} FROM hpo_leases WHERE study_id = :study", of_study)  # noqa: S608
    states = [
        LeaseState(Lease(name, owner, fence), LeaseHolder(machine, pid, started), until, float(now))
        for name, owner, fence, machine, pid, started, until, now in rows
    ]
    return {state.lease.number: state for state in states}


def read_trials(
    select: Select, condition: str, values: Mapping[str, int], make: Callable[..., T]
) -> Callable[[], list[T]]:
    """Read the rows of trials that fulfil a condition: one SELECT for each table.

    Args:
        select: reads the database. Where that is not one transaction, a trial that has ended is read as a whole, and
            one that has not, perhaps with parts that are newer than its state.
        condition: on columns of the table `trials`, in SQL.
        values: of what the condition calls `:name`.
        make: makes a trial of the fields of `StoredTrial`, by their names.

    Returns:
        What makes the trials, by number; see `read_study`.
    """
    columns = "trial_id, number, state, datetime_start, datetime_complete"
    trials = list(select(f"SELECT {columns} FROM trials WHERE {condition} ORDER BY number", values))  # noqa: S608
    if not trials:
        return list

    owners, of_owners = f"trial_id IN (SELECT trial_id FROM trials WHERE {condition})", values  # noqa: S608
    if len(trials) <= _MOST_NAMED:
        owners, of_owners = is_one_of("trial_id", [trial for trial, *_ in trials])

    def select_parts(table: str, columns: str, order: str = "trial_id") -> list[Any]:
        statement = f"SELECT trial_id, {columns} FROM {table} AS part WHERE {owners} ORDER BY {order}"  # noqa: S608 - names of ours
        return list(select(statement, of_owners))

    param_rows = select_parts("trial_params", "param_name, param_value, distribution_json", "param_id")
    value_rows = select_parts("trial_values", "objective, value, value_type", "objective")
    report_rows = select_parts("trial_intermediate_values", "step, intermediate_value, intermediate_value_type", "step")
    user_rows, system_rows = (select_parts(f"trial_{owner}_attributes", _KEY) for owner in ("user", "system"))

    def make_all() -> list[T]:
        params, distributions = defaultdict[int, dict[str, Any]](dict), defaultdict[int, dict[str, str]](dict)
        for trial, name, value, distribution in param_rows:
            params[trial][name] = _external(value, distribution)
            distributions[trial][name] = distribution
        objectives, reports = _numbers(value_rows), _numbers(report_rows)
        user_attrs, system_attrs = _attributes(user_rows), _attributes(system_rows)
        return [
            make(
                number=number,
                state=StoredState[state],
                values=list(objectives[trial].values()) if trial in objectives else None,
                params=params.get(trial, {}),
                distributions=distributions.get(trial, {}),
                user_attrs=user_attrs.get(trial, _NO_ATTRIBUTES),
                system_attrs=system_attrs.get(trial, _NO_ATTRIBUTES),
                intermediate_values=reports.get(trial, {}),
                datetime_start=_moment_of(start),
                datetime_complete=_moment_of(complete),
                trial_id=trial,
            )
            for trial, number, state, start, complete in trials
        ]

    return make_all


def is_one_of(column: str, ids: Sequence[int]) -> tuple[str, dict[str, int]]:
    """Give the condition that a column has one of these ids, of which there is one at least, and its values.

    There are few such texts, so that each is parsed once: a statement has room for 1, 2, 4, ... ids.
    """
    if len(ids) > _MOST_NAMED:
        return f"{column} IN ({', '.join(map(str, ids))})", {}
    room = 1 << (len(ids) - 1).bit_length()
    values = {f"id{index}": ids[min(index, len(ids) - 1)] for index in range(room)}
    return f"{column} IN ({', '.join(f':{name}' for name in values)})", values


def _numbers(rows: Iterable[Any]) -> dict[int, dict[int, float]]:
    numbers = defaultdict[int, dict[int, float]](dict)
    for trial, index, value, kind in rows:
        numbers[trial][index] = _NUMBERS.get(kind, value)
    return numbers


def _attributes(rows: Iterable[Any]) -> dict[int, Attributes]:
    texts = defaultdict[int, dict[str, str]](dict)
    for owner, key, text in rows:
        texts[owner][key] = text
    return {owner: Attributes(by_key) for owner, by_key in texts.items()}


def _external(value: float, distribution: str) -> Any:  # noqa: ANN401 - what a choice chooses from
    kind, choices = _kind(distribution)
    return (
        choices[int(value)] if kind == "CategoricalDistribution" else int(value) if kind == "IntDistribution" else value
    )


@cache
def _kind(distribution: str) -> tuple[str, list[Any]]:
    description = json.loads(distribution)
    return description["name"], description["attributes"].get("choices", [])


def _moment_of(stored: datetime | str | None) -> datetime | None:
    """Give a time, which Optuna stores in UTC without saying so; SQLite has texts of them."""
    if stored is None:
        return None
    return (datetime.fromisoformat(stored) if isinstance(stored, str) else stored).replace(tzinfo=UTC)
