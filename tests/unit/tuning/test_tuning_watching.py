"""What is told of a study that others work on, from one look at it to the next."""

from __future__ import annotations

import pytest

from hpo.fleet import EpochDone, Notice, TrialEnded, TrialStarted, WorkerReady
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import StudyAddress, StudyRecord, create_study
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused, Pruned
from hpo.tuning.watching import StudyWatch


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)])
def study(request, small_space, studies):
    """A study in a file, or on a server."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    address = StudyAddress.named("small", studies, url)
    with create_study(load(small_space, ["search.trials=9"]), address) as active:
        yield active


def complete(trial, value):
    trial.tell(Completed(Learned(value, 1, value, {}, 10.0, {"val_accuracy": [value]}), (value,), lambda path: None))


def report(trial, epoch, value):
    trial.report(EpochReport(epoch, 2, value, 10.0, {"val_accuracy": value}, seconds=2.0))


def test_each_change_is_told_once_with_the_worker_and_what_was_there_before_is_not(study):
    complete(OptunaSearch(study, "host:1").ask(), 0.5)
    running = OptunaSearch(study, "host:7").ask()
    report(running, 1, 0.6)
    watch = StudyWatch(StudyRecord(study.address))
    ready, started, epoch = watch.look()
    assert (ready.worker, ready.name) == (1, "host:7")
    assert isinstance(ready, WorkerReady)
    assert isinstance(started, TrialStarted)
    assert (started.number, started.params, started.epochs) == (1, running.params, 2)
    assert isinstance(epoch, EpochDone)
    assert (epoch.epoch, epoch.value) == (1, 0.6)
    assert list(watch.look()) == []
    report(running, 2, 0.7)
    (epoch,) = watch.look()
    assert (epoch.worker, epoch.number, epoch.epoch, epoch.value) == (1, 1, 2, 0.7)
    complete(running, 0.7)
    (ended,) = watch.look()
    assert (ended.worker, ended.number, ended.state, ended.values) == (1, 1, "complete", [0.7])
    assert list(watch.look()) == []


def test_a_trial_that_began_and_ended_between_two_looks_is_told_whole(study):
    watch, worker = StudyWatch(StudyRecord(study.address)), OptunaSearch(study, "host:1")
    worker.ask().tell(Failed(Cause("nan_loss", "in epoch 1")))
    ready, started, ended = watch.look()
    assert (type(ready), type(started), type(ended)) == (WorkerReady, TrialStarted, TrialEnded)
    assert (ended.state, ended.cause) == ("failed", "nan_loss: in epoch 1")
    trial = worker.ask()
    report(trial, 1, 0.5)
    report(trial, 2, 0.6)
    trial.tell(Completed(Learned(0.6, 2, 0.6, {}, 10.0, {"val_accuracy": [0.5, 0.6]}), (0.6,), lambda path: None))
    started, first, second, ended = watch.look()
    assert (started.worker, started.number, started.params) == (ready.worker, 1, trial.params)
    assert [(epoch.epoch, epoch.value) for epoch in (first, second)] == [(1, 0.5), (2, 0.6)]
    assert (ended.number, ended.state) == (1, "complete")
    assert list(watch.look()) == []


def test_a_promoted_trial_that_has_ended_by_the_next_look_is_told(study):
    search = OptunaSearch(study, "host:1")
    trial = search.ask()
    report(trial, 1, 0.5)
    trial.tell(Pruned(Learned(0.5, 1, 0.5, {}, 10.0, {"val_accuracy": [0.5]})))
    watch = StudyWatch(StudyRecord(study.address))
    promoted = search.take_on(study.claim_pruned("host:1", trial.number))
    report(promoted, 2, 0.4)
    promoted.tell(Pruned(Learned(0.5, 1, 0.4, {}, 10.0, {"val_accuracy": [0.5, 0.4]})))
    ready, started, epoch, ended = watch.look()
    assert (type(ready), type(started), type(ended)) == (WorkerReady, TrialStarted, TrialEnded)
    assert (epoch.number, epoch.epoch, epoch.value, ended.state) == (trial.number, 2, 0.4, "pruned")


def test_epochs_between_the_last_look_and_the_end_of_a_trial_are_told(study):
    watch, trial = StudyWatch(StudyRecord(study.address)), OptunaSearch(study, "host:1").ask()
    assert [type(event) for event in watch.look()] == [WorkerReady, TrialStarted]
    report(trial, 1, 0.5)
    complete(trial, 0.5)
    epoch, ended = watch.look()
    assert (epoch.epoch, epoch.value, ended.state) == (1, 0.5, "complete")


def test_the_number_of_a_worker_that_runs_nothing_goes_to_a_new_one(study):
    watch = StudyWatch(StudyRecord(study.address))
    trials = {name: OptunaSearch(study, name).ask() for name in ("host:1", "host:2")}
    assert {event.name: event.worker for event in watch.look() if isinstance(event, WorkerReady)} == {
        "host:1": 1,
        "host:2": 2,
    }
    complete(trials["host:1"], 0.5)
    assert [(type(event), event.worker) for event in watch.look()] == [(EpochDone, 1), (TrialEnded, 1)]
    OptunaSearch(study, "host:1").ask()
    assert [(type(event), event.worker) for event in watch.look()] == [(TrialStarted, 1)]
    complete(trials["host:2"], 0.5)
    OptunaSearch(study, "host:3").ask()
    assert [(type(event), event.worker) for event in watch.look()] == [
        (EpochDone, 2),
        (TrialEnded, 2),
        (WorkerReady, 2),
        (TrialStarted, 2),
    ]


def test_a_trial_that_is_given_back_and_begun_again_and_a_pause_are_told(study):
    watch = StudyWatch(StudyRecord(study.address))
    OptunaSearch(study, "host:1").ask().tell(Paused())
    assert list(watch.look()) == []
    trial = OptunaSearch(study, "host:1").ask()
    assert [type(event) for event in watch.look()] == [WorkerReady, TrialStarted]
    study.pause("the sweep is paused")
    trial.tell(Paused())
    ended, notice = watch.look()
    assert (ended.state, notice) == ("waiting", Notice(0, "it was asked to pause: the sweep is paused", ""))
    again = OptunaSearch(study, "host:2").ask()
    assert again.number == trial.number
    assert [type(event) for event in watch.look()] == [WorkerReady, TrialStarted]


def test_it_ends_when_nobody_works_on_the_study(study):
    watch = StudyWatch(StudyRecord(study.address))
    trial = OptunaSearch(study, "host:1").ask()

    def sleep(seconds):
        complete(trial, 0.5)

    assert [type(event) for event in watch.follow(sleep)] == [WorkerReady, TrialStarted, EpochDone, TrialEnded]
