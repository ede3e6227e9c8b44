"""`hpo run` and `hpo resume` as a user types them."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from e2e_command import HPO, SPACE, FinishedStudy, Hpo, call_hpo, run_hpo
from ruamel.yaml import YAML

pytestmark = pytest.mark.engine


def test_a_run_leaves_the_best_config_on_standard_output_as_a_space_file(finished: FinishedStudy):
    assert finished.run.returncode == 0, finished.run.stderr
    config = YAML(typ="safe").load(finished.run.stdout)
    shown = json.loads(finished.hpo("show", "e2e", "--json").stdout)
    assert config["training"]["learning_rate"] == shown["best"]["params"]["learning_rate"]
    assert config["model"]["depth"] == shown["best"]["params"]["depth"]
    assert f"{shown['best']['values'][0]:.4f} at epoch" in finished.run.stdout
    test = f"accuracy {shown['test']['accuracy']:.4f}"
    assert test in finished.run.stdout
    study = finished.folder / "studies/e2e"
    assert f"On the test part: {test}" in (study / "reports/report.html").read_text()
    assert [path.name for path in study.glob("study.db*")] == ["study.db"]


@pytest.mark.usefixtures("engine_here")
def test_the_best_config_can_be_pasted_back_and_runs_one_trial(finished: FinishedStudy, hpo: Hpo, tmp_path: Path):
    (tmp_path / "best.yaml").write_text(finished.run.stdout)
    again = hpo("run", "--space", "best.yaml", "--quiet")
    assert again.returncode == 0, again.stderr
    trials = json.loads(hpo("trials", "best", "--json").stdout)
    assert [trial["state"] for trial in trials] == ["complete"]
    pasted, printed = (YAML(typ="safe").load(text) for text in (finished.run.stdout, again.stdout))
    assert pasted == printed


def test_without_a_terminal_progress_is_plain_lines_on_standard_error(finished: FinishedStudy):
    lines = finished.run.stderr.splitlines()
    assert lines[0].startswith("data: digits: ")
    ready = re.match(r"worker 1 ready on \S+:(\d+), cpu", lines[1])
    assert ready is not None
    with suppress(psutil.Error):  # it ends before the command does
        assert "hpo.fleet.worker" not in psutil.Process(int(ready[1])).cmdline()
    assert any(re.fullmatch(r"e2e: 4 of 4 trials.*", line) for line in lines)
    assert "\x1b" not in finished.run.stderr


def test_the_noise_of_the_engine_goes_to_the_log_of_the_worker(finished: FinishedStudy):
    log = (finished.folder / "studies/e2e/logs/worker-1.log").read_text()
    assert "tensorflow" in log or "absl" in log
    for noise in ("oneDNN", "cpu_feature_guard", "absl", "cuda", "WARNING"):
        assert noise not in finished.run.stderr + finished.run.stdout


def test_running_twice_does_not_run_more_and_does_not_evaluate_again(finished: FinishedStudy):
    before = finished.hpo("trials", "e2e", "--json").stdout
    again = finished.hpo("run", "--space", "e2e.yaml")
    assert again.returncode == 0
    assert again.stdout == finished.run.stdout
    assert "worker" not in again.stderr
    assert finished.hpo("trials", "e2e", "--json").stdout == before


@pytest.mark.usefixtures("engine_here")
def test_a_raised_budget_continues_and_json_lines_tell_every_event(tmp_path: Path, hpo: Hpo):
    (tmp_path / "a.yaml").write_text(SPACE.replace("trials: 4", "trials: 1").replace("[1, 5]", "[1, 2]"))
    first = hpo("run", "--space", "a.yaml", "--quiet")
    assert first.returncode == 0
    assert first.stderr == ""
    more = hpo("resume", "e2e", "--trials", "2", "--json")
    events = [json.loads(line) for line in more.stdout.splitlines()]
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["Notice", "WorkerReady"]
    assert kinds[-1] == "Result"
    assert kinds.count("TrialStarted") == kinds.count("TrialEnded") == 1
    assert kinds.count("EpochDone") == 3
    assert events[-1]["budget"]["used"] == events[-1]["budget"]["trials"] == 2
    assert Path(tmp_path, events[-1]["report"]).exists()
    assert Path(tmp_path, events[-1]["model"]).exists()
    assert more.stderr == ""


def test_a_terminal_shows_a_live_table_and_leaves_the_result(finished: FinishedStudy, tmp_path: Path):
    (tmp_path / "a.yaml").write_text(SPACE.replace("trials: 4", "trials: 1").replace("[1, 5]", "[1, 2]"))
    controller, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "LINES": "24", "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [HPO, "run", "--space", "a.yaml"], cwd=tmp_path, env=environment, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    seen = b""
    while True:
        try:
            chunk = os.read(controller, 65536)
        except OSError:  # the other side is closed
            break
        seen += chunk
    os.close(controller)
    assert process.wait() == 0
    text = seen.decode()
    assert "\x1b[" in text
    assert "starting workers" in text
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    assert re.search(r"trial +epoch +val_accuracy +images/s +parameters", plain)
    assert "# The best config of study e2e" in plain
    live, _, _ = plain.replace("\r", "\n").partition("# The best config")
    assert max(len(line) for line in live.split("\n")) <= 80


def test_a_broken_space_has_status_2_and_names_every_place(tmp_path: Path, hpo: Hpo):
    (tmp_path / "bad.yaml").write_text(SPACE.replace("epochs: 3", "epochs: many").replace("dense_units", "dens_units"))
    result = hpo("run", "--space", "bad.yaml")
    assert result.returncode == 2
    assert "bad.yaml:3:63 dens_units" in result.stderr
    assert "bad.yaml:5:11 epochs" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "studies").exists()


@pytest.mark.usefixtures("engine_here")
def test_data_that_cannot_be_read_has_status_1_and_costs_no_trial(tmp_path: Path, hpo: Hpo):
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        (tmp_path / "photos" / name / "1.png").write_bytes(b"this is no picture")
    (tmp_path / "a.yaml").write_text(SPACE.replace("dataset: digits", "dataset: folder, path: photos"))
    result = hpo("run", "--space", "a.yaml")
    assert result.returncode == 1
    assert "photos/cat/1.png" in result.stderr
    assert json.loads(hpo("trials", "e2e", "--json").stdout) == []


def test_another_space_under_the_same_name_is_refused_with_the_difference(finished: FinishedStudy):
    result = finished.hpo("run", "--space", "e2e.yaml", "--set", "training.batch_size=64")
    assert result.returncode == 2
    assert "training.batch_size (was 128, is 64)" in result.stderr


def test_a_debug_run_shows_where_an_error_arose(tmp_path: Path):
    plain = call_hpo("show", "nothing", cwd=tmp_path)
    debug = run_hpo("show", "nothing", "--debug", cwd=tmp_path)
    assert plain.returncode == debug.returncode == 2
    assert "Traceback" not in plain.stderr
    assert "Traceback" in debug.stderr
