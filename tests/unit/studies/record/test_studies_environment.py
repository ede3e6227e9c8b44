"""Whose machine a study was made on, and whose code it names."""

from __future__ import annotations

import platform

import pytest

from hpo import fleet, tuning
from hpo.errors import WorkError
from hpo.studies import foreign_code
from hpo.studies.record.environment import is_of_this_machine, machine_id

OWN = "model={family: 'net.py:build'}"
ELSEWHERE = {"worked_s": 1.0, "host": "elsewhere", "machine": "0" * 16}


@pytest.fixture
def own_code(tmp_path, monkeypatch):
    """A study may name code, which lies in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("raise RuntimeError('it was run')\n")


def test_a_machine_is_told_by_its_identifier_and_older_sessions_by_their_host():
    assert machine_id() is None or len(machine_id()) == 16
    assert is_of_this_machine({"machine": machine_id(), "host": "renamed"})
    assert not is_of_this_machine({"machine": "0" * 16, "host": platform.node()})
    assert is_of_this_machine({"host": platform.node()})
    assert not is_of_this_machine({"host": "elsewhere"})
    assert not is_of_this_machine({})


@pytest.mark.usefixtures("own_code")
def test_code_is_told_where_a_study_came_from_elsewhere_until_it_was_worked_on_here(make_study):
    study = make_study(OWN)
    assert foreign_code(study) == []  # it begins here
    study._optuna.set_user_attr("hpo:sessions", [ELSEWHERE])
    (name,) = foreign_code(study)
    assert name.endswith("net.py:build")
    with study.session():
        pass
    assert foreign_code(study) == []


def test_a_study_without_code_of_its_own_is_nothing_to_warn_of(make_study):
    study = make_study()
    study._optuna.set_user_attr("hpo:sessions", [ELSEWHERE])
    assert foreign_code(study) == []


@pytest.mark.usefixtures("own_code")
def test_resuming_warns_once_before_code_runs(make_study, studies, monkeypatch):
    study = make_study(OWN)
    study._optuna.set_user_attr("hpo:sessions", [ELSEWHERE])
    study.close()
    warned = []

    class Nobody:
        def __init__(self, *arguments, **options):
            assert len(warned) == 1  # before any worker

        def run(self):
            pass

    monkeypatch.setattr(fleet, "Supervisor", Nobody)
    for _ in range(2):
        tuning.resume(
            "small", options=tuning.RunOptions(studies=studies), observer=tuning.RunObserver(warn=warned.append)
        )
    (text,) = warned
    assert text.startswith("study small was made on another machine, and names code that runs now, with your rights: ")
    assert "net.py:build" in text


@pytest.mark.parametrize("becomes", ["renamed", "removed", "replaced"])
def test_a_study_that_is_gone_when_it_was_worked_on_is_an_error(make_study, studies, monkeypatch, becomes):
    make_study().close()
    folder = studies / "small"

    class Meanwhile:
        def __init__(self, *arguments, **options):
            pass

        def run(self):
            match becomes:
                case "renamed":
                    folder.rename(studies / "other")
                case "removed":
                    (folder / "study.db").unlink()
                case "replaced":
                    (folder / "copy").write_bytes((folder / "study.db").read_bytes())
                    (folder / "copy").rename(folder / "study.db")

    monkeypatch.setattr(fleet, "Supervisor", Meanwhile)
    with pytest.raises(WorkError, match="study small: it stays where it is while it is worked on"):
        tuning.resume("small", options=tuning.RunOptions(studies=studies))
