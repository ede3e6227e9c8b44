"""The database of a study: what it is, what is refused, and that no half one is left."""

from __future__ import annotations

import copy
import math
import sqlite3
import subprocess
import sys
from pprint import pformat

import optuna
import pytest
from optuna.trial import TrialState

from hpo.errors import StudyConflictError, UserError
from hpo.processes.environment import engine_environment
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, study_names
from hpo.studies.store.tables import REVISION
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused, Pruned


def test_the_database_is_in_write_ahead_mode(make_study):
    study = make_study()
    with sqlite3.connect(study.address.database) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_file_that_is_no_database_is_refused(studies):
    address = StudyAddress.in_folder(studies / "small")
    address.database.parent.mkdir(parents=True)
    address.database.write_text("not a database " * 100)
    with pytest.raises(UserError, match=r"an SQLite file .*\. Received: file is not a database"):
        StudyRecord(address)


def test_half_a_database_is_refused_in_the_words_of_the_database(make_study, studies):
    study = make_study()
    with study.address.database.open("r+b") as file:
        file.truncate(study.address.database.stat().st_size // 2)
    with pytest.raises(UserError, match=r"an SQLite file .*\. Received: database disk image is malformed\.$"):
        ActiveStudy(study.address)


def test_a_study_of_another_program_is_refused(studies):
    address = StudyAddress.in_folder(studies / "small")
    address.database.parent.mkdir(parents=True)
    storage = optuna.storages.RDBStorage(f"sqlite:///{address.database}")
    optuna.create_study(study_name="small", storage=storage)
    storage.remove_session()
    storage.engine.dispose()
    with pytest.raises(StudyConflictError, match="made by another program"):
        StudyRecord(address)


def test_a_study_may_be_moved_and_renamed(make_study, studies):
    make_study()
    (studies / "small").rename(studies / "renamed")
    moved = StudyRecord(StudyAddress.in_folder(studies / "renamed"))
    assert moved.name == moved.summary()["study"] == "renamed"
    assert moved.trials() == []


def test_a_database_of_several_studies_is_refused(make_study, studies):
    study = make_study()
    optuna.create_study(study_name="other", storage=f"sqlite:///{study.address.database}")
    with pytest.raises(UserError, match="keeps one study"):
        StudyRecord(study.address)


def test_a_database_of_another_program_is_refused_and_left_as_it_was(studies):
    address = StudyAddress.in_folder(studies / "small")
    address.database.parent.mkdir(parents=True)
    with sqlite3.connect(address.database) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    before = address.database.read_bytes()
    with pytest.raises(UserError, match="no such table"):
        StudyRecord(address)
    assert address.database.read_bytes() == before


def test_an_interrupted_creation_leaves_no_half_study(make_study, studies, monkeypatch):
    from hpo.studies.record import creation

    with monkeypatch.context() as patched:
        patched.setattr(creation.StudySpec, "to_json", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            make_study()
    assert study_names(studies) == []
    assert make_study().trials() == []
    assert not list((studies / "small").glob("*partial*"))


def _interrupt(spec):
    raise KeyboardInterrupt


@pytest.mark.thorough
def test_a_disk_without_room_for_a_new_study_is_told_and_keeps_nothing_of_it(studies):
    code = (
        "import resource, sys; from pathlib import Path; from hpo.studies import StudyAddress, open_place\n"
        "from hpo.errors import StorageError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n"
        "try:\n"
        "    with open_place(StudyAddress.in_folder(Path(sys.argv[1]))).create_storage(): pass\n"
        "except StorageError as error: print(error)\n"
    )
    folder = studies / "small"
    told = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env=engine_environment(1),
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout.startswith(f"{folder}: a study is written to its database as it goes on. Received: ")
    assert told.stdout.endswith("then `hpo run` of its file makes the study.\n")
    assert list(folder.iterdir()) == []


@pytest.mark.thorough
def test_a_killed_creation_leaves_no_half_study(make_study, studies):
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from hpo.studies import StudyAddress, open_place; import optuna\n"
        "with open_place(StudyAddress.in_folder(Path(sys.argv[1]))).create_storage() as storage:\n"
        "    optuna.create_study(study_name='small', storage=storage)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    database = studies / "small" / "study.db"
    killed = subprocess.run([sys.executable, "-c", code, str(database.parent)], env=engine_environment(1), check=False)
    assert killed.returncode == -9
    assert not database.exists()
    study = make_study()  # over what the killed process left
    assert study.trials() == []
    assert not list(database.parent.glob("*partial*"))


def test_the_tables_are_of_the_revision_that_the_installed_optuna_makes(make_study):
    storage = optuna.storages.RDBStorage("sqlite://")  # refused by itself, if it had another
    assert storage.get_head_version() == storage.get_current_version() == REVISION
    schema = "SELECT name, sql FROM sqlite_master WHERE tbl_name != 'hpo_leases' ORDER BY name"
    with storage.engine.connect() as connection:
        expected = connection.exec_driver_sql(schema).fetchall()
    with sqlite3.connect(make_study().address.database) as connection:
        assert connection.execute(schema).fetchall() == expected
    connection.close()


def test_trials_are_read_as_optuna_reads_them(make_study):
    study = make_study("model.dropout={float: [0.0, 0.5]}", "model.batch_normalization={choice: [true, false]}")
    search = OptunaSearch(study, "host:1")
    complete, pruned, failed, waiting, running = (search.ask() for _ in range(5))
    for trial in (complete, pruned, failed, waiting):
        trial.report(EpochReport(1, 2, 0.25, 10.0, {"val_accuracy": 0.25, "loss": 1.5}))
    learned = Learned(0.5, 1, 0.5, {"parameters": 100}, 10.0, {"val_accuracy": [0.5]})
    complete.tell(Completed(learned, (0.5,), save_model=lambda path: None))
    pruned.tell(Pruned(learned))
    failed.tell(Failed(Cause("nan_loss", "in epoch 1")))
    waiting.tell(Paused())
    storage, number = study.optuna_storage, running.number
    for step, value in enumerate((math.inf, -math.inf, math.nan, 0.125)):
        storage.set_trial_intermediate_value(study.frozen_trials()[number]._trial_id, step, value)
    storage.set_trial_state_values(study.frozen_trials()[number]._trial_id, TrialState.COMPLETE, [math.inf])

    by_optuna = optuna.storages.RDBStorage(f"sqlite:///{study.address.database}", skip_table_creation=True)
    expected = by_optuna.get_all_trials(study.optuna_study._study_id)
    by_optuna.remove_session()
    by_optuna.engine.dispose()
    fresh = ActiveStudy(study.address)
    # As text, with keys in order: a number that is none equals nothing, and attributes have no order.
    trials = copy.deepcopy(fresh.frozen_trials())  # which parses what is parsed when it is asked for
    assert [pformat(vars(trial)) for trial in trials] == [pformat(vars(trial)) for trial in expected]
    for trial in expected:
        assert pformat(vars(fresh.storage.get_trial(trial._trial_id))) == pformat(vars(trial))
    with pytest.raises(KeyError):
        fresh.optuna_storage.get_trial(99)
