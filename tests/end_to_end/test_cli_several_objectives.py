"""A file with all that the language has: objectives, a list that repeats, constraints, configs to start from."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from e2e_command import FinishedStudy, Hpo, call_hpo, drawn, engine_in_this_process
from ruamel.yaml import YAML

pytestmark = pytest.mark.engine

SPACE = """\
study: e2e
data: {dataset: digits, validation: 0.2}
model:
  family: simple_cnn
  blocks: {repeat: {int: [1, 2]}, of: {filters: {choice: [2, 8, 16]}, dropout: {float: [0.0, 0.4]}}}
  dense_units: {choice: [0, 8]}
training: {epochs: 2, batch_size: 128, learning_rate: {float: [1e-3, 1e-1], log: true}}
objective: [val_accuracy, parameters]
constraints: ["blocks == 1 or blocks.0.filters <= blocks.1.filters", parameters <= 1500]
search: {trials: 5, sampler: {tpe: {n_startup_trials: 3}}, pruner: {median: {n_startup_trials: 2}}}
start_from:
  - {blocks: [{filters: 8, dropout: 0.0}], dense_units: 0, learning_rate: 0.05}
  - {blocks: [{filters: 16}], dense_units: 8}
  - {blocks.0.filters: 2, blocks: 1, dense_units: 0}
