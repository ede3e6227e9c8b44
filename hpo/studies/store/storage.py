"""Optuna's storage, as a study is worked on with it: SQLite in write-ahead mode.

Importing this module imports Optuna and SQLAlchemy, which looking at a study does not need.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._rdb.models import TrialModel
from optuna.trial import TrialState
from sqlalchemy.orm import Session

from hpo.errors import StorageError, UserError
from hpo.files import fresh_file
from hpo.studies.files.folder import file_identity
from hpo.studies.store import storage_errors
from hpo.studies.store.ledger import StudyLedger
from hpo.studies.store.reading import REVISION
from hpo.studies.store.storage_errors import is_no_study, storage_error, translate_errors

_FOREIGN = (optuna.exceptions.OptunaError, sqlalchemy.exc.SQLAlchemyError, RuntimeError, ValueError)
"""What Optuna raises for a database that holds something else than a study of its version."""


class StudyStorage(RDBStorage):
    """A relational storage in which the step from WAITING to RUNNING is taken once, whoever asks at the same moment.

    Optuna 5.0 reads the state and writes it afterwards. It relies on `SELECT ... FOR UPDATE`, which SQLite ignores, so
    that each of several processes that ask at once gets the same trial.
    """

    held: tuple[sqlite3.Connection, object] | None = None
    """A connection to the file as it was opened, and its identity, whatever lies there when the storage is closed."""

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Set state and values; False where the trial was to run, and does not wait any more."""
        if state != TrialState.RUNNING:
            return super().set_trial_state_values(trial_id, state, values)
        waiting = sqlalchemy.update(TrialModel).where(
            TrialModel.trial_id == trial_id, TrialModel.state == TrialState.WAITING
        )
        with Session(self.engine) as session, session.begin():
            # The transaction begins with the write, so it has SQLite's lock for writing before it reads the state, as
            # after BEGIN IMMEDIATE; on other databases, one statement is as good.
            if not session.execute(waiting.values(state=state).returning(TrialModel.trial_id)).all():
                return False
            session.get_one(TrialModel, trial_id).datetime_start = datetime.now()
        return True


def load_optuna_study(database: Path) -> optuna.Study:
    """Open the SQLite file of a study to work on it; it is called in Optuna as its folder was when it began.

    Raises:
        UserError: the file is no database of Optuna's, or of another version's, or does not hold one study.
        StorageError: it cannot be read or written to.
    """
    try:
        storage = _open_storage(database)
        names = optuna.get_all_study_names(storage)
        if len(names) != 1:
            _dispose(storage)
            raise ValueError(f"{len(names)} studies")
        # Workers write while others read, which Optuna has no setting for.
        _execute(storage, "PRAGMA journal_mode=WAL")
        storage.held = _plain_connection(database), file_identity(database)
        storage.held[0].execute("SELECT * FROM studies").fetchall()  # SQLite opens files when they are read
        return optuna.load_study(study_name=names[0], storage=storage)
    except _FOREIGN as error:
        cause = error.__cause__ or error
        reason = str(getattr(cause, "orig", cause)).splitlines()[0]
        raise UserError(
            f"{database}: a study's database is an SQLite file in which Optuna keeps one study. Received: {reason}."
        ) from error


@contextmanager
def unmade_storage(database: Path) -> Iterator[RDBStorage | None]:
    """The storage of a study whose making was interrupted inside its database, emptied for the caller to fill.

    Args:
        database: where it lies.

    Yields:
        None where a study was made, by hpo or by another program, or where the file is no database of Optuna's.
    """
    try:
        storage = _open_storage(database)
    except (StorageError, *_FOREIGN):
        yield None  # whoever opens it says what it is
        return
    try:
        names = optuna.get_all_study_names(storage)
        studies = [optuna.load_study(study_name=name, storage=storage) for name in names]
        ledgers = [(StudyLedger(study.user_attrs), study) for study in studies]
        is_made = any(
            ledger.spec or (not ledger.budget and study.get_trials(deepcopy=False)) for ledger, study in ledgers
        )
        if not is_made:
            for name in names:
                optuna.delete_study(study_name=name, storage=storage)
        yield None if is_made else storage
    finally:
        _dispose(storage)


def engine_of(study: optuna.Study) -> sqlalchemy.Engine:
    """The database of a study that `load_optuna_study` opened, for what Optuna has no call for."""
    storage: Any = study._storage
    engine: sqlalchemy.Engine = _backend(storage).engine
    return engine


def close_storage(storage: BaseStorage, database: Path) -> None:
    """Close a study's storage; the last process that does leaves its database as one file, with no log beside it.

    A log that another process still writes to, or that a full disk has no room to fold in, stays: it loses nothing,
    and whoever works on the study next folds it in. Where another file has taken the database's place, the log is
    folded into the one that it belongs to, wherever that is now: SQLite would take it for the log of the other.
    """
    backend = _backend(storage)
    _dispose(backend)
    if backend.held is not None:
        held, opened = backend.held
        is_replaced = file_identity(database) != opened
        with suppress(sqlite3.Error), closing(held):
            if is_replaced:
                held.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if is_replaced:
            return
    with suppress(sqlite3.Error), closing(_plain_connection(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        # Without write-ahead mode there is no log that a copy could lack, and none that a read-only open leaves behind.
        connection.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def new_storage(database: Path) -> Iterator[RDBStorage]:
    """Make a database aside, for the caller to fill; it gets its name when the block ends without an error."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with fresh_file(database) as partial:
        storage = _open_storage(partial, is_new=True)
        try:
            _execute(storage, "PRAGMA synchronous=OFF")  # nothing is lost with a file that has no name yet
            yield storage
        finally:
            _dispose(storage)
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


def _open_storage(database: Path, *, is_new: bool = False) -> StudyStorage:
    optuna.logging.set_verbosity(logging.ERROR)
    # Optuna marks as experimental what conditional spaces need (`group=True`) and names of metrics.
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    url = sqlalchemy.URL.create("sqlite", database=str(database)).render_as_string(hide_password=False)
    try:
        if is_new:
            with closing(_plain_connection(database)) as connection:
                connection.executescript(_empty_database())
        storage = StudyStorage(
            url.replace("{", "{{").replace("}", "}}"),  # Optuna fills its own version into a URL's braces
            engine_kwargs={"connect_args": {"timeout": storage_errors.BUSY_SECONDS}},
            skip_compatibility_check=True,  # which reads all migrations
            skip_table_creation=True,
        )
        if (revision := storage.get_current_version()) != REVISION:
            raise ValueError(f"tables of revision {revision}, and not {REVISION}")
    except Exception as error:
        if is_no_study(error) or (translated := storage_error(database, error)) is None:
            raise
        raise translated from error
    translate_errors(storage.engine, database)
    return storage


def _execute(storage: RDBStorage, statement: str) -> None:
    with storage.engine.connect() as connection:
        connection.execute(sqlalchemy.text(statement))


def _plain_connection(database: Path) -> sqlite3.Connection:
    """A connection to a file that is there; none is made."""
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=1, check_same_thread=False)


def _backend(storage: Any) -> Any:  # noqa: ANN401 - an RDBStorage, or Optuna's cache around one
    return getattr(storage, "_backend", storage)


def _dispose(storage: RDBStorage) -> None:
    storage.remove_session()
    storage.engine.dispose()
