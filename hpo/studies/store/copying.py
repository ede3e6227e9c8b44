"""A study's database as an SQLite file of its own, wherever it is kept, in which nobody works on anything."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from hpo.studies.address import StudyAddress
from hpo.studies.store.ledger import SPEC
from hpo.studies.store.sqlite.reading import open_copy
from hpo.studies.store.stored import renumber_notes

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from hpo.studies.store.storage import StudyStorage


def copy_file(database: Path, target: Path) -> None:
    """Copy an SQLite database as it is at one moment, also while it is written to.

    Raises:
        StorageError: it is written to without a pause.
        OSError: one of them cannot be read or written.
    """
    with open_copy(database) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def copy_to_file(storage: StudyStorage, target: Path) -> None:
    """Copy the study of a storage, as on a database server, to a new SQLite file; raises as `copy_study` does."""
    from hpo.studies.store.sqlite.storage import create_storage

    name = storage.study.study_name
    with create_storage(StudyAddress(f"sqlite:///{target}", str(target.parent), name), 1.0) as copy:
        assert copy is not None  # noqa: S101 - the file is new
        copy_study(storage, copy, name)


def copy_study(source: StudyStorage, target: StudyStorage, name: str) -> None:
    """Copy the trials and the attributes of a study, without leases.

    Args:
        source: has the study.
        target: takes it as a new one.
        name: what it is called in Optuna from now on.

    Raises:
        StorageError: one of the databases cannot be read or written to.
    """
    import optuna

    study = source.study
    copy = optuna.create_study(study_name=name, storage=target, directions=study.directions)
    attributes, trials = study.user_attrs, study.get_trials(deepcopy=False)
    for key in sorted(attributes, key=lambda key: key == SPEC):  # which comes last: without it there is no study yet
        if key == SPEC:
            copy.add_trials(trials)
            ids = dict(zip(map(_id_of, trials), map(_id_of, copy.get_trials(deepcopy=False)), strict=True))
            system_attrs = study._storage.get_study_system_attrs(study._study_id)
            for system_key, value in renumber_notes(system_attrs, ids).items():
                target.set_study_system_attr(copy._study_id, system_key, value)
        copy.set_user_attr(key, attributes[key])


def _id_of(trial: FrozenTrial) -> int:
    return int(trial._trial_id)


def release_trials(database: Path) -> int:
    """Have the running trials of a copy wait, since no worker of it runs anywhere; how many there were."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        with connection:
            count = connection.execute("UPDATE trials SET state = 'WAITING' WHERE state = 'RUNNING'").rowcount
            connection.execute("DROP TABLE IF EXISTS hpo_leases")
    return count
