"""A study's database, read without writing: no lock is taken, no log made or folded in, no right to write needed.

SQLite itself cannot do that. Opening a database with a write-ahead log makes files beside it, fails where the folder
cannot be written to, and, read-only, leaves those files for good (SQLite 3.40). So a copy is read: of the database
and of the log beside it, taken again where a writer came in between.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from hpo.errors import StorageError, UserError
from hpo.studies.address import StudyAddress, nearby
from hpo.studies.store.stored import StoredState, StoredStudy, StoredTrial

REVISION = "v3.2.0.a"
"""Of the tables that Optuna has made since its version 3.2."""
_LOGS = ("-wal", "-journal")
_WAL_HEADER = 32
"""Bytes; it holds two salts, which change whenever the log begins anew."""
_ATTEMPTS, _PAUSE = 50, 0.02
_NUMBERS = {"INF_POS": float("inf"), "INF_NEG": float("-inf"), "NAN": float("nan")}


class StudyReader:
    """Reads a study as it is at the moment of asking, and again only if its files have changed since."""

    def __init__(self, address: StudyAddress) -> None:
        self._database = address.database
        self._signature: object = None
        self._study: StoredStudy | None = None

    def read(self) -> StoredStudy:
        """Read the study as it is.

        Raises:
            UserError: the file cannot be read, or is none in which Optuna keeps one study.
            StorageError: it is written to without a pause.
        """
        try:
            signature = [_stamp(path) for path in (self._database, *_logs_of(self._database))]
            if self._study is None or signature != self._signature:
                with _open_copy(self._database) as connection:
                    self._study, self._signature = _study_in(connection), signature
        except OSError as error:
            raise refusal(self._database, error.strerror or str(error)) from error
        except (sqlite3.Error, ValueError, LookupError, TypeError) as error:
            raise refusal(self._database, str(error)) from error
        return self._study


def refusal(database: Path, reason: str) -> UserError:
    """Give the error of a file that holds something else than a study."""
    return UserError(
        f"{nearby(database)}: a study's database is an SQLite file in which Optuna keeps one study. Received: {reason}."
    )


def is_there(path: Path) -> bool:
    """Whether there is a file, or something in its place; also where it may not be looked at."""
    try:
        path.lstat()
    except PermissionError:
        return True
    except (OSError, ValueError):  # no such folder, or no name that one can have
        return False
    return True


def file_identity(path: Path) -> tuple[int, int] | None:
    """Tell which file has that name, whatever it is called elsewhere; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _logs_of(database: Path) -> list[Path]:
    return [database.with_name(f"{database.name}{suffix}") for suffix in _LOGS]


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Give what changes when a file does; None where there is no file, or an empty one."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns) if status.st_size else None


@contextmanager
def _open_copy(database: Path) -> Iterator[sqlite3.Connection]:
    """Connect to a copy of a database, as it was at one moment."""
    content, logs = _content(database)
    if not logs and hasattr(sqlite3.Connection, "deserialize"):
        with closing(sqlite3.connect(":memory:")) as connection:
            # In memory there is no log, and the database must not say that there is.
            connection.deserialize(content[:18] + b"\x01\x01" + content[20:])
            yield connection
        return
    with tempfile.TemporaryDirectory(prefix="hpo-") as folder:
        copy = Path(folder) / database.name
        for path, data in [(copy, content), *((copy.with_name(name), log) for name, log in logs.items())]:
            path.write_bytes(data)
        with closing(sqlite3.connect(copy)) as connection:
            yield connection


def _content(database: Path) -> tuple[bytes, dict[str, bytes]]:
    """Read a database, and the logs beside it, by name; they belong together.

    A writer appends to a write-ahead log, and copies from the log to the database: as long as the log did not begin
    anew, the log as it is after the database was read has all that the database may lack.
    """
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE)
        before = _moment(database)
        content = _read(database)
        logs = {path.name: _read(path) for path in _logs_of(database) if _stamp(path) is not None}
        if _moment(database) == before:
            return content, logs
    raise StorageError(f"{nearby(database)}: it is written to without a pause, so it cannot be read. Try again later.")


