"""A study's database as an SQLite file of its own, wherever it is kept, in which nobody works on anything."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from hpo.studies.address import StudyAddress
from hpo.studies.store.sqlite.reading import open_copy

if TYPE_CHECKING:
    from hpo.studies.store.storage import StudyStorage


def copy_file(database: Path, target: Path) -> None:
    """Copy an SQLite database as it is at one moment, also while it is written to.

    Raises:
        StorageError: it is written to without a pause.
        OSError: one of them cannot be read or written.
    """
    with open_copy(database) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def copy_study(storage: StudyStorage, target: Path) -> None:
    """Copy the study of a storage, on a database server, to an SQLite file: its trials and attributes.

    Raises:
        StorageError: the server does not give it.
    """
    import optuna

    from hpo.studies.store.sqlite.storage import create_storage

    name = storage.study.study_name
    with create_storage(StudyAddress(f"sqlite:///{target}", str(target.parent), name), 1.0) as copy:
        assert copy is not None  # noqa: S101 - the file is new
        optuna.copy_study(from_study_name=name, from_storage=storage, to_storage=copy)


def release_trials(database: Path) -> int:
    """Have the running trials of a copy wait, since no worker of it runs anywhere; how many there were."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        with connection:
            count = connection.execute("UPDATE trials SET state = 'WAITING' WHERE state = 'RUNNING'").rowcount
            connection.execute("DROP TABLE IF EXISTS hpo_leases")
    return count
