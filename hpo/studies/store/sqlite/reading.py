"""A study's database, read without writing: no lock is taken, no log made or folded in, no right to write needed.

SQLite itself cannot do that. Opening a database with a write-ahead log makes files beside it, fails where the folder
cannot be written to, and, read-only, leaves those files for good (SQLite 3.40). So a copy is read: of the database
and of the log beside it, taken again where a writer came in between.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hpo.errors import StorageError, UserError
from hpo.studies.address import StudyAddress, nearby
from hpo.studies.store.stored import StoredStudy
from hpo.studies.store.tables import read_study

_LOGS = ("-wal", "-journal")
_WAL_HEADER = 32
"""Bytes; it holds two salts, which change whenever the log begins anew."""
_ATTEMPTS, _PAUSE = 50, 0.02


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
                with open_copy(self._database) as connection:
                    tables = connection.execute("SELECT name FROM sqlite_master WHERE name = 'hpo_leases'").fetchall()
                    self._study = read_study(connection.execute, has_leases=bool(tables))()
                    self._signature = signature
        except OSError as error:
            raise refusal(self._database, error.strerror or str(error)) from error
        except (sqlite3.Error, ValueError, LookupError, TypeError) as error:
            raise refusal(self._database, str(error)) from error
        return self._study.at(time.time())


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
def open_copy(database: Path) -> Iterator[sqlite3.Connection]:
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