def _moment(database: Path) -> object:
    wal, journal = _logs_of(database)
    if _stamp(wal) is None:
        return _stamp(database), _stamp(journal)
    return _read(wal, _WAL_HEADER), database.stat().st_ino


def _read(path: Path, size: int = -1) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        if path.suffix == ".db":
            raise
        return b""  # a log that was folded in a moment ago
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("something else than a file")
        return file.read(size)


def _study_in(connection: sqlite3.Connection) -> StoredStudy:
    revisions = [revision for (revision,) in connection.execute("SELECT version_num FROM alembic_version")]
    if revisions != [REVISION]:
        raise ValueError(f"tables of revision {', '.join(map(str, revisions)) or 'none'}, and not {REVISION}")
    studies = connection.execute("SELECT study_id, study_name FROM studies").fetchall()
    if len(studies) != 1:
        raise ValueError(f"{len(studies)} studies")
    ((study, name),) = studies
    directions = connection.execute(
        "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective", (study,)
    )
    attributes = connection.execute("SELECT key, value_json FROM study_user_attributes WHERE study_id = ?", (study,))
    return StoredStudy(
        name,
        [direction for (direction,) in directions],
        {key: json.loads(text) for key, text in attributes},
        list(_trials_in(connection, study)),
    )


def _trials_in(connection: sqlite3.Connection, study: int) -> Iterator[StoredTrial]:
    read = connection.execute
    params, distributions = defaultdict[int, dict[str, Any]](dict), defaultdict[int, dict[str, str]](dict)
    for trial, name, value, distribution in read(
        "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params ORDER BY param_id"
    ):
        params[trial][name] = _external(value, distribution)
        distributions[trial][name] = distribution
    values = _numbers(read("SELECT trial_id, objective, value, value_type FROM trial_values ORDER BY objective"))
    columns = "trial_id, step, intermediate_value, intermediate_value_type"
    reports = _numbers(read(f"SELECT {columns} FROM trial_intermediate_values ORDER BY step"))  # noqa: S608
    user_attrs = _attributes(read("SELECT trial_id, key, value_json FROM trial_user_attributes"))
    system_attrs = _attributes(read("SELECT trial_id, key, value_json FROM trial_system_attributes"))
    columns = "trial_id, number, state, datetime_start, datetime_complete"
    trials = read(f"SELECT {columns} FROM trials WHERE study_id = ? ORDER BY number", (study,))  # noqa: S608
    for trial, number, state, start, complete in trials:
        yield StoredTrial(
            number=number,
            state=StoredState[state],
            values=list(values[trial].values()) if trial in values else None,
            params=params.get(trial, {}),
            distributions=distributions.get(trial, {}),
            user_attrs=user_attrs.get(trial, {}),
            system_attrs=system_attrs.get(trial, {}),
            intermediate_values=reports.get(trial, {}),
            datetime_start=_moment_of(start),
            datetime_complete=_moment_of(complete),
        )


def _numbers(rows: Iterator[tuple[int, int, float, str]]) -> dict[int, dict[int, float]]:
    numbers = defaultdict[int, dict[int, float]](dict)
    for trial, index, value, kind in rows:
        numbers[trial][index] = _NUMBERS.get(kind, value)
    return numbers


def _attributes(rows: Iterator[tuple[int, str, str]]) -> dict[int, dict[str, Any]]:
    attributes = defaultdict[int, dict[str, Any]](dict)
    for owner, key, text in rows:
        attributes[owner][key] = json.loads(text)
    return attributes


def _external(value: float, distribution: str) -> Any:  # noqa: ANN401 - what a choice chooses from
    kind, choices = _kind(distribution)
    return (
        choices[int(value)] if kind == "CategoricalDistribution" else int(value) if kind == "IntDistribution" else value
    )


@cache
def _kind(distribution: str) -> tuple[str, list[Any]]:
    description = json.loads(distribution)
    return description["name"], description["attributes"].get("choices", [])


def _moment_of(text: str | None) -> datetime | None:
    """Parse a time, which Optuna stores in UTC without saying so."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)
