"""A study in an SQLite file: written ahead into a log while it is worked on, and one file when it is not."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path

import optuna
import sqlalchemy
from optuna.storages import RDBStorage

from hpo.errors import StorageError
from hpo.files import fresh_file
from hpo.studies.address import StudyAddress
from hpo.studies.store.patience import Patience, have_patience
from hpo.studies.store.sqlite.errors import StorageErrors, is_no_study
from hpo.studies.store.sqlite.file_systems import network_file_system
from hpo.studies.store.sqlite.reading import is_there, refusal
from hpo.studies.store.storage import StudyStorage, quieten
from hpo.studies.store.tables import REVISION

_FOREIGN = (optuna.exceptions.OptunaError, sqlalchemy.exc.SQLAlchemyError, RuntimeError, ValueError)
"""What Optuna raises for a database that holds something else than a study of its version."""
_LONGEST_WAIT = 3.0
"""Seconds for which SQLite itself waits for a lock, in which nobody is told that it does."""


class SQLiteStorage(StudyStorage):
    """The storage of one study in an SQLite file."""

    _log_holder: sqlite3.Connection | None = None
    """A connection to the file as it was opened, whatever lies there when the storage is closed."""

    def __init__(self, address: StudyAddress, busy_wait: float, new_file: Path | None = None) -> None:
        """Open the database of a study.

        Args:
            address: of the study.
            busy_wait: seconds for which another process may lock it before that is an error.
            new_file: where a database is to be made, which gets its name later.
        """
        quieten()
        self._file = new_file or address.database
        self.is_local = network_file_system(self._file) is None
        self.patience = Patience(busy_wait)
        self._errors = StorageErrors(address, self._file, busy_wait)
        # As a URL of SQLite: of a path, SQLAlchemy 2.0 leaves out what follows a question mark.
        url = sqlalchemy.URL.create("sqlite", database=self._file.absolute().as_uri(), query={"uri": "true"})
        if new_file is not None:
            with self._translating(), closing(self._connect()) as connection:
                connection.executescript(_empty_database())
        self.patience(lambda: self._open(url, busy_wait))
        self._errors.listen(self.engine)

    def _open(self, url: sqlalchemy.URL, busy_wait: float) -> None:
        with self._translating():
            super().__init__(
                url.render_as_string(hide_password=False),
                engine_kwargs={"connect_args": {"timeout": min(busy_wait, _LONGEST_WAIT)}},
                skip_compatibility_check=True,  # which reads all migrations
                skip_table_creation=True,
            )
            if (revision := self.get_current_version()) != REVISION:
                raise ValueError(f"tables of revision {revision}, and not {REVISION}")

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Translate what is raised before the engine does that, but for what says that the file is no study."""
        try:
            yield
        except Exception as error:
            if is_no_study(error) or (translated := self.translate(error)) is None:
                raise
            raise translated from error

    def translate(self, error: BaseException | None) -> StorageError | None:
        """See `StudyStorage`."""
        return self._errors.translate(error)

    @have_patience
    def execute(self, statement: str) -> None:
        """Execute what Optuna has no call for."""
        with self.engine.connect() as connection:
            connection.execute(sqlalchemy.text(statement))

    def begin_log(self) -> None:
        """Write ahead into a log from now on, so that workers write while others read; not on a network's file system.

        There, processes of different machines would have different memories of the log (SQLite 3.40), and damage the
        file; with a rollback journal they rely on nothing but locks.
        """
        if not self.is_local:
            self.execute("PRAGMA journal_mode=DELETE")
            return
        self.execute("PRAGMA journal_mode=WAL")
        self._log_holder = self._connect()
        self._log_holder.execute("SELECT * FROM studies").fetchall()  # SQLite opens files when they are read

    def version(self) -> int | None:
        """See `StudyStorage`; a connection that never writes hears of all commits, those of this process included."""
        if self._log_holder is None or self._errors.is_replaced:
            return None
        with suppress(sqlite3.Error):  # whoever reads says what is wrong
            return int(self._log_holder.execute("PRAGMA data_version").fetchone()[0])
        return None

    def close(self) -> None:
        """Close the storage; the last process that does leaves its database as one file, with no log beside it.

        A log that another process still writes to, or that a full disk has no room to fold in, stays: it loses nothing,
        and whoever works on the study next folds it in. Where another file has taken the database's place, the log is
        folded into the one that it belongs to, wherever that is now: SQLite would take it for the log of the other.
        """
        super().close()
        if self._log_holder is None:
            return
        is_replaced = self._errors.is_replaced
        with suppress(sqlite3.Error), closing(self._log_holder) as connection:
            if is_replaced:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if is_replaced:
            return
        with suppress(sqlite3.Error), closing(self._connect()) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            # Without write-ahead mode there is no log that a copy could lack, and none that a read-only open leaves.
            connection.execute("PRAGMA journal_mode=DELETE")

    def _connect(self) -> sqlite3.Connection:
        """Connect to a file that is there; none is made."""
        return sqlite3.connect(
            f"{self._file.absolute().as_uri()}?mode=rw", uri=True, timeout=1, check_same_thread=False
        )


def open_storage(address: StudyAddress, busy_wait: float) -> SQLiteStorage:
    """Open the database of a study to work on it.

    Raises:
        UserError: the file is no database of Optuna's, or of another version's, or does not hold one study.
        StorageError: it cannot be read or written to.
    """
    try:
        storage = SQLiteStorage(address, busy_wait)
        try:
            storage.study  # noqa: B018 - which there has to be, before anything is written
            storage.begin_log()
            storage.create_lease_table()
        except BaseException:
            storage.close()
            raise
        return storage
    except _FOREIGN as error:
        cause = error.__cause__ or error
        raise refusal(address.database, str(getattr(cause, "orig", cause)).splitlines()[0]) from error


@contextmanager
def create_storage(address: StudyAddress, busy_wait: float) -> Iterator[SQLiteStorage | None]:
    """Make the database of a study, for the caller to fill, or empty one in which the creation was interrupted.

    A new one is made aside: it gets its name when the block ends without an error.

    Yields:
        None where a study was made, by hpo or by another program, or where the file is no database of Optuna's.
    """
    database = address.database
    if is_there(database):
        try:
            storage = SQLiteStorage(address, busy_wait)
        except (StorageError, *_FOREIGN):
            yield None  # whoever opens it says what it is
            return
        with closing(storage):
            yield storage if storage.discard_unmade() else None
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    with fresh_file(database) as partial:
        with closing(SQLiteStorage(address, busy_wait, partial)) as storage:
            storage.execute("PRAGMA synchronous=OFF")  # nothing is lost with a file that has no name yet
            yield storage
        with partial.open("rb+") as file:
            os.fsync(file)
        for log in ("-wal", "-shm", "-journal"):  # of one that was deleted: SQLite would take it for this one's
            database.with_name(f"{database.name}{log}").unlink(missing_ok=True)


@cache
def _empty_database() -> str:
    """Give the SQL that makes the tables; Optuna itself reads all its migrations first, which takes 0.1 s a study."""
    storage = RDBStorage("sqlite://", skip_compatibility_check=True)
    with closing(storage.engine.raw_connection()) as connection:
        return "\n".join(connection.iterdump())
