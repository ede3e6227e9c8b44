"""Trials become runs of Weights & Biases, held with the real client and a stand-in for its server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from tracked_runs import make_ending, make_epochs, make_trial, tracking
from wandb_server import Run, WandbServer

from hpo.errors import WorkError
from hpo.tracking import TrialEnding
from hpo.training.measuring.examples import Examples

pytest.importorskip("wandb")
pytestmark = pytest.mark.thorough


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "small" / "wandb"


def steps(run: Run) -> list[int]:
    return [row["_step"] for row in run.history]


def test_a_trial_is_a_run_with_its_config_metrics_values_and_state(wandb_server: WandbServer, folder, capfd):
    endings = {
        1: make_ending(measures={"parameters": 850}, remark="overfitting: it was"),
        2: make_ending("pruned"),
        3: TrialEnding(state="failed", cause="memory: too much of it"),
        4: TrialEnding(state="infeasible", cause="constraint: parameters < 10"),
    }
    with tracking(folder, entity="team", project="cnn") as tracker:
        for number in endings:  # several at once
            assert tracker.begin(make_trial(number), 0) == 0
        for epoch in (1, 2, 3):
            for number in endings:
                tracker.log(make_trial(number), make_epochs(epoch))
        for number, ending in endings.items():
            tracker.end(make_trial(number), ending)
    runs = [wandb_server.runs[f"token-{number}"] for number in endings]
    assert {(run.entity, run.project, run.group) for run in runs} == {("team", "cnn", "small")}
    assert [run.display_name for run in runs] == ["small-1", "small-2", "small-3", "small-4"]
    assert all(steps(run) == [1, 2, 3] for run in runs)
    row = {key: value for key, value in runs[0].history[0].items() if not key.startswith("_")}
    assert row == {"val_accuracy": 0.1, "loss": pytest.approx(float("nan"), nan_ok=True), "epoch": 1, "seconds": 1.5}
    config = {"training": {"learning_rate": 0.1, "optimizer": None}, "params": {"learning_rate": 0.1}}
    assert runs[0].values == config | {"study": "small", "trial": 1}
    assert [(run.tags, run.state, run.exit_code) for run in runs] == [
        (["complete"], "finished", 0),
        (["pruned"], "finished", 0),
        (["failed"], "failed", 1),
        (["infeasible"], "finished", 0),
    ]
    assert runs[0].summary.items() >= {"val_accuracy": 0.2, "best_epoch": 2, "parameters": 850}.items()
    assert runs[0].summary["remark"] == "overfitting: it was"
    assert runs[2].summary["cause"] == "memory: too much of it"
    assert runs[2].summary["state"] == "failed"
    assert capfd.readouterr() == ("", "")
    assert list(folder.iterdir()) == []


def test_a_trial_that_goes_on_continues_its_run_with_the_epochs_that_the_server_has_not(wandb_server, folder):
    trial = make_trial()
    with tracking(folder) as tracker:
        tracker.begin(trial, 0)
        tracker.log(trial, make_epochs(1, 2))
        tracker.end(trial, TrialEnding(state="waiting"))
    assert wandb_server.runs["token-7"].tags == ["waiting"]
    with tracking(folder) as tracker:
        assert tracker.begin(trial, 5) == 2  # epochs that another process meant to send have not arrived
        tracker.log(trial, make_epochs(3))
        assert tracker.begin(make_trial(attempt=2), 3) == 3  # another worker has it now
        tracker.log(trial, make_epochs(4))
        tracker.end(trial, make_ending())
    run = wandb_server.runs["token-7"]
    assert (steps(run), run.tags, run.state) == ([1, 2, 3, 4], ["complete"], "finished")


def test_offline_runs_of_several_processes_are_joined_by_wandb_sync(wandb_server: WandbServer, folder, monkeypatch):
    trial = make_trial()
    for epochs, ending in (((1, 2), TrialEnding(state="waiting")), ((3,), make_ending())):
        with tracking(folder, mode="offline") as tracker:
            assert tracker.begin(trial, epochs[0] - 1) == epochs[0] - 1
            tracker.log(trial, make_epochs(*epochs))
            tracker.end(trial, ending)
        time.sleep(1)  # names of folders have the second
    assert not wandb_server.requests
    assert len(list(folder.glob("offline-run-*/*.wandb"))) == 2
    subprocess.run([sys.executable, "-m", "wandb", "sync", folder], check=True, capture_output=True, timeout=60)
    run = wandb_server.runs["token-7"]
    assert (steps(run), run.state, run.summary["val_accuracy"]) == ([1, 2, 3], "finished", 0.2)


def test_nothing_is_made_or_sent_where_the_file_says_so(wandb_server: WandbServer, folder):
    with tracking(folder, mode="disabled") as tracker:
        tracker.begin(make_trial(), 0)
        tracker.log(make_trial(), make_epochs(1))
        tracker.end(make_trial(), make_ending())
    assert not wandb_server.requests
    assert list(folder.iterdir()) == []


def test_system_metrics_are_those_of_the_process_that_trains(wandb_server: WandbServer, folder):
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as worker,
        tracking(folder) as tracker,
    ):
        here, elsewhere = (
            make_trial(n, worker=f"{host}:{worker.pid}") for n, host in ((1, os.uname().nodename), (2, "x"))
        )
        for trial in (here, elsewhere):
            tracker.begin(trial, 0)
        while not wandb_server.runs["token-1"].system:
            time.sleep(0.1)
        for trial in (here, elsewhere):
            tracker.end(trial, make_ending())
        worker.communicate(b"\n")
    row = wandb_server.runs["token-1"].system[0]
    assert 0 < row["system.proc.memory.rssMB"] < psutil.Process().memory_info().rss / 2**20 / 2
    assert not wandb_server.runs["token-2"].system


def test_a_run_shows_the_confusion_matrix_and_what_images_are_taken_for(wandb_server: WandbServer, folder):
    examples = Examples(
        classes=("cat", "dog"),
        confusion=np.array([[5, 1], [2, 4]]),
        images=np.zeros((2, 4, 6, 1), np.uint8),
        labels=np.array([0, 1], np.int32),
        probabilities=np.array([[0.9, 0.1], [0.75, 0.25]], np.float32),
        names=("train 3", "pets/1.png"),
    )
    with tracking(folder) as tracker:
        tracker.begin(make_trial(), 0)
        tracker.log(make_trial(), make_epochs(1))
        tracker.end(make_trial(), make_ending(examples=examples))
    run = wandb_server.runs["token-7"]
    assert steps(run) == [1, 2]
    images = run.history[1]["predictions"]
    assert images["captions"] == ["train 3: cat (90%)", "pets/1.png: dog, taken for cat (75%)"]
    assert (images["width"], images["height"]) == (6, 4)
    assert wandb_server.files[f"token-7/{images['filenames'][0]}"].startswith(b"\x89PNG")
    (table,) = (text for name, text in wandb_server.files.items() if name.startswith("token-7/media/table"))
    assert json.loads(table)["data"] == [["cat", "cat", 5], ["cat", "dog", 1], ["dog", "cat", 2], ["dog", "dog", 4]]


@pytest.mark.parametrize("mode", ["online", "offline"])
def test_the_model_is_uploaded_where_it_is_asked_for(wandb_server: WandbServer, folder, tmp_path, mode):
    model = tmp_path / "trial-7.keras"
    model.write_bytes(b"weights")
    with tracking(folder, mode=mode, model=True) as tracker:
        tracker.begin(make_trial(), 0)
        tracker.end(make_trial(), make_ending(model=model))
        model.unlink()
    if mode == "offline":
        subprocess.run([sys.executable, "-m", "wandb", "sync", folder], check=True, capture_output=True, timeout=60)
    (artifact,) = wandb_server.artifacts.values()
    assert (artifact.name, artifact.type, artifact.state) == ("small-7", "model", "COMMITTED")
    assert wandb_server.files[artifact.files["trial-7.keras"]] == b"weights"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"status": 401}, "does not take the API key: set WANDB_API_KEY, or run `wandb login --relogin`"),
        ({"status": 403}, "check the entity and the project"),
        ({"status": 429, "retry_after": 60}, r"does not answer \(HTTP 429\)"),
        ({"status": 500}, r"does not answer \(HTTP 500\)"),
        ({"delay": 3.0}, r"does not answer \(context deadline exceeded\)"),
        ({"is_cut": True}, r"does not answer \(EOF\)"),
    ],
)
def test_a_server_that_fails_costs_little_time_and_no_epoch(wandb_server: WandbServer, folder, fault, message):
    with tracking(folder, patience=1.0) as tracker:
        with wandb_server.fail(**fault), pytest.raises(WorkError, match=message):
            tracker.begin(make_trial(), 0)
        assert tracker.begin(make_trial(), 0) == 0
        tracker.log(make_trial(), make_epochs(1))
        tracker.end(make_trial(), make_ending())
    assert steps(wandb_server.runs["token-7"]) == [1]


def test_what_did_not_arrive_while_the_server_was_away_is_sent_again(wandb_server: WandbServer, folder):
    trial, other = make_trial(), make_trial(8)
    with tracking(folder, patience=1.0) as tracker:
        for each in (trial, other):
            tracker.begin(each, 0)
        tracker.log(trial, make_epochs(1))
        while not wandb_server.runs["token-7"].history:
            time.sleep(0.1)
        with wandb_server.refusing():
            tracker.log(trial, make_epochs(2))
            with pytest.raises(WorkError, match="does not answer"):
                tracker.end(trial, make_ending())
            with pytest.raises(WorkError, match=r"does not answer \(connection refused\)"):
                tracker.begin(trial, 2)
        with pytest.raises(WorkError, match="begins again"):  # the client's own process had to end
            tracker.log(other, make_epochs(1))
        for each, last in ((trial, 1), (other, 0)):
            assert tracker.begin(each, 2) == last
            tracker.log(each, make_epochs(*range(last + 1, 3)))
            tracker.end(each, make_ending())
    assert steps(wandb_server.runs["token-7"]) == steps(wandb_server.runs["token-8"]) == [1, 2]


def test_what_the_server_refused_is_sent_again(wandb_server: WandbServer, folder):
    with tracking(folder) as tracker:
        tracker.begin(make_trial(), 0)
        with wandb_server.fail("file_stream", status=401):
            tracker.log(make_trial(), make_epochs(1, 2))
            with pytest.raises(WorkError, match="refused a part of a run"):
                tracker.end(make_trial(), make_ending())
        assert tracker.begin(make_trial(), 2) == 0
        tracker.log(make_trial(), make_epochs(1, 2))
        tracker.end(make_trial(), make_ending())
    run = wandb_server.runs["token-7"]
    assert (steps(run), run.state) == ([1, 2], "finished")


def test_a_trial_of_a_sweep_is_the_run_that_the_sweep_has_made(wandb_server: WandbServer, folder):
    trial = make_trial(run_id="abcdefgh", sweep="loopback/digits/s1")
    wandb_server.runs["abcdefgh"] = Run("abcdefgh", project="digits", sweep="s1")
    with tracking(folder, project="other") as tracker:
        assert tracker.begin(trial, 0) == 0
        tracker.log(trial, make_epochs(1))
        tracker.end(trial, make_ending())
    (run,) = wandb_server.runs.values()
    assert (run.project, run.sweep, steps(run)) == ("digits", "s1", [1])


def test_an_alert_belongs_to_its_run_which_is_as_it_was_where_it_has_ended(wandb_server: WandbServer, folder):
    with tracking(folder) as tracker:
        tracker.begin(make_trial(1), 0)
        tracker.alert(make_trial(1), "running", "small: new best value", "trial 1", "INFO")
        tracker.log(make_trial(1), make_epochs(1))
        tracker.end(make_trial(1), TrialEnding(state="failed", cause="error: no"))
        tracker.alert(make_trial(1), "failed", "long " * 20, "why", "ERROR")
    run = wandb_server.runs["token-1"]
    assert (steps(run), run.state, run.exit_code) == ([1], "failed", 1)
    first, second = wandb_server.alerts
    assert (first.title, first.text) == ("small: new best value", "trial 1")
    assert (second.title, second.text) == (("long " * 20)[:63], f"{'long ' * 20}\nwhy")
