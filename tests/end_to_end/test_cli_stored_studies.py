"""Studies that version 0.1.0 has made, as SQL text beside what it said of them: they stay readable, and go on."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from e2e_command import Hpo

from hpo import open_study, tuning
from hpo.analysis import write_report

STORED = Path(__file__).parents[1] / "stored"
NAMES = sorted(file.stem for file in STORED.glob("*.sql"))


@pytest.fixture(scope="module")
def restored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all stored studies; to look at."""
    studies = tmp_path_factory.mktemp("stored") / "studies"
    for name in NAMES:
        (studies / name).mkdir(parents=True)
        with closing(sqlite3.connect(studies / name / "study.db")) as database:
            database.executescript((STORED / f"{name}.sql").read_text())
    return studies


def _said(name: str) -> dict[str, Any]:
    """What the version that made a study printed of it, by command."""
    said: dict[str, Any] = json.loads((STORED / f"{name}.json").read_text())
    return said


def _keep(summary: Any, said: Any) -> Any:
    """Keep the keys that the earlier version printed as well, in a summary of now; later ones are new."""
    if isinstance(said, dict) and isinstance(summary, dict):
        return {key: _keep(summary[key], said[key]) for key in said if key in summary}
    return summary


def _in_any_time_zone(trial: dict[str, Any]) -> dict[str, Any]:
    moments = {key: trial[key] and datetime.fromisoformat(trial[key]) for key in ("started", "finished")}
    return {**trial, **moments}


@pytest.mark.parametrize("name", NAMES)
def test_a_study_of_an_earlier_version_is_shown_as_that_version_showed_it(name: str, restored: Path, hpo: Hpo):
    shown = hpo("show", name, "--json", "--studies", restored)
    assert shown.returncode == 0, shown.stderr
    said = _said(name)["show"]
    assert _keep(json.loads(shown.stdout), said) == said
    for_people = hpo("show", name, "--studies", restored)
    assert for_people.returncode == 0, for_people.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_trials_of_an_earlier_version_are_listed_as_that_version_listed_them(name: str, restored: Path, hpo: Hpo):
    listed = hpo("trials", name, "--json", "--studies", restored)
    assert listed.returncode == 0, listed.stderr
    assert list(map(_in_any_time_zone, json.loads(listed.stdout))) == list(
        map(_in_any_time_zone, _said(name)["trials"])
    )


@pytest.mark.parametrize("name", NAMES)
def test_importances_of_an_earlier_version_have_its_keys_and_its_trials(name: str, restored: Path, hpo: Hpo):
    computed = hpo("importance", name, "--json", "--studies", restored)
    assert computed.returncode == 0, computed.stderr
    figures, said = json.loads(computed.stdout), _said(name)["importance"]
    shares, by_chance = said.pop("shares"), said.pop("by_chance")
    if name == "widened":  # two trials, of which a forest explains nothing: that version gave shares all the same
        shares, by_chance = {}, []
        said["reason"] = "fANOVA finds no parameter that explains these 2 trials"
    assert figures["shares"].keys() == shares.keys()
    assert set(figures["by_chance"]) == set(by_chance)  # their order is that of the shares
    assert {key: figures[key] for key in said} == said


def test_studies_of_an_earlier_version_are_in_the_list(restored: Path, hpo: Hpo):
    listed = hpo("list", "--json", "--studies", restored)
    said = [_said(name)["list"] for name in NAMES]
    summaries = json.loads(listed.stdout)
    assert [_keep(summary, old) for summary, old in zip(summaries, said, strict=True)] == said


@pytest.mark.parametrize("name", NAMES)
def test_a_study_of_an_earlier_version_opens_in_python_and_its_report_is_written(
    name: str, restored: Path, tmp_path: Path
):
    said = _said(name)
    study = open_study(name, restored)
    assert study.counts() == said["show"]["trials"]
    assert study.state == said["show"]["state"]
    best = said["show"]["best"] or said["show"]["pareto"][0]
    assert study.best is not None
    assert (study.best.number, study.best.values) == (best["number"], best["values"])
    assert [score["trial"] for score in study.test_scores.values()]
    assert len(study.environments()) == {"widened": 2}.get(name, 1)
    assert all("worked_s" in session for session in study.environments())
    shutil.copytree(restored / name, tmp_path / name)
    page = write_report(tuning.open_study(name, tmp_path)).read_text()
    assert f"Study {name}" in page


@pytest.mark.engine
@pytest.mark.usefixtures("engine_here")
def test_a_study_of_an_earlier_version_goes_on_where_it_was_paused(restored: Path, tmp_path: Path, hpo: Hpo):
    shutil.copytree(restored, tmp_path / "studies")
    said = _said("widened")
    resumed = hpo("resume", "widened", "--trials", "8", "--quiet")
    assert resumed.returncode == 0, resumed.stderr
    shown = json.loads(hpo("show", "widened", "--json").stdout)
    assert shown["state"] == "finished"
    assert shown["trials"] == {**said["show"]["trials"], "complete": 8, "waiting": 0}
    assert shown["best"]["values"][0] >= said["show"]["best"]["values"][0]
    before = said["trials"]
    after = json.loads(hpo("trials", "widened", "--json").stdout)
    assert list(map(_in_any_time_zone, after[:6])) == list(map(_in_any_time_zone, before[:6]))
    assert (after[6]["params"], after[6]["attempts"]) == (before[6]["params"], before[6]["attempts"] + 1)
    assert len(open_study("widened", tmp_path / "studies").environments()) == 3
