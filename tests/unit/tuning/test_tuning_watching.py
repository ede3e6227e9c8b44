"""What is told of a study that others work on, from one look at it to the next."""

from __future__ import annotations

import pytest

from hpo.fleet import EpochDone, Notice, TrialEnded, TrialStarted, WorkerReady
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import StudyAddress, StudyRecord, create_study
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused
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


def test_a_trial_that_began_and_ended_between_two_looks_is_told(study):
    watch = StudyWatch(StudyRecord(study.address))
    OptunaSearch(study, "host:1").ask().tell(Failed(Cause("nan_loss", "in epoch 1")))
    (ended,) = watch.look()
    assert isinstance(ended, TrialEnded)
    assert (ended.state, ended.cause) == ("failed", "nan_loss: in epoch 1")


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

    assert [type(event) for event in watch.follow(sleep)] == [WorkerReady, TrialStarted, TrialEnded]
