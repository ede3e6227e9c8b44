"""Optuna's storage, as studies use it: SQLite in write-ahead mode."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo.errors import UserError

if TYPE_CHECKING:
    import optuna
    import sqlalchemy
    from optuna.storages import RDBStorage

_BUSY_SECONDS = 60


def load_optuna_study(database: Path) -> optuna.Study:
    """Open the SQLite file of a study; it is called in Optuna as its folder was when it began.

    Raises:
        UserError: the file is no database of Optuna's, or of another version's, or does not hold one study.
    """
    import optuna
    import sqlalchemy

    try:
        storage = _open_storage(database, is_new=False)
        (name,) = optuna.get_all_study_names(storage)
        return optuna.load_study(study_name=name, storage=storage)
    except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError, ValueError) as error:
        cause = error.__cause__ or error
        reason = str(getattr(cause, "orig", cause)).splitlines()[0]
        raise UserError(
            f"{database}: a study's database is an SQLite file in which Optuna keeps one study. Received: {reason}."
        ) from error


@contextmanager
def unmade_storage(database: Path, begun: str, made: str) -> Iterator[RDBStorage | None]:
    """The storage of a study whose making was interrupted inside its database, emptied for the caller to fill.

    Args:
        database: where it lies.
        begun: the attribute that a study gets first.
        made: the attribute that it gets last, before any trial is run.

    Yields:
        None where a study was made, by hpo or by another program, or where the file is no database of Optuna's.
    """
    import optuna
    import sqlalchemy

    try:
        storage = _open_storage(database, is_new=False)
        names = optuna.get_all_study_names(storage)
        studies = [optuna.load_study(study_name=name, storage=storage) for name in names]
        is_made = any(
            made in study.user_attrs or (begun not in study.user_attrs and study.get_trials(deepcopy=False))
            for study in studies
        )
    except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError, ValueError):
        is_made = True  # by whatever program
    if is_made:
        yield None
        return
    for name in names:
        optuna.delete_study(study_name=name, storage=storage)
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def engine_of(study: optuna.Study) -> sqlalchemy.Engine:
    """The database of a study that `load_optuna_study` opened, for what Optuna has no call for."""
    storage: Any = study._storage
    engine: sqlalchemy.Engine = storage._backend.engine
    return engine


def _open_storage(database: Path, *, is_new: bool) -> RDBStorage:
    import optuna
    import sqlalchemy

    from hpo.studies.claims import ClaimingStorage

    optuna.logging.set_verbosity(logging.WARNING)
    url = sqlalchemy.URL.create("sqlite", database=str(database)).render_as_string(hide_password=False)
    return ClaimingStorage(
        url.replace("{", "{{").replace("}", "}}"),  # Optuna fills its own version into a URL's braces
        engine_kwargs={"connect_args": {"timeout": _BUSY_SECONDS}},
        skip_table_creation=not is_new,
    )


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
    storage = _open_storage(partial, is_new=True)
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