"""
LARGE, RULED_OUT, SMALL = 0, 1, 2
"""The trials that start from a config, by number."""


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> FinishedStudy:
    with engine_in_this_process():
        return FinishedStudy(tmp_path_factory.mktemp("several"), SPACE, call_hpo)


def trials_of(study: FinishedStudy) -> list[dict]:
    return json.loads(study.hpo("trials", "e2e", "--json").stdout)


def test_what_a_file_starts_from_runs_first_and_what_is_infeasible_costs_nothing(several: FinishedStudy):
    trials = trials_of(several)
    assert [trial["state"] for trial in trials[:3]] == ["complete", "infeasible", "complete"]
    assert trials[LARGE]["params"] == {
        **{"blocks": 1, "blocks.0.filters": 8, "blocks.0.dropout": 0.0, "dense_units": 0, "learning_rate": 0.05}
    }
    assert trials[RULED_OUT]["cause"] == "infeasible: parameters <= 1500"
    assert trials[RULED_OUT]["epochs"] == 0
    feasible = [trial for trial in trials if trial["state"] != "infeasible"]
    assert len(feasible) == 5
    for trial in feasible:
        params = trial["params"]
        assert ("blocks.1.filters" in params) == (params["blocks"] == 2)
        assert params["blocks"] == 1 or params["blocks.0.filters"] <= params["blocks.1.filters"]
        assert trial["values"] is None or trial["values"][1] <= 1500


def test_show_prints_the_front_as_programs_rely_on_it(several: FinishedStudy):
    shown = json.loads(several.hpo("show", "e2e", "--json").stdout)
    assert shown["state"] == "finished"
    assert [objective["metric"] for objective in shown["objectives"]] == ["val_accuracy", "parameters"]
    assert shown["budget"]["used"] == shown["budget"]["trials"] == 5
    assert shown["trials"]["infeasible"] >= 1
    assert shown["best"] is None
    trials = trials_of(several)
    for each in shown["pareto"]:
        assert each.keys() == {"number", "values", "params", "classes", "test", "model"}
        assert each["values"] == trials[each["number"]]["values"]
        assert 0 <= each["test"]["accuracy"] <= 1
    front = [each["values"] for each in shown["pareto"]]
    assert front == sorted(front, reverse=True)
    for accuracy, size in front:
        assert not any(a >= accuracy and s <= size and [a, s] != [accuracy, size] for a, s in front)
    models = several.folder / "studies/e2e/artifacts"
    assert sorted(path.name for path in models.iterdir()) == sorted(
        f"trial-{each['number']}{ending}"
        for each in shown["pareto"]
        for ending in (".json", ".keras", ".test.npz", ".validation.npz")
    )


@pytest.mark.usefixtures("engine_here")
def test_the_run_prints_the_front_and_the_config_of_the_best_by_the_first_objective(
    several: FinishedStudy, hpo: Hpo, tmp_path: Path
):
    assert several.run.returncode == 0, several.run.stderr
    front = json.loads(several.hpo("show", "e2e", "--json").stdout)["pareto"]
    lines = several.run.stdout.splitlines()
    assert lines[0] == "# The Pareto front of study e2e:"
    assert lines[1].split() == ["#", "trial", "val_accuracy", "parameters", "test", "accuracy"]
    for line, each in zip(lines[2:], front, strict=False):
        accuracy, size = each["values"]
        assert line.split() == [
            *("#", str(each["number"]), f"{accuracy:.4f}", f"{size:,.0f}", f"{each['test']['accuracy']:.4f}")
        ]
    config = YAML(typ="safe").load(several.run.stdout)
    assert len(config["model"]["blocks"]) == front[0]["params"]["blocks"]
    assert [objective["metric"] for objective in config["objective"]] == ["val_accuracy", "parameters"]

    (tmp_path / "best.yaml").write_text(several.run.stdout)
    again = hpo("run", "--space", "best.yaml", "--quiet")
    assert again.returncode == 0, again.stderr
    assert YAML(typ="safe").load(again.stdout) == config


def test_progress_names_each_objective_and_what_was_ruled_out(several: FinishedStudy):
    errors = several.run.stderr
    assert re.search(
        r"^trial +0  complete  val_accuracy 0\.\d{4}, parameters [\d,]+  \d:\d\d  on the front so far$",
        errors,
        re.M,
    )
    assert re.search(r"^trial +1  infeasible: parameters <= 1500$", errors, re.M)
    assert re.search(r"^e2e: 5 of 5 trials, .*\d infeasible, \d on the front, ", errors, re.M)


def test_csv_has_a_column_for_each_objective(several: FinishedStudy):
    rows = list(csv.DictReader(several.hpo("trials", "e2e", "--csv").stdout.splitlines()))
    for row, trial in zip(rows, trials_of(several), strict=True):
        values = [row["val_accuracy"], row["parameters"]]
        assert values == (["", ""] if trial["values"] is None else [str(value) for value in trial["values"]])
        assert row["blocks.1.filters"] == str(trial["params"].get("blocks.1.filters", ""))
        assert row["cause"] == (trial["cause"] or "")


def test_tables_of_several_objectives_fit_80_columns(several: FinishedStudy):
    for command in (["list"], ["show", "e2e"], ["trials", "e2e"], ["importance", "e2e"]):
        result = several.hpo(*command)
        assert (result.returncode, result.stderr) == (0, "")
        assert max(len(line) for line in result.stdout.splitlines()) <= 80, command


def test_programs_are_told_of_the_front_when_a_run_ends(several: FinishedStudy):
    (result,) = (json.loads(line) for line in several.hpo("run", "--space", "e2e.yaml", "--json").stdout.splitlines())
    assert result["type"] == "Result"
    assert result["pareto"] == json.loads(several.hpo("show", "e2e", "--json").stdout)["pareto"]
    assert (several.folder / result["model"]).exists()


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium; CI installs it")
def test_the_report_draws_the_front_in_a_browser(several: FinishedStudy, tmp_path: Path):
    text = drawn(several.folder / "studies/e2e/reports/report.html", tmp_path)
    assert text.count('class="main-svg"') >= 4  # two layers for each plot
    assert "Pareto front" in text
    assert "How did the best value come about" not in text
    assert "infeasible: parameters &lt;= 1500" in text
    assert not re.search(r'<[^<>]+ src="http', text)
    front = json.loads(several.hpo("show", "e2e", "--json").stdout)["pareto"]
    assert text.count('<tr class="marked">') == len(front)
