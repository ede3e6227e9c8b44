"""Interrupts and kills, of the supervisor and of workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import hpo
from hpo.fleet import EpochDone, Stopping, TestScored, TrialEnded, WorkerDied, WorkerReady

pytestmark = pytest.mark.engine

LONG = ["training.epochs=30"]
"""Of the small space: trials of some seconds, so that a signal comes in the middle of one."""

ENDLESS = ["training.epochs=2000"]
"""Of one whose trials are not at their end before another command has started."""


def in_the_middle(event):
    return isinstance(event, EpochDone) and event.epoch == 2


def test_an_interrupt_gives_the_trial_back_and_resuming_finishes_the_budget(
    small_space, studies, start_run, is_alive, thread_launcher
):
    with start_run("run", small_space, overrides=LONG) as run:
        worker = run.until(lambda event: isinstance(event, WorkerReady)).name
        run.until(in_the_middle)
        os.kill(run.process.pid, signal.SIGINT)
        status, errors = run.end()
    assert status == -signal.SIGINT
    assert "KeyboardInterrupt" in errors
    assert errors.splitlines()[0] == "engines:"  # the supervisor had imported none
    assert not is_alive(worker)
    assert isinstance(run.events[-1], TrialEnded)
    assert (run.events[-1].number, run.events[-1].state) == (0, "waiting")

    study = hpo.open_study("small", studies)
    paused = study.trials()[0]
    assert (study.state, len(study.trials()), study.budget.used) == ("paused", 1, 0)
    assert (paused.state, paused.attempts) == ("waiting", 1)
    assert paused.epochs >= 2

    events = []
    study = hpo.resume("small", studies=studies, launcher=thread_launcher, listen=lambda study: events.append)
    resumed = [event.epoch for event in events if isinstance(event, EpochDone) and event.number == 0]
    assert resumed == list(range(paused.epochs, 31)), "from its last epoch on, which is reported once more"
    assert [(trial.number, trial.state, trial.attempts) for trial in study.trials()] == [
        (0, "complete", 2),
        (1, "complete", 1),
    ]
    assert study.trials()[0].params == paused.params
    assert study.trials()[0].epochs == 30
    assert (study.state, study.budget.used) == ("finished", 2)
    assert study.test_score["trial"] == study.best.number


def test_hpo_pause_has_a_run_of_another_process_give_its_trial_back(small_space, studies, thread_launcher):
    pauses = []

    def listen(study):
        def take(event):
            if in_the_middle(event):
                command = [Path(sys.executable).with_name("hpo"), "pause", "small", "--studies", studies]
                pauses.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))

        return take

    with pytest.raises(KeyboardInterrupt, match="`hpo pause` asked for it"):
        hpo.run(small_space, overrides=ENDLESS, studies=studies, launcher=thread_launcher, listen=listen)
    (pause,) = pauses
    first, last = pause.communicate()[1].splitlines()
    assert pause.returncode == 0
    assert first == "Study small is asked to pause; 1 trial running."
    assert last.startswith("Study small is paused: 1 waiting. `hpo resume ")
    (trial,) = hpo.open_study("small", studies).trials()
    assert (trial.state, trial.attempts) == ("waiting", 1)
    assert trial.epochs >= 2


def test_an_interrupt_while_workers_load_ends_the_run_at_once(small_space, studies, start_run):
    with start_run("run", small_space) as run:
        log = studies / "small" / "logs" / "worker-1.log"
        while not log.exists():
            os.sched_yield()
        os.kill(run.process.pid, signal.SIGTERM)
        status, errors = run.end()
    assert status == -signal.SIGINT
    assert "KeyboardInterrupt" in errors
    assert run.events == [Stopping(running=0)]
    assert hpo.open_study("small", studies).state == "paused"


def test_another_worker_takes_the_place_of_one_that_is_killed_in_the_middle_of_a_trial(small_space, studies):
    events, workers, curves = [], [], []

    def listen(study):
        def take(event):
            events.append(event)
            match event:
                case WorkerReady():
                    workers.append(event.name)
                case EpochDone(number=0, epoch=2) if len(workers) == 1:
                    os.kill(int(workers[0].partition(":")[2]), signal.SIGKILL)
                case WorkerDied():
                    curves.extend(study.dataframe(learning_curves=True).to_dict("records"))

        return take

    study = hpo.run(small_space, trials=1, overrides=LONG, studies=studies, listen=listen)
    reported = [event for event in events if isinstance(event, EpochDone)][:2]
    for row, epoch in zip(curves, reported, strict=False):
        assert {name: row[name] for name in epoch.metrics} == epoch.metrics, "all of it, of a worker that was killed"
        assert set(epoch.metrics) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert [row["epoch"] for row in curves[:2]] == [1, 2]
    trained = [event.epoch for event in events if isinstance(event, EpochDone)]
    assert sorted(set(trained)) == list(range(1, 31))
    assert len(trained) <= 31, "no more than the epoch that the second worker went on from came twice"
    (retried,) = study.trials()
    assert (retried.state, retried.attempts, retried.cause, retried.worker) == ("complete", 2, None, workers[1])
    assert study.state == "finished"
    assert study.test_score["trial"] == 0

    ends = [event for event in events if isinstance(event, WorkerReady | WorkerDied | TrialEnded | TestScored)]
    assert [type(event) for event in ends] == [
        *(WorkerReady, WorkerDied, TrialEnded),
        *(WorkerReady, TrialEnded, TestScored),
    ]
    assert [(end.number, end.state) for end in ends if isinstance(end, TrialEnded)] == [(0, "waiting"), (0, "complete")]
    assert ends[2].cause.startswith(
        "worker_died: its process died (signal 9, SIGKILL; the machine may be out of memory): see its log, "
    )
