"""What SQLite, SQLAlchemy and Optuna raise while a study is worked on, translated into one line of ours.

All that a storage does passes through its SQLAlchemy engine, so the translation stands there: no caller has its own.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from sqlalchemy import event

from hpo.errors import HpoError, StorageError
from hpo.files import PARTIAL
from hpo.studies.files.address import StudyAddress
from hpo.studies.files.folder import file_identity

BUSY_SECONDS = 60.0
"""How long a database may be locked by another process before it is an error."""
_BUSY_AGAIN = 1 / 3
"""The share of that time that is waited after it was one, when what is left to do is to give trials back and end."""

_DAMAGED = ("the file is damaged, or something else was written over it", "Put back a copy of it")
_LOCKED = ("another process has locked it for {busy:g} s", "Wait for that process, or end it")
_EVENTS = {  # by how the name of SQLite's error begins; the first that fits
    "SQLITE_FULL": ("there is no room left on the disk", "Make room"),
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_READONLY_DBMOVED": ("the file was moved, deleted or replaced", "Put it back"),
    "SQLITE_READONLY": ("writing to it, or to its folder, is not allowed", "Allow writing"),
    "SQLITE_CANTOPEN": ("it cannot be opened", "Put it back, or allow reading and writing"),
    "SQLITE_IOERR": ("the disk failed to read or to write ({reason})", "Make room, or mend the disk"),
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_ERROR": ("it does not hold the study any more ({reason})", "Put back a copy of it"),
    "": ("{reason}", "Mend that"),
}
_NO_STUDY = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")
"""What a file leads to that is no database, or not one of Optuna's."""


def is_no_study(error: BaseException) -> bool:
    """Whether an error says what is in the file, and not that it cannot be read or written to."""
    found = _sqlite_error(error)
    return found is None or _name(found).startswith(_NO_STUDY)


def storage_error(database: Path, error: BaseException | None) -> StorageError | None:
    """The error of ours for what a storage has raised; None where it is ours already, or of something else."""
    if error is None or isinstance(error, HpoError):
        return None
    found = _sqlite_error(error)
    if found is not None:
        return _told(database, _name(found), str(found))
    if isinstance(error, KeyError) and "Record does not exist" in str(error):
        return _told(database, "SQLITE_ERROR", "the record is gone")
    if isinstance(error, sqlalchemy.exc.SQLAlchemyError | optuna.exceptions.StorageInternalError):
        return _told(database, "", str(error.__cause__ or error).splitlines()[0])
    return None


def translate_errors(engine: sqlalchemy.Engine, database: Path) -> None:
    """Have all that goes through an engine raise `StorageError`, also where the file is not the same any more.

    SQLite goes on with a file that was deleted or replaced, and what is written there is lost.
    """
    opened = file_identity(database)
    was_locked = False

    @event.listens_for(engine, "handle_error")
    def translate(context: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        nonlocal was_locked
        if isinstance(context.original_exception, sqlite3.IntegrityError):
            return  # two processes that make the same row at once: Optuna 5.0 goes on with the first one's
        error = storage_error(database, context.original_exception)
        if error is not None:
            was_locked = was_locked or _is_lock(context.original_exception)
            raise error from context.original_exception

    @event.listens_for(engine, "do_connect")  # which would make a file where there is none
    def check_place(*_: object) -> None:
        if file_identity(database) != opened:
            raise _told(database, "SQLITE_READONLY_DBMOVED", "")

    @event.listens_for(engine, "checkout")
    def begin(connection: Any, *_: object) -> None:  # noqa: ANN401 - a connection of the driver's
        check_place()
        if was_locked:
            connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * _BUSY_AGAIN * 1000)}")


def _told(database: Path, name: str, reason: str) -> StorageError:
    happened, remedy = next(texts for begin, texts in _EVENTS.items() if name.startswith(begin))
    study = StudyAddress.in_folder(database.parent).argument
    place, going_on = (
        database,
        f"`hpo resume {study}` goes on, and runs again the trials that this has interrupted",
    )
    if database.suffix == PARTIAL:  # of a study that is only being made
        place, going_on = database.parent, "`hpo run` of its file makes the study"
    return StorageError(
        f"{place}: a study is written to its database as it goes on. "
        f"Received: {happened.format(busy=BUSY_SECONDS, reason=reason)}. {remedy}; then {going_on}."
    )


def _sqlite_error(error: BaseException | None) -> sqlite3.Error | None:
    while error is not None and not isinstance(error, sqlite3.Error):
        error = getattr(error, "orig", None) or error.__cause__
    return error


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or "SQLITE_UNKNOWN"  # one of the driver's own has none


def _is_lock(error: BaseException | None) -> bool:
    found = _sqlite_error(error)
    return found is not None and _name(found).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
