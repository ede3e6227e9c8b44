"""Copies of a study's database: the same trials, whichever way they are copied, and none of them running."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from hpo.studies import StudyAddress, StudyRecord
from hpo.studies.store.copying import copy_file, copy_to_file, release_trials


@pytest.mark.parametrize("way", ["file", "storage"])
def test_a_copy_has_the_study_as_it_is_and_its_running_trials_wait(make_study, add_trials, tmp_path, way):
    (tmp_path / "copy").mkdir()
    target = tmp_path / "copy" / "study.db"
    with make_study() as study:
        add_trials(study, 0.5, "running", "pruned", "failed", "waiting")
        if way == "file":
            copy_file(study.address.database, target)
        else:
            with closing(study.place.open_storage()) as storage:
                copy_to_file(storage, target)
        assert release_trials(target) == 1
        copy = StudyRecord(StudyAddress.in_folder(target.parent))
        before = [trial.to_json() for trial in study.trials()]
        after = [trial.to_json() for trial in copy.trials()]
    assert (after[1].pop("state"), before[1].pop("state")) == ("waiting", "running")
    assert after == before
    assert copy.spec == study.spec
    assert [path.name for path in target.parent.iterdir()] == ["study.db"]
    with closing(sqlite3.connect(target)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "hpo_leases" not in tables
