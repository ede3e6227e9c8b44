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

from hpo.errors import HpoError, StorageError, UnreachableStorageError
from hpo.files import PARTIAL
from hpo.studies.address import StudyAddress, nearby
from hpo.studies.store.sqlite.reading import file_identity

_DAMAGED = ("the file is damaged, or something else was written over it", "Put back a copy of it")
_LOCKED = ("another process has locked it for {busy:g} s", "Wait for that process, or end it")
_EVENTS = {  # by how the name of SQLite's error begins; the first that fits
    "SQLITE_FULL": ("there is no room left on the disk", "Make room"),
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_PROTOCOL": _LOCKED,
    "SQLITE_READONLY_DBMOVED": ("the file was moved, deleted or replaced", "Put it back"),
    "SQLITE_READONLY": ("writing to it, or to its folder, is not allowed", "Allow writing"),
    "SQLITE_CANTOPEN": ("it cannot be opened", "Put it back, or allow reading and writing"),
    "SQLITE_IOERR": ("the disk failed to read or to write ({reason})", "Make room, or mend the disk"),
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_ERROR": ("it does not hold the study any more ({reason})", "Put back a copy of it"),
    "": ("{reason}", "Mend that"),
}
_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")
"""What passes when other processes have ended their transactions."""
_NO_STUDY = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")
"""What a file leads to that is no database, or not one of Optuna's."""


def is_no_study(error: BaseException) -> bool:
    """Whether an error says what is in the file, and not that it cannot be read or written to."""
    cause = _sqlite_error(error)
    return cause is None or _name(cause).startswith(_NO_STUDY)


class StorageErrors:
    """The errors of one SQLite file that a study is written to.

    SQLite goes on with a file that was deleted or replaced, and what is written there is lost: that is an error too.
    """

    def __init__(self, address: StudyAddress, file: Path, busy_wait: float) -> None:
        """Remember which file it is now.

        Args:
            address: of the study.
            file: its database, or the one that becomes it.
            busy_wait: seconds for which another process may lock it before that is an error.
        """
        self._address = address
        self._busy_wait = busy_wait
        self._file = file
        self._identity = file_identity(file)

    @property
    def is_replaced(self) -> bool:
        """Whether there is another file in its place, or none."""
        return file_identity(self._file) != self._identity

    def translate(self, error: BaseException | None) -> StorageError | None:
        """Give our error for what the storage has raised; None where it is ours already, or of something else."""
        if error is None or isinstance(error, HpoError):
            return None
        if (cause := _sqlite_error(error)) is not None:
            return self._error(_name(cause), str(cause))
        if isinstance(error, KeyError) and "Record does not exist" in str(error):
            return self._error("SQLITE_ERROR", "the record is gone")
        if isinstance(error, sqlalchemy.exc.SQLAlchemyError | optuna.exceptions.StorageInternalError):
            return self._error("", str(error.__cause__ or error).splitlines()[0])
        return None

    def listen(self, engine: sqlalchemy.Engine) -> None:
        """Have all that goes through an engine raise `StorageError`, also where the file is not the same any more."""
        event.listen(engine, "handle_error", self._raise_translated)
        event.listen(engine, "do_connect", self._check_file)  # which would make a file where there is none
        event.listen(engine, "checkout", self._check_file)

    def _raise_translated(self, context: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        original = context.original_exception
        if isinstance(original, sqlite3.IntegrityError):
            return  # two processes that make the same row at once: Optuna 5.0 goes on with the first one's
        if (error := self.translate(original)) is not None:
            raise error from original

    def _check_file(self, *_: object) -> None:
        if self.is_replaced:
            raise self._error("SQLITE_READONLY_DBMOVED", "")

    def _error(self, name: str, reason: str) -> StorageError:
        event_text, remedy = next(texts for beginning, texts in _EVENTS.items() if name.startswith(beginning))
        event_text = event_text.format(busy=self._busy_wait, reason=reason)
        resume = f"`hpo resume {self._address.argument}` goes on, and runs again the trials that this has interrupted"
        place, next_step = self._file, resume
        if self._file.suffix == PARTIAL:  # of a study that is only being made
            place, next_step = self._file.parent, "`hpo run` of its file makes the study"
        text = (
            f"{nearby(place)}: a study is written to its database as it goes on. "
            f"Received: {event_text}. {remedy}; then {next_step}."
        )
        if name.startswith(_PASSING):
            return UnreachableStorageError(text, event="another process has locked it")
        return StorageError(text)


def _sqlite_error(error: BaseException | None) -> sqlite3.Error | None:
    while error is not None and not isinstance(error, sqlite3.Error):
        error = getattr(error, "orig", None) or error.__cause__
    return error


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or "SQLITE_UNKNOWN"  # one of the driver's own has none
