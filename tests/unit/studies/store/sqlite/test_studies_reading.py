"""Looking at a study: everything is seen, wherever it lies, and nothing is written."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest
from optuna.distributions import json_to_distribution

from hpo.errors import StudyNotFoundError, UserError
from hpo.processes.environment import engine_environment
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, study_names
from hpo.studies.store.tables import REVISION

LOOK = """
import json, sys
from pathlib import Path
from hpo.studies import StudyAddress, StudyRecord
for folder in sys.argv[1:]:
    study = StudyRecord(StudyAddress.in_folder(Path(folder)))
    print(json.dumps([study.state, study.counts()["complete"], study.best.value]))
"""


def content(folder):
    """What lies in a folder, and when it was changed."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in files} | {
        "": sorted(path.name for path in folder.iterdir())
    }


@pytest.fixture
def active(make_study, add_trials):
    """A study with two trials that is being written to: its trials lie in the log."""
    study = make_study()
    add_trials(study, 0.5, 0.75)
    return study


@pytest.fixture
def killed(active, studies):
    """What a killed process leaves of it: database and log."""
    return _copied(active, studies / "killed")


@pytest.fixture
def archived(active, studies):
    """The study after its end: one file."""
    active.close()
    return _copied(active, studies / "archived")


def _copied(study, target):
    target.mkdir()
    for name in ("study.db", "study.db-wal"):
        if (study.files.path / name).exists():
            shutil.copy(study.files.path / name, target)
    return target


def test_looking_sees_what_a_process_has_just_written(active, add_trials):
    looked = StudyRecord(active.address)
    assert looked.best.value == 0.75
    add_trials(active, 0.875)
    assert looked.best.value == 0.875


def test_looking_and_working_see_the_same(active, add_trials):
    add_trials(active, "failed", "pruned", "waiting")
    looked = StudyRecord(active.address)
    assert looked.trials() == active.trials()
    assert looked.summary() == active.summary()
    assert [trial.constraints for trial in looked.frozen_trials()] == [{}] * 5
    frozen, stored = active.frozen_trials(), looked.frozen_trials()
    for name in ("number", "params", "user_attrs", "intermediate_values"):
        assert [getattr(trial, name) for trial in stored] == [getattr(trial, name) for trial in frozen]
    assert [trial.state.name for trial in stored] == [trial.state.name for trial in frozen]
    for trial, other in zip(stored, frozen, strict=True):
        assert {name: json_to_distribution(text) for name, text in trial.distributions.items()} == other.distributions


@pytest.mark.parametrize("opened", [StudyRecord, ActiveStudy])
def test_a_snapshot_stays_as_the_study_was_when_it_was_taken(active, add_trials, opened):
    looked = active if opened is ActiveStudy else StudyRecord(active.address)
    snapshot = looked.snapshot()
    summary = snapshot.summary()
    add_trials(active, 0.875)
    assert snapshot.summary() == snapshot.snapshot().summary() == summary
    assert summary["best"]["values"] == [0.75]
    assert looked.snapshot().best.value == 0.875


@pytest.mark.parametrize("which", ["killed", "archived"])
def test_looking_writes_nothing(which, request):
    folder = request.getfixturevalue(which)
    before = content(folder)
    assert (folder / "study.db-wal").exists() == (which == "killed")
    looked = StudyRecord(StudyAddress.in_folder(folder))
    assert (looked.counts()["complete"], looked.best.value, looked.state) == (2, 0.75, "finished")
    assert content(folder) == before


def test_looking_writes_nothing_where_a_process_works(active):
    before = content(active.files.path)
    assert StudyRecord(active.address).counts()["complete"] == 2
    assert content(active.files.path) == before


def test_looking_needs_no_right_to_write(killed, archived):
    (archived / "lock").touch()
    for folder in (killed, archived):
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
    as_anybody = []
    if os.geteuid() == 0:  # whom no mode keeps from writing
        as_anybody = [shutil.which("setpriv"), "--bounding-set=-dac_override,-dac_read_search"]
        if as_anybody[0] is None:
            pytest.skip("root without setpriv")
    looked = subprocess.run(
        [*as_anybody, sys.executable, "-c", LOOK, str(killed), str(archived)],
        env=engine_environment(1),
        capture_output=True,
        text=True,
        check=False,
    )
    assert looked.stderr == ""
    assert [json.loads(line) for line in looked.stdout.splitlines()] == [["finished", 2, 0.75]] * 2


def test_a_database_in_write_ahead_mode_without_its_log_is_read(archived):
    """Studies that were written before a study ended as one file."""
    with sqlite3.connect(archived / "study.db") as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    before = content(archived)
    assert before[""] == ["study.db"]
    assert StudyRecord(StudyAddress.in_folder(archived)).best.value == 0.75
    assert content(archived) == before


def test_a_log_that_begins_anew_while_it_is_read_is_read_again(active, add_trials, monkeypatch):
    from hpo.studies.store.sqlite import reading

    read, moments = reading._read, []

    def interrupted(path, size=-1):
        if size < 0 and path.suffix == ".db" and not moments:
            moments.append(path)
            content = read(path, size)
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA wal_checkpoint(RESTART)")
            connection.close()
            add_trials(active, 0.875)
            return content
        return read(path, size)

    monkeypatch.setattr(reading, "_read", interrupted)
    assert StudyRecord(active.address).best.value == 0.875
    assert moments


def test_tables_of_another_version_of_optuna_are_refused(archived):
    with sqlite3.connect(archived / "study.db") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(REVISION,)]
        connection.execute("UPDATE alembic_version SET version_num = 'v9.0.0.a'")
    connection.close()
    with pytest.raises(UserError, match=r"Received: tables of revision v9\.0\.0\.a"):
        StudyRecord(StudyAddress.in_folder(archived))
    with pytest.raises(UserError, match="one study"):
        ActiveStudy(StudyAddress.in_folder(archived))


@pytest.mark.parametrize("damage", ["folder", "half", "attribute", "link to nothing", "pipe"])
def test_a_database_that_cannot_be_read_is_told_in_one_line(archived, damage):
    database = archived / "study.db"
    data = database.read_bytes()
    if damage == "attribute":
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE study_user_attributes SET value_json = '{'")
        connection.close()
    else:
        database.unlink()
    match damage:
        case "folder":
            database.mkdir()
        case "half":
            database.write_bytes(data[: len(data) // 2])
        case "link to nothing":
            database.symlink_to("nothing")
        case "pipe":
            os.mkfifo(database)
    with pytest.raises(UserError, match="Received: ") as caught:
        StudyRecord(StudyAddress.in_folder(archived)).summary()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["n" * 300, "a\0b", "small/study.db"])
def test_a_name_that_no_folder_can_have_is_no_study(studies, archived, name):
    with pytest.raises(StudyNotFoundError):
        StudyRecord(StudyAddress.in_folder(studies / name))


def test_a_folder_of_studies_that_is_none_is_told_and_one_that_is_not_there_is_empty(studies, archived):
    assert study_names(studies) == ["archived", "small"]
    assert study_names(studies / "nothing") == []
    with pytest.raises(UserError, match="Not a directory"):
        study_names(archived / "study.db")
