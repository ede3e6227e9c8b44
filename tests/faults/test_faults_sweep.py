"""What becomes of a study that a sweep of W&B searches, and of the sweep, when one of them is ended."""

from __future__ import annotations

import os
import signal

import pytest

import hpo
from hpo.fleet import EpochDone, TrialEnded, WorkerReady
from hpo.studies import StudyAddress, StudyRecord

pytestmark = pytest.mark.engine


@pytest.mark.long
def test_a_sweep_goes_on_with_the_same_runs_after_a_worker_and_the_supervisor_are_killed(
    small_space, studies, start_run, wandb_server
):
    overrides = ["search.method=random", "training.epochs=40"]
    with start_run("run", small_space, backend="wandb", overrides=overrides) as run:
        worker = run.until(lambda event: isinstance(event, WorkerReady)).name
        run.until(lambda event: isinstance(event, EpochDone) and event.epoch == 2)
        os.kill(int(worker.partition(":")[2]), signal.SIGKILL)
        run.until(lambda event: isinstance(event, EpochDone) and event.epoch > 2)
        run.process.kill()
    study = hpo.resume("small", studies=studies, quiet=True)
    trials = study.trials()
    assert [trial.state for trial in trials] == ["complete", "complete"]
    assert trials[0].attempts == 3
    ((name, sweep),) = wandb_server.sweeps.items()
    assert sweep.runs == list(wandb_server.runs)
    assert len(sweep.runs) == 2
    for trial, run_id in zip(trials, sweep.runs, strict=True):
        mirrored = wandb_server.runs[run_id]
        assert (mirrored.state, mirrored.sweep, mirrored.values["trial"]) == ("finished", name, trial.number)
        assert mirrored.values["params"] == trial.params
        assert sorted(row["epoch"] for row in mirrored.history if "epoch" in row) == list(range(1, 41))
        assert mirrored.summary["val_accuracy"] == pytest.approx(trial.values[0])
        inactive = [] if trial.params["optimizer"] == "sgd" else ["optimizer.sgd.momentum"]
        assert mirrored.values["inactive"] == inactive


def test_a_sweep_that_is_cancelled_in_the_middle_of_a_trial_prunes_it_and_ends_the_study(
    small_space, studies, thread_launcher, wandb_server
):
    events = []

    def listen(event):
        events.append(event)
        if isinstance(event, EpochDone) and event.epoch == 2:
            (sweep,) = wandb_server.sweeps.values()
            sweep.state = "CANCELED"

    overrides = ["search.method=random", "training.epochs=5000"]
    study = hpo.run(
        small_space,
        backend="wandb",
        overrides=overrides,
        studies=studies,
        launcher=thread_launcher,
        listen=listen,
        quiet=True,
    )
    (trial,) = study.trials()
    assert (trial.state, study.state) == ("pruned", "finished")
    assert [event.state for event in events if isinstance(event, TrialEnded)] == ["pruned"]
    ledger = StudyRecord(StudyAddress.in_folder(studies / "small")).ledger
    assert ledger.end == "its sweep was cancelled in W&B"
    (run,) = wandb_server.runs.values()
    assert (run.state, run.tags) == ("finished", ["pruned"])
