"""A run that ends before its budget is used up: by a signal, by `hpo pause`, by an error."""

from __future__ import annotations

import signal
import time

import pytest
from untrained_workers import Deeds, ended_trials
from workers_in_threads import ThreadConnection, ThreadLauncher

from hpo.fleet import (
    EpochDone,
    Event,
    Heartbeat,
    Stopping,
    TrialEnded,
    TrialStarted,
    WorkerReady,
)
from hpo.fleet.messages import to_json
from hpo.fleet.pausing import pause_study
from hpo.search import ActiveTrial
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, TrialLedger
from hpo.training import Paused


def test_a_run_pauses_when_the_study_is_asked_to(supervise_work, studies):
    events = []

    def give_back(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
        connection.send(to_json(Heartbeat(number, trial.number)))
        list(connection.requests())
        trial.tell(Paused())
        connection.send(to_json(TrialEnded(number, trial.number, "waiting", None, None, 0.0)))

    def take(event: Event) -> None:
        events.append(event)
        if isinstance(event, TrialStarted):
            assert pause_study(StudyAddress.in_folder(studies / "small"), 0.0) != []

    with pytest.raises(KeyboardInterrupt, match="`hpo pause` asked for it"):
        supervise_work(Deeds(give_back), 1, 2, take)
    assert [type(event) for event in events] == [WorkerReady, TrialStarted, Stopping, TrialEnded]
    study = StudyRecord(StudyAddress.in_folder(studies / "small"))
    assert [(trial.state, trial.attempts) for trial in study.trials()] == [("waiting", 1)]
    assert pause_study(study.address, 0.0) == [], "nobody works on it"


def test_a_trial_whose_worker_was_killed_because_the_run_ends_has_lost_none_of_its_retries(supervise_work, studies):
    def leave(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
        list(connection.requests())

    def take(event: Event) -> None:
        if isinstance(event, TrialStarted):
            raise RuntimeError("the listener fails")

    with pytest.raises(RuntimeError, match="the listener fails"):
        supervise_work(Deeds(leave), 1, 2, take)
    with ActiveStudy(StudyAddress.in_folder(studies / "small")) as study:
        (trial,) = study.frozen_trials()
        ledger = TrialLedger(trial.user_attrs)
        assert (trial.state.name, ledger.deaths, ledger.attempt_entries[1]["cause"]) == ("WAITING", 0, "paused")


def test_a_pause_that_was_asked_for_before_the_workers_started_is_heard(supervise_work, monkeypatch):
    def work(address: StudyAddress, number: int, connection: ThreadConnection) -> None:
        with ActiveStudy(address) as study:
            assert study.ledger.pause is not None
        connection.send(to_json(WorkerReady(number, "thread", "none")))
        list(connection.requests())

    slots = ThreadLauncher.slots

    def pause_first(launcher: ThreadLauncher, study: ActiveStudy, workers: int) -> list:
        pause_study(study.address, 0.0)
        return slots(launcher, study, workers)

    monkeypatch.setattr(ThreadLauncher, "slots", pause_first)
    with pytest.raises(KeyboardInterrupt, match="`hpo pause` asked for it"):
        supervise_work(work, 1, 1)


def test_two_signals_at_once_end_the_workers_at_once_and_that_is_all_that_is_said(supervise_work):
    events = []

    def train(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
        connection.send(to_json(Heartbeat(number, trial.number)))
        connection.send(to_json(EpochDone(number, trial.number, 1, 2, 0.5, 10.0)))
        list(connection.requests())
        time.sleep(0.5)  # it ends its step

    def take(event: Event) -> None:
        events.append(event)
        if isinstance(event, EpochDone):
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        supervise_work(Deeds(train), 1, 2, take)
    assert [event for event in events if isinstance(event, Stopping)] == [Stopping(1, is_forced=True)]
    assert ended_trials(events) == [(0, "waiting")]


def test_a_signal_after_hpo_pause_says_that_the_workers_are_ended(supervise_work, studies):
    events = []

    def train(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
        connection.send(to_json(Heartbeat(number, trial.number)))
        list(connection.requests())
        time.sleep(0.5)

    def take(event: Event) -> None:
        events.append(event)
        match event:
            case TrialStarted():
                pause_study(StudyAddress.in_folder(studies / "small"), 0.0)
            case Stopping(is_forced=False):
                signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        supervise_work(Deeds(train), 1, 2, take)
    assert [event for event in events if isinstance(event, Stopping)] == [Stopping(1), Stopping(1, is_forced=True)]
