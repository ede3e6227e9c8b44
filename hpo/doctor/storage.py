"""Where studies are kept: whether the folder can be written to, SQLite works there, and a server answers."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from hpo.doctor.diagnosis import Diagnosis
from hpo.errors import HpoError
from hpo.studies import StudyAddress, open_place
from hpo.studies.files.file_system import network_file_system

_GB = 1e9
_FULL, _NEARLY_FULL = 1e9, 10e9
_COMMITS = 20
_SLOW_COMMIT = 0.1
"""Seconds; each epoch of each trial is a commit."""
_SERVER = "a study that several machines work on is kept on a server: --storage postgresql+psycopg://USER@HOST/DATABASE"


def examine_storage(studies: Path, storage: str | None = None) -> Iterator[Diagnosis]:
    """Try what a study needs of its place.

    Args:
        studies: the folder of studies; what is tried in it is removed again.
        storage: the URL of a database server, to be asked for its studies.
    """
    folder = _nearest(studies)
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        text = f"{studies.absolute()}" + ("" if folder == studies else ", which the first study makes")
        yield Diagnosis("studies", "ok", text)
        yield _examine_disk(folder)
        yield _try_sqlite(folder)
    else:
        text = f"{folder.absolute()} cannot be written to"
        yield Diagnosis("studies", "error", text, "name another folder by --studies, or change its rights")
    if storage is not None:
        yield _ask_server(studies, storage)


def _nearest(folder: Path) -> Path:
    """Give a folder, or the nearest above it that exists."""
    return next((path for path in (folder, *folder.absolute().parents) if path.exists()), folder)


def _examine_disk(folder: Path) -> Diagnosis:
    free = shutil.disk_usage(folder).free
    text = f"{free / _GB:.1f} GB are free"
    if free > _NEARLY_FULL:
        return Diagnosis("disk", "ok", text)
    remedy = "make room; `hpo show STUDY` says what a study takes, `hpo rm STUDY` removes it"
    return Diagnosis("disk", "error" if free < _FULL else "warning", text, remedy)


def _try_sqlite(folder: Path) -> Diagnosis:
    """Write to a database as a study does, and time it; on a network, say which one."""
    network = network_file_system(folder)
    try:
        with tempfile.TemporaryDirectory(prefix=".hpo-doctor-", dir=folder) as place:
            with (Path(place) / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            seconds, mode = _time_commits(Path(place) / "study.db")
    except (OSError, sqlite3.Error) as error:
        text = f"SQLite does not work in it: {error}" + (f" (a file system of a network, {network})" if network else "")
        return Diagnosis("database", "error", text, f"name a folder on a disk of this machine by --studies; {_SERVER}")
    text = f"SQLite {sqlite3.sqlite_version}, {seconds * 1000:.1f} ms a commit"
    if network:
        text += f", on a file system of a network ({network}), whose locks may not hold between machines"
        return Diagnosis("database", "warning", text, f"work on it from one machine at a time; {_SERVER}")
    if mode != "wal":
        text += ", without write-ahead logging: workers wait for each other"
        return Diagnosis("database", "warning", text, _SERVER)
    if seconds > _SLOW_COMMIT:
        return Diagnosis("database", "warning", f"{text}, which is slow", "name a folder on a faster disk by --studies")
    return Diagnosis("database", "ok", text)


def _time_commits(database: Path) -> tuple[float, str]:
    """Measure the seconds of a commit, and whether write-ahead logging is on."""
    with closing(sqlite3.connect(database, timeout=5, isolation_level=None)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        connection.execute("CREATE TABLE epochs (value REAL)")
        begin = time.perf_counter()
        for number in range(_COMMITS):
            connection.execute("INSERT INTO epochs VALUES (?)", (number,))
        return (time.perf_counter() - begin) / _COMMITS, str(mode)


def _ask_server(studies: Path, storage: str) -> Diagnosis:
    """Ask a server for its studies; an address without its password is all that is shown of it."""
    try:
        address = StudyAddress.named("doctor", studies, storage)
        begin = time.perf_counter()
        names = open_place(address).names()
    except HpoError as error:
        return Diagnosis("server", "error", str(error), "see that it runs, lets this machine in, and has the database")
    milliseconds = 1000 * (time.perf_counter() - begin)
    return Diagnosis("server", "ok", f"{address.safe_storage}: {len(names)} studies, listed in {milliseconds:.0f} ms")
