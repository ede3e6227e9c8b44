"""The commands that look at a study, and those that say what can be named."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from e2e_command import FinishedStudy, Hpo, drawn

SHOW_KEYS = {"study", "state", "objectives", "trials", "budget", "best", "storage", "files"}
TRIAL_KEYS = {
    "number", "state", "values", "params", "epochs", "duration_s", "started", "finished", "worker", "attempts", "cause",
    "outside",
}  # fmt: skip


@pytest.mark.engine
def test_show_prints_the_keys_that_programs_rely_on(finished: FinishedStudy):
    shown = json.loads(finished.hpo("show", "e2e", "--json").stdout)
    assert shown.keys() >= SHOW_KEYS
    assert shown["state"] == "finished"
    assert shown["objectives"] == [{"metric": "val_accuracy", "direction": "maximize"}]
    assert shown["trials"].keys() == {"complete", "pruned", "failed", "running", "waiting", "infeasible"}
    assert sum(shown["trials"].values()) == shown["budget"]["trials"] == shown["budget"]["used"] == 4
    assert shown["best"].keys() == {"number", "values", "params", "classes"}


@pytest.mark.engine
def test_trials_prints_the_keys_that_programs_rely_on(finished: FinishedStudy):
    trials = json.loads(finished.hpo("trials", "e2e", "--json").stdout)
    assert [trial["number"] for trial in trials] == [0, 1, 2, 3]
    assert all(trial.keys() == TRIAL_KEYS for trial in trials)
    for trial in trials:
        if trial["state"] == "complete":
            assert trial["epochs"] == 3
            assert trial["attempts"] == 1
            assert trial["duration_s"] > 0
            assert ("optimizer.sgd.momentum" in trial["params"]) == (trial["params"]["optimizer"] == "sgd")


@pytest.mark.engine
def test_a_trial_with_too_many_poolings_is_failed_with_its_cause_and_the_study_goes_on(finished: FinishedStudy):
    trials = json.loads(finished.hpo("trials", "e2e", "--json").stdout)
    for trial in trials:
        impossible = 2 ** trial["params"]["depth"] > 8
        assert trial["state"] == ("failed" if impossible else "complete")
        assert impossible == (trial["cause"] is not None and trial["cause"].startswith("impossible_architecture:"))
    assert {trial["state"] for trial in trials} == {"failed", "complete"}, "the seed has to draw both kinds"


@pytest.mark.engine
def test_tables_for_people_fit_80_columns(finished: FinishedStudy):
    for command in (["list"], ["show", "e2e"], ["trials", "e2e"], ["importance", "e2e"], ["models"], ["datasets"]):
        result = finished.hpo(*command)
        assert result.returncode == 0
        assert result.stderr == ""
        assert max(len(line) for line in result.stdout.splitlines()) <= 80, command


@pytest.mark.engine
def test_csv_has_a_column_for_each_parameter(finished: FinishedStudy):
    rows = list(csv.DictReader(finished.hpo("trials", "e2e", "--csv").stdout.splitlines()))
    assert len(rows) == 4
    assert {"number", "state", "value", "depth", "learning_rate", "optimizer", "optimizer.sgd.momentum"} <= rows[
        0
    ].keys()
    both = finished.hpo("trials", "e2e", "--csv", "--json")
    assert both.returncode == 2


@pytest.mark.engine
def test_list_names_each_study_with_state_and_best(finished: FinishedStudy):
    listed = json.loads(finished.hpo("list", "--json").stdout)
    assert [study["study"] for study in listed] == ["e2e"]
    assert "e2e" in finished.hpo("list").stdout


@pytest.mark.engine
def test_a_study_and_its_copy_are_compared_with_a_latency_of_each(finished: FinishedStudy, tmp_path: Path):
    studies = shutil.copytree(finished.folder / "studies", tmp_path / "studies")
    shutil.copytree(studies / "e2e", studies / "copy")
    table = finished.hpo("compare", studies / "e2e", studies / "copy")
    assert table.returncode == 0, table.stderr
    assert max(map(len, table.stdout.splitlines())) <= 80
    assert "Put the model of" in table.stdout
    assert re.search(r"^Conclusions\n.*e2e: \w", table.stdout, re.MULTILINE), "a name and its conclusion are apart"
    compared = json.loads(finished.hpo("compare", studies / "e2e", studies / "copy", "--json", "--no-latency").stdout)
    assert [test["p"] for test in compared["tests"]] == [1.0]
    line = next(line for line in table.stdout.splitlines() if line.startswith("latency"))
    assert line.count(" ms") == 2


def test_list_says_how_to_begin_where_there_is_no_study(hpo: Hpo):
    assert "hpo run quickstart.yaml" in hpo("list").stdout


@pytest.mark.engine
def test_importance_has_shares_that_add_up_to_one(finished: FinishedStudy):
    found = json.loads(finished.hpo("importance", "e2e", "--json").stdout)
    if found["reason"] is None:
        assert sum(found["shares"].values()) == pytest.approx(1)
        names = {"depth", "learning_rate", "optimizer", "optimizer.sgd.momentum"}
        assert set(found["shares"]) <= names  # those that took two values
    assert found["trials"] == 2


@pytest.mark.engine
def test_the_python_face_gives_the_same_as_the_command_line(finished: FinishedStudy):
    program = """
import json, sys, hpo
study = hpo.run("e2e.yaml")
assert not {"keras", "tensorflow"} & {name.split(".")[0] for name in sys.modules}
print(json.dumps([study.best.config, study.trials(), study.summary()]))
"""
    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=finished.folder, capture_output=True, text=True, check=True
    )
    config, trials, summary = json.loads(printed.stdout)
    assert trials == json.loads(finished.hpo("trials", "e2e", "--json").stdout)
    shown = json.loads(finished.hpo("show", "e2e", "--json").stdout)
    assert {**summary, "storage": None, "files": None} == {**shown, "storage": None, "files": None}
    assert config["model"]["depth"] == shown["best"]["params"]["depth"]


@pytest.mark.engine
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium; CI installs it")
def test_the_report_draws_its_plots_in_a_browser_without_a_network(finished: FinishedStudy, tmp_path: Path):
    page = finished.folder / "studies/e2e/reports/report.html"
    text = drawn(page, tmp_path)
    assert text.count('class="main-svg"') >= 4  # two layers for each plot
    assert "How did the best value come about" in text
    assert not re.search(r'<[^<>]+ src="http', text)


def test_every_registered_name_describes_itself_and_its_options(hpo: Hpo):
    for command in ("models", "datasets"):
        listed = json.loads(hpo(command, "--json").stdout)
        assert listed
        for each in listed:
            assert each["description"]
            assert all(option["description"] for option in each["options"]), each["name"]


def test_an_unknown_name_is_refused_with_a_suggestion(hpo: Hpo):
    result = hpo("models", "vgg61")
    assert result.returncode == 2
    assert "Did you mean 'vgg16'?" in result.stderr


def test_a_checkout_runs_without_being_installed(tmp_path: Path):
    shim = Path(__file__).parents[2] / "cli.py"
    result = subprocess.run(
        [sys.executable, str(shim), "--version"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.stdout.startswith("hpo ")
