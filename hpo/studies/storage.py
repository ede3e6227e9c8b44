"""Optuna's storage, as studies use it: SQLite in write-ahead mode."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hpo.errors import UserError

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

_BUSY_SECONDS = 60


def open_storage(database: Path) -> RDBStorage:
    """Open the SQLite file of a study.

    Raises:
        UserError: the file is no database of a study.
    """
    import optuna
    import sqlalchemy

    optuna.logging.set_verbosity(logging.WARNING)
    try:
        return optuna.storages.RDBStorage(
            f"sqlite:///{database}", engine_kwargs={"connect_args": {"timeout": _BUSY_SECONDS}}
        )
    except (sqlalchemy.exc.SQLAlchemyError, RuntimeError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise UserError(
            f"{database}: a study's database is an SQLite file that Optuna wrote. Received: {reason}."
        ) from error


@contextmanager
def new_storage(database: Path) -> Iterator[RDBStorage]:
    """Make a database aside, for the caller to fill; it gets its name when the block ends without an error.

    Write-ahead logging, which SQLite remembers in the file, lets workers write while others read; Optuna opens
    SQLite without it.
    """
    import sqlalchemy

    partial = database.with_suffix(".partial")
    database.parent.mkdir(parents=True, exist_ok=True)
    partial.unlink(missing_ok=True)
    storage = open_storage(partial)
    try:
        with storage.engine.connect() as connection:
            connection.execute(sqlalchemy.text("PRAGMA journal_mode=WAL"))
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()
    partial.rename(database)


def silence_experimental_warnings() -> None:
    """Optuna marks as experimental what conditional spaces need (`group=True`) and names of metrics."""
    import optuna

    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
