"""Working on a study: what its end leaves, and what becomes of trials where its database fails."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial

import pytest

from hpo.errors import StorageError, StudyConflictError
from hpo.processes.environment import engine_environment
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyRecord, create_study
from hpo.studies.files.folder import StudyFolder
from hpo.studies.files.place import PLACES
from hpo.training import EpochReport


def files(study):
    return sorted(path.name for path in study.files.path.iterdir() if path.name.startswith("study."))


def complete_trials(database):
    """How many there are in this file alone, and how it keeps its journal."""
    with sqlite3.connect(database) as connection:
        (count,) = connection.execute("SELECT count(*) FROM trials WHERE state = 'COMPLETE'").fetchone()
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()
    return count, mode


@pytest.fixture
def active(make_study, add_trials):
    """A study that is being worked on, whose two trials lie in its log."""
    study = make_study()
    add_trials(study, 0.5, 0.75)
    assert "study.db-wal" in files(study)
    return study


@pytest.mark.parametrize("ending", [None, KeyboardInterrupt])
def test_the_end_of_work_leaves_one_file_that_holds_all(active, ending, tmp_path):
    if ending is None:
        with active:
            pass
    else:
        with pytest.raises(ending), active:
            raise ending
    assert files(active) == ["study.db"]
    shutil.copy(active.address.database, tmp_path / "copy.db")
    assert complete_trials(tmp_path / "copy.db") == (2, "delete")


def test_work_that_was_done_in_other_threads_is_in_the_file_too(active, add_trials):
    thread = threading.Thread(target=add_trials, args=(active, 0.9))
    thread.start()
    thread.join()
    active.close()
    assert files(active) == ["study.db"]
    assert complete_trials(active.address.database)[0] == 3


def test_a_connection_in_use_does_not_keep_the_trials_out_of_the_file(active, tmp_path):
    with active.storage.engine.connect():
        active.close()
        shutil.copy(active.address.database, tmp_path / "copy.db")
        assert complete_trials(tmp_path / "copy.db")[0] == 2


def test_the_process_that_ends_last_leaves_one_file(active, add_trials):
    other = ActiveStudy(active.address)
    add_trials(other, 0.9)
    active.close()
    add_trials(other, 0.95)
    other.close()
    assert files(active) == ["study.db"]
    assert complete_trials(active.address.database)[0] == 4


@pytest.mark.thorough
def test_what_a_killed_process_left_is_folded_in_by_the_next_that_works(make_study, add_trials, studies):
    code = (
        "import os, sys; from pathlib import Path; from hpo.studies import ActiveStudy, StudyAddress\n"
        "study = ActiveStudy(StudyAddress.in_folder(Path(sys.argv[1]))); study.set_budget({'trials': 7}); os._exit(9)\n"
    )
    study = make_study()
    study.close()
    subprocess.run([sys.executable, "-c", code, str(study.files.path)], env=engine_environment(1), check=False)
    assert "study.db-wal" in files(study)
    assert StudyRecord(study.address).budget.trials == 7
    with ActiveStudy(study.address) as again:
        assert again.budget.trials == 7
    assert files(study) == ["study.db"]
    assert StudyRecord(study.address).budget.trials == 7


def test_a_read_only_open_of_a_finished_study_leaves_nothing_beside_it(active):
    active.close()
    connection = sqlite3.connect(f"{active.address.database.as_uri()}?mode=ro", uri=True)
    assert connection.execute("SELECT count(*) FROM trials").fetchone() == (2,)
    connection.close()
    assert files(active) == ["study.db"]


def test_a_study_that_cannot_be_had_is_closed(active, spec, studies):
    active.close()
    with pytest.raises(StudyConflictError):
        create_study(spec("model.filters=8"), studies)
    assert files(active) == ["study.db"]


@pytest.mark.thorough
def test_several_processes_may_keep_the_same_of_a_study_at_once(active):
    code = (
        "import sys; from pathlib import Path; from hpo.studies import ActiveStudy, StudyAddress\n"
        "with ActiveStudy(StudyAddress.in_folder(Path(sys.argv[1]))) as study:\n"
        "    print('open', flush=True); sys.stdin.readline()\n"
        "    for number in range(200): study.confirm_fingerprint(f'data {number}', 'content')\n"
    )
    command = [sys.executable, "-c", code, str(active.files.path)]
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, env=engine_environment(1), **options) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "open\n"
    told = [process.communicate("go\n")[1] for process in processes]
    assert told == [""] * 3


def test_a_study_that_takes_the_place_of_an_open_one_stays_as_it_is_and_the_moved_one_whole(active, spec, studies):
    other = create_study(spec("study=other", "model.filters=8"), studies)
    other.close()
    content = other.address.database.read_bytes()
    active.raise_budget({"trials": 9})  # which is in the log yet
    moved = active.address.database.rename(active.files.path / "moved.db")
    other.address.database.rename(active.address.database)
    with pytest.raises(StorageError, match="moved, deleted or replaced"), active:
        active.raise_budget({"trials": 12})
    assert active.address.database.read_bytes() == content
    assert StudyRecord(active.address).trials() == []
    moved.rename(active.address.database)
    assert StudyRecord(active.address).budget.trials == 9


@pytest.fixture
def _impatient(monkeypatch):
    """Databases are not waited for long."""
    monkeypatch.setitem(PLACES, "sqlite", partial(StudyFolder, busy_wait=0.2))


def lock(study):
    other = sqlite3.connect(study.address.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return other


def full(study):
    study.storage.engine.dispose()  # the limit is one of a connection
    with study.storage.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


@contextmanager
def largest_file(size):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def fill(trial):
    for epoch in range(1, 2000):
        trial.report(EpochReport(epoch, 2000, 0.5, 10.0))


def assert_told(error, study, event):
    text = str(error.value)
    assert event in text
    assert str(study.address.database) in text
    assert f"`hpo resume {study.address.argument}` goes on" in text
    assert "\n" not in text
    assert "max length" not in text


def test_a_full_disk_is_one_line_and_the_trial_is_given_back(active):
    trial = OptunaSearch(active, "host:1").ask()
    full(active)
    with pytest.raises(StorageError) as caught, active:
        fill(trial)
    assert_told(caught, active, "no room left on the disk")
    with ActiveStudy(active.address) as again:
        assert [ended.number for ended in again.end_attempts_of("host:1", "worker_died: signal 9")] == [trial.number]
        assert again.counts() | {"complete": 2, "waiting": 1, "failed": 0} == again.counts()


def test_a_write_that_the_disk_refuses_is_one_line(active):
    trial = OptunaSearch(active, "host:1").ask()
    size = active.files.path.joinpath("study.db-wal").stat().st_size
    with pytest.raises(StorageError) as caught, active, largest_file(size + 8192):
        fill(trial)
    assert_told(caught, active, "disk I/O error")
    assert StudyRecord(active.address).counts()["complete"] == 2


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("act", ["ask", "report", "tell", "save", "budget"])
def test_a_database_that_stays_locked_is_one_line_and_the_study_goes_on_afterwards(active, act, add_trials):
    active.close()
    active = ActiveStudy(active.address)
    search = OptunaSearch(active, "host:1")
    trial = search.ask()
    other = lock(active)
    with pytest.raises(StorageError) as caught, active, active.session() as session:
        {
            "ask": search.ask,
            "report": lambda: trial.report(EpochReport(1, 2, 0.5, 10.0)),
            "tell": lambda: add_trials(active, 0.9),
            "save": session.save,
            "budget": lambda: active.set_budget({"trials": 9}),
        }[act]()
    assert_told(caught, active, "another process has locked it for 0.2 s")
    other.execute("ROLLBACK")
    other.close()
    with ActiveStudy(active.address) as again:
        assert [ended.number for ended in again.end_attempts_of("host:1", "worker_died: signal 9")] == [trial.number]
        add_trials(again, 0.9)
    assert complete_trials(active.address.database)[0] == 3


@pytest.mark.usefixtures("_impatient")
def test_opening_a_locked_database_is_one_line(active):
    other = lock(active)
    active.close()
    with pytest.raises(StorageError) as caught, ActiveStudy(active.address) as again:
        again.set_budget({"trials": 9})
    assert_told(caught, active, "another process has locked it")
    other.close()


def overwritten(database):
    with database.open("r+b") as file:
        file.write(b"written over " * (database.stat().st_size // 13))


def replaced(database):
    database.with_suffix(".new").write_bytes(b"")
    database.with_suffix(".new").replace(database)


def deleted(database):
    database.unlink()


def moved(database):
    database.parent.rename(database.parent.with_name("moved"))


def emptied(database):
    connection = sqlite3.connect(database)
    with connection:
        connection.executescript("DELETE FROM trials; DELETE FROM studies;")
    connection.close()


@pytest.mark.parametrize(
    ("fault", "is_fresh", "event"),
    [
        (overwritten, True, "the file is damaged"),
        (emptied, False, "does not hold the study any more"),
        (replaced, False, "moved, deleted or replaced"),
        (deleted, False, "moved, deleted or replaced"),
        (deleted, True, "moved, deleted or replaced"),
        (moved, False, "moved, deleted or replaced"),
    ],
)
def test_a_database_that_is_taken_away_at_work_is_one_line(active, fault, is_fresh, event):
    active.close()
    active = ActiveStudy(active.address)
    trial = OptunaSearch(active, "host:1").ask()
    if is_fresh:  # nothing of the file is in this process any more
        active.storage.engine.dispose()
    fault(active.address.database)
    with pytest.raises(StorageError) as caught, active:
        fill(trial)
    assert_told(caught, active, event)
    if fault is deleted:
        assert not active.address.database.exists()


def test_a_log_without_its_database_is_not_taken_for_that_of_the_next_one(active, make_study, tmp_path):
    for name in ("study.db-wal", "study.db-shm"):
        shutil.copy(active.files.path / name, tmp_path)
    active.close()
    active.address.database.unlink()
    for name in ("study.db-wal", "study.db-shm"):
        shutil.copy(tmp_path / name, active.files.path)
    with make_study() as again:
        assert again.trials() == []
    assert StudyRecord(again.address).trials() == []
    assert files(again) == ["study.db"]


def test_a_session_writes_to_the_storage_that_is_open_when_it_ends(make_study):
    with make_study() as study:
        before = study.storage
        with study.session(iter([0.0, 1.0, 3.0]).__next__):
            study.reload()
        assert before.engine.pool.checkedin() == 0
        assert StudyRecord(study.address).budget.worked_s == 3.0
