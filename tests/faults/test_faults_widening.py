"""A process that is killed while a study takes up another space."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, adopt_spec, create_study
from hpo.training import Completed, EpochReport, Learned, Paused

CHANGES = ["model.depth=1", "training.optimizer={choice: {rmsprop: , adam: , sgd: {momentum: {float: [0.0, 0.9]}}}}"]
ADOPT = """\
import os, sys
from pathlib import Path

import sqlalchemy

from hpo.spaces import load
from hpo.studies import ActiveStudy, StudyAddress, adopt_spec

folder, space, point, *changes = sys.argv[1:]
study = ActiveStudy(StudyAddress.in_folder(Path(folder)))
statements, is_written = 0, False

def die_at_statement(connection, cursor, statement, *_):
    global statements, is_written
    statements += 1
    is_written = is_written or statement.startswith("DELETE FROM trial_params")
    if str(statements) == point:
        os._exit(9)

def die_at_commit(_):
    if point == "commit" and is_written:
        os._exit(9)

engine = study.storage.engine
sqlalchemy.event.listen(engine, "before_cursor_execute", die_at_statement)
sqlalchemy.event.listen(engine, "commit", die_at_commit)
adopt_spec(study, load(space, changes))
print(statements, flush=True)
os._exit(9)
"""


@pytest.fixture
def study(small_space, studies):
    """A study with trials inside and outside of the space to come, one of which waits."""
    study = create_study(load(small_space), studies)
    search = OptunaSearch(study, "host:1")
    for depth in (1, 2, 1, 2):
        study.optuna_study.enqueue_trial({"depth": depth})
    trials = [search.ask() for _ in range(4)]
    for trial, value in zip(trials, (0.7, 0.9, None, None), strict=True):
        trial.report(EpochReport(1, 2, 0.5, 10.0))
        learned = Learned(0.5, 1, 0.5, {"parameters": 100.0}, 10.0, {"val_accuracy": [0.5]})
        trial.tell(Paused() if value is None else Completed(learned, (value,), lambda path: None))
    return study


def kill_at(files, space, point):
    """Have a copy of the study take the change up in a process that is killed there; the copy, and what it printed."""
    copy = StudyAddress.in_folder(files.path.parent / f"killed-at-{point}")
    shutil.copytree(files.path, copy.files)
    command = [sys.executable, "-c", ADOPT, copy.files, str(space), str(point), *CHANGES]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 9, process.stderr
    return copy, process.stdout


def state_of(study):
    return study.spec.to_json(), [trial.to_json() for trial in study.trials()]


def test_a_study_opens_as_it_was_or_as_it_became(study, small_space):
    spec = load(small_space, CHANGES)
    was = state_of(study)
    copy, printed = kill_at(study.files, small_space, "end")
    statements = int(printed)
    became = state_of(StudyRecord(copy))
    assert became[0] == spec.to_json()
    assert [trial["outside"] is None for trial in became[1]] == [True, False, True, False]
    for point in (1, statements // 3, statements * 2 // 3, statements, "commit"):
        copy, _ = kill_at(study.files, small_space, point)
        left = StudyRecord(copy)
        assert state_of(left) == was or (point == statements and state_of(left) == became), point
        with ActiveStudy(copy) as again:
            adopt_spec(again, spec)
        finished = state_of(again)
        for trials in (finished[1], became[1]):
            trials[3] |= {"started": None, "finished": None, "duration_s": None}  # it has failed just now
        assert finished == became
