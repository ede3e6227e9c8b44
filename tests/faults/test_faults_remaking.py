"""A study that is made anew is killed on the way: it is made by the next run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hpo.spaces import load
from hpo.studies import create_study

SPACE = "study: small\ndata: digits\nmodel: {family: simple_cnn, depth: {int: [1, 2]}}\nstart_from: [{depth: 2}]\n"
PROGRAM = """\
import os, sys
from pathlib import Path
from hpo.spaces import load
from hpo.studies import create_study
from hpo.studies.store.storage import StudyStorage

calls = int(sys.argv[1])

def die_at(name):
    original = getattr(StudyStorage, name)

    def called(*arguments, **options):
        global calls
        calls -= 1
        if calls < 0:
            os._exit(9)
        return original(*arguments, **options)

    setattr(StudyStorage, name, called)

for name in ("delete_study", "create_new_study", "set_study_user_attr", "create_new_trial", "set_study_system_attr"):
    die_at(name)
create_study(load("space.yaml", ["seed=5"]), Path("studies"))
"""


@pytest.mark.parametrize("calls", range(6))
def test_a_study_without_trials_that_is_killed_while_it_is_made_anew_is_made_by_the_next_run(
    calls, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "space.yaml").write_text(SPACE)
    create_study(load("space.yaml"), tmp_path / "studies")
    process = subprocess.run([sys.executable, "-c", PROGRAM, str(calls)], check=False, capture_output=True)
    assert process.returncode == 9, process.stderr
    study = create_study(load("space.yaml", ["seed=6"]), tmp_path / "studies")
    assert study.spec.seed == 6
    assert [trial.state for trial in study.trials()] == ["waiting"]
