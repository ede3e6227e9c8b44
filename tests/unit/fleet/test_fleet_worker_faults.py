"""Workers that die, hang or grow: others take their places, and go on with what they had."""

from __future__ import annotations

import re
import threading

import pytest
from untrained_workers import Deeds, UnnamedDeath, beat, completed, end, ended_trials, failed, hang
from workers_in_threads import ThreadConnection

from hpo.errors import WorkerError
from hpo.fleet import (
    Event,
    Heartbeat,
    TestScored,
    TrialEnded,
    TrialStarted,
    WorkerDied,
    WorkerGrown,
    WorkerReady,
)
from hpo.fleet.messages import to_json
from hpo.search import ActiveTrial
from hpo.studies import StudyAddress, TrialLedger
from hpo.training import Outcome


def test_the_trial_of_a_worker_that_died_is_run_by_another_and_every_slot_is_filled_again(supervise):
    deaths: list[int] = []

    def ends(_: int, trial: ActiveTrial) -> Outcome | None:
        if trial.number in (1, 2) and trial.number not in deaths:
            deaths.append(trial.number)
            return None
        return failed()

    study, events = supervise(ends, 2, 4)
    assert sorted(ended_trials(events)) == sorted(
        [(0, "failed"), (1, "waiting"), (2, "waiting"), *((number, "failed") for number in (1, 2, 3))]
    )
    assert [trial.attempts for trial in study.trials()] == [1, 2, 2, 1]
    assert sum(isinstance(event, WorkerReady) for event in events) == 4


def test_a_trial_that_a_dead_worker_never_put_its_name_to_is_run(supervise):
    deaths: list[int] = []

    def ends(_: int, trial: ActiveTrial) -> Outcome | None:
        if not deaths:
            deaths.append(trial.number)
            raise UnnamedDeath
        return failed()

    study, _ = supervise(ends, 1, 2)
    assert [trial.state for trial in study.trials()] == ["failed", "failed"]


def test_five_deaths_in_a_row_end_the_run_with_the_last_one(supervise):
    with pytest.raises(WorkerError, match=r"^5 trials or workers in a row failed.*The last one: worker_died: its"):
        supervise(lambda *_: None, 1, 10)


def test_another_takes_the_place_of_a_worker_that_is_killed_before_any_was_ready(supervise_work):
    starts, train = [], Deeds(end)

    def work(address: StudyAddress, number: int, connection: ThreadConnection) -> None:
        starts.append(number)
        if len(starts) > 2:
            train(address, number, connection)

    study, events = supervise_work(work, 1, 1)
    assert [type(event) for event in events][:3] == [WorkerDied, WorkerDied, WorkerReady]
    assert ended_trials(events) == [(0, "failed")]
    assert study.counts()["failed"] == 1


def test_five_workers_that_are_killed_before_any_was_ready_end_the_run(supervise_work):
    with pytest.raises(WorkerError, match=r"^5 trials or workers in a row failed.*The last one: worker_died: its"):
        supervise_work(lambda *_: None, 1, 1)


def test_a_worker_that_exits_before_any_was_ready_ends_the_run_at_once(supervise_work):
    starts = []

    def fail(address: StudyAddress, number: int, connection: ThreadConnection) -> None:
        starts.append(number)
        raise ImportError("no such library")

    with pytest.raises(WorkerError, match=r"^thread 1 ended before it could run a trial: its process exited with stat"):
        supervise_work(fail, 1, 1)
    assert starts == [1]


def test_a_config_that_every_worker_dies_of_is_set_aside_and_the_others_are_tried(supervise):
    study, events = supervise(lambda _, trial: None if trial.number == 1 else failed(), 1, 3)
    assert ended_trials(events) == [(0, "failed"), *[(1, "waiting")] * 2, (1, "failed"), (2, "failed")]
    assert [trial.attempts for trial in study.trials()] == [1, 3, 1]
    assert study.trials()[1].cause.startswith("worker_died: its process died (signal 9, SIGKILL)")


def test_a_trial_is_tried_again_as_often_as_its_file_says(supervise):
    study, events = supervise(lambda *_: None, 1, 1, changes=["recovery.retries=0"])
    assert ended_trials(events) == [(0, "failed")]
    (entry,) = TrialLedger(study.frozen_trials()[0].user_attrs).attempt_entries.values()
    assert (entry["worker"], entry["log"]) == ("thread 0", "the last line")
    assert entry["cause"].startswith("worker_died: ")


def test_a_worker_that_comes_no_step_further_is_killed_and_its_trial_tried_again(supervise_work):
    changes = ["recovery.hang_timeout=3s"]
    study, events = supervise_work(Deeds(hang, beat), 1, 1, changes=changes)
    assert ended_trials(events) == [(0, "waiting"), (0, "failed")]
    (died,) = (event for event in events if isinstance(event, WorkerDied))
    silence = r"its process came no step further for \d s \(training trial 0\), and was killed"
    assert re.fullmatch(rf"{silence} \(recovery.hang_timeout: 3 s\)", died.reason)
    assert not any(isinstance(event, Heartbeat) for event in events), "which nobody but the supervisor needs"
    entries = TrialLedger(study.frozen_trials()[0].user_attrs).attempt_entries
    assert entries[1]["cause"] == f"hang: {died.reason}"


def test_a_worker_that_has_grown_is_replaced_between_two_trials_and_that_is_no_failure(supervise_work):
    def grow(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
        trial.tell(failed())
        connection.send(to_json(TrialEnded(number, trial.number, "failed", None, "impossible_architecture: why", 0.0)))
        connection.send(to_json(WorkerGrown(number, 2 * 10**9)))
        list(connection.requests())

    study, events = supervise_work(Deeds(*[grow] * 7, end), 1, 8)
    kinds = [type(event) for event in events]
    assert (kinds.count(WorkerGrown), kinds.count(WorkerReady), kinds.count(WorkerDied)) == (7, 8, 0)
    assert [trial.attempts for trial in study.trials()] == [1] * 8


def test_a_worker_that_has_grown_and_dies_in_the_same_moment_costs_its_successor_nothing(supervise_work):
    threads = []

    def grow_and_die(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
        threads.append(threading.current_thread())
        trial.tell(failed())
        connection.send(to_json(WorkerGrown(number, 2 * 10**9)))

    def await_death(event: Event) -> None:
        if isinstance(event, WorkerGrown):
            threads[0].join(60)  # so its death is told before anybody asks it to end

    _, events = supervise_work(Deeds(grow_and_die, end), 1, 2, await_death)
    kinds = [type(event) for event in events]
    assert (kinds.count(WorkerReady), kinds.count(WorkerDied)) == (2, 0)


def test_a_model_is_scored_by_the_next_worker_where_the_first_dies_of_it(supervise):
    study, events = supervise(completed, 1, 1, dies_of_scoring=lambda index: index == 0)
    kinds = [type(event) for event in events]
    assert kinds == [WorkerReady, TrialStarted, TrialEnded, WorkerDied, WorkerReady, TestScored]
    assert study.state == "finished"
    assert study.test_score == {"trial": 0, "accuracy": 0.5, "loss": 1.0}


def test_a_model_that_two_workers_have_died_of_is_left_without_a_score(supervise):
    study, events = supervise(completed, 1, 1, dies_of_scoring=lambda index: True)
    assert [type(event) for event in events].count(WorkerDied) == 2
    assert study.state == "finished"
    assert study.test_score["accuracy"] is None
    assert study.test_score["error"].startswith("the worker that evaluates it dies: its process died")
