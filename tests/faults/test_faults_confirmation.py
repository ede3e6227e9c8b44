"""A confirmation whose worker is killed, and then whoever leads it: the next worker ends by itself."""

from __future__ import annotations

import os
import signal

import pytest

import hpo
from hpo.fleet import EpochDone, TrialEnded, TrialStarted, WorkerReady

pytestmark = pytest.mark.engine


def is_second_epoch_of(number):
    return lambda event: isinstance(event, EpochDone) and (event.number, event.epoch) == (number, 2)


def test_a_confirmation_loses_nothing_to_kills_leaves_no_worker_and_is_brought_to_its_end_by_resume(
    small_space, studies, start_run, is_alive, *, thread_launcher
):
    before = hpo.run(
        small_space, trials=1, overrides=["training.epochs=20"], studies=studies, launcher=thread_launcher, quiet=True
    )
    with start_run("confirm", "small", top=1, seeds=2) as run:
        worker = run.until(lambda event: isinstance(event, WorkerReady)).name
        run.until(is_second_epoch_of(1))
        os.kill(int(worker.partition(":")[2]), signal.SIGKILL)
        worker = run.until(lambda event: isinstance(event, WorkerReady)).name
        run.until(lambda event: isinstance(event, TrialEnded) and (event.number, event.state) == (1, "complete"))
        run.until(is_second_epoch_of(2))
        os.kill(run.process.pid, signal.SIGKILL)
        run.process.wait()
        events = []
        study = hpo.resume("small", studies=studies, launcher=thread_launcher, listen=lambda study: events.append)
    assert not is_alive(worker), "nobody has ended it"
    assert [event.number for event in events if isinstance(event, TrialStarted)] == [2]
    runs = [trial for trial in study.trials() if "confirms" in trial]
    assert [(run.state, run.attempts, run.epochs) for run in runs] == [("complete", 2, 20)] * 2
    assert (study.best.number, study.budget.used, study.state) == (0, before.budget.used, "finished")
    confirmation = study.confirmation
    assert (confirmation.winner, confirmation.test.trial, len(confirmation.test.values)) == (0, 0, 2)
    assert confirmation.model_trial in (1, 2)
    assert study.folder.models.numbers() == sorted({0, confirmation.model_trial})

    again = hpo.confirm("small", top=1, seeds=2, studies=studies, launcher=thread_launcher, quiet=True)
    assert again.confirmation == confirmation
