"""Runs from beginning to end: supervisor, workers and study together.

But for two at once, the workers are threads of the test's process, which has the engine already.
"""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest

import hpo
from hpo.errors import LeaseLostError
from hpo.fleet import EpochDone, Notice, TestScored, TrialEnded, TrialStarted, WorkerDied, WorkerReady
from hpo.fleet.renewal import renew_leases
from hpo.search import claim
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import ActiveStudy, Lease, StudyRecord, TrialLedger, create_study
from hpo.training import Paused

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("thread_launcher")]


run_in_thread = partial(hpo.run, launcher="threads")


class Recorder:
    """Keeps the events of runs."""

    def __init__(self):
        self.events = []

    def __call__(self, study):
        return self.events.append

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def test_a_budget_is_a_total_that_two_workers_share_and_that_may_be_raised(small_space, studies):
    first = Recorder()
    study = hpo.run(small_space, trials=3, workers=2, studies=studies, listen=first)
    assert study.counts()["complete"] == len(study.trials()) == 3
    assert study.state == "finished"
    assert study.folder.models.numbers() == [study.best.number]
    assert [event.number for event in first.of(TestScored)] == [study.best.number]
    assert 0 <= study.test_score["accuracy"] <= 1
    assert_in_order(first.events)

    again = Recorder()
    study = hpo.run(small_space, trials=3, workers=2, studies=studies, listen=again)
    assert again.events == []
    assert len(study.trials()) == 3

    raised = Recorder()
    study = hpo.resume(study.name, trials=4, workers=2, launcher="threads", studies=studies, listen=raised)
    assert [event.number for event in raised.of(TrialEnded)] == [3]
    assert len(raised.of(WorkerReady)) == 1  # no more workers than trials
    assert study.state == "finished"
    assert {trial.state for trial in study.trials()} == {"complete"}
    assert [trial.attempts for trial in study.trials()] == [1, 1, 1, 1]
    assert len({trial.worker for trial in study.trials()}) >= 2
    assert len(study.environments()) == 2


def assert_in_order(events):
    """Of each worker: ready, then trial after trial, each with its epochs in order."""
    per_worker = {}
    for event in events:
        if not isinstance(event, Notice):  # what it has read of the data
            per_worker.setdefault(event.worker, []).append(event)
    for mine in per_worker.values():
        assert isinstance(mine[0], WorkerReady)
        running, epoch = None, 0
        for event in mine[1:]:
            match event:
                case TrialStarted():
                    assert running is None
                    running, epoch = event.number, 0
                case EpochDone():
                    assert (event.number, event.epoch) == (running, epoch + 1)
                    epoch = event.epoch
                case TrialEnded():
                    assert event.number == running
                    running = None
                case TestScored():
                    assert running is None
                    assert event is events[-1]


BETTER_LATER = """\
study: later
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: 1, filters: 4, dense_units: 0}
training: {epochs: 3, batch_size: 64, learning_rate: {choice: [1e-9, 0.02]}}
search: {trials: 1, sampler: grid, pruner: none}
start_from: [{learning_rate: 1e-9}]
"""


def test_a_better_trial_of_a_raised_budget_takes_the_models_place_and_is_scored(tmp_path, studies):
    path = tmp_path / "later.yaml"
    path.write_text(BETTER_LATER)

    study = run_in_thread(path, studies=studies)
    assert study.best.number == study.test_score["trial"] == 0
    poor = study.test_score["accuracy"]

    study = run_in_thread(path, trials=2, studies=studies)
    assert study.best.number == study.test_score["trial"] == 1
    assert study.test_score["accuracy"] > poor
    assert study.folder.models.numbers() == [1]


RULES_THAT_MEET = """\
study: meeting
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: {choice: [1, 3, 2]}, filters: {choice: [4, [4, 6], 5]}, dense_units: 0}
training: {epochs: 1, batch_size: 512}
"""


def test_a_config_that_breaks_a_rule_fails_its_trial_and_not_its_worker(tmp_path, studies):
    path = tmp_path / "meeting.yaml"
    start = "start_from: [{depth: 3, filters: '[4, 6]'}]\n"
    path.write_text(f"{RULES_THAT_MEET}{start}search: {{trials: 2, sampler: random, pruner: none}}\n")
    recorder = Recorder()
    study = run_in_thread(path, studies=studies, listen=recorder)
    failed, other = study.trials()
    assert (failed.state, other.state) == ("failed", "complete")
    assert failed.params == {"depth": 3, "filters": "[4, 6]"}
    assert failed.cause == (
        "impossible_architecture: model: filters is one number, or a list with a number for each of the 3 blocks"
    )
    assert len(recorder.of(WorkerReady)) == 1
    assert not recorder.of(WorkerDied)
    assert study.state == "finished"


HOPELESS, SLOW, FAST = "learning_rate: 1e-9", "learning_rate: 1e-3", "learning_rate: 0.02"
TWO_OBJECTIVES = f"""\
study: two
data: {{dataset: digits, validation: 0.2}}
model: {{family: simple_cnn, depth: 1, filters: {{choice: [2, 16]}}, dense_units: 0}}
training: {{epochs: 3, batch_size: 64, learning_rate: {{choice: [1e-9, 1e-3, 0.02]}}}}
objective: [val_accuracy, parameters]
search: {{trials: 4, sampler: random, pruner: none}}
start_from:
  - {{filters: 16, {HOPELESS}}}
  - {{filters: 16, {FAST}}}
  - {{filters: 2, {SLOW}}}
  - {{filters: 2, {HOPELESS}}}
"""


def test_the_models_of_unbeaten_trials_are_kept_and_scored_and_those_of_beaten_ones_removed(tmp_path, studies):
    path = tmp_path / "two.yaml"
    path.write_text(TWO_OBJECTIVES)
    recorder, model_numbers = Recorder(), []

    def listen(study):
        def take(event):
            recorder.events.append(event)
            if isinstance(event, TrialEnded):
                model_numbers.append(study.folder.models.numbers())

        return take

    study = run_in_thread(path, studies=studies, listen=listen)
    assert model_numbers == [[0], [1], [1, 2], [1, 2]]
    front = [best.number for best in study.front]
    assert front == [1, 2]
    assert [event.number for event in recorder.of(TestScored)] == front  # each once, the best first
    assert set(study.test_scores) == {1, 2}
    assert study.test_scores[1]["accuracy"] > 0.5
    assert StudyRecord(study.address).unscored() == []
    assert [len(event.values) for event in recorder.of(TrialEnded)] == [2, 2, 2, 2]
    large, small = (study.trials()[number].values[1] for number in (1, 2))
    assert large > small > 0

    again = Recorder()
    assert run_in_thread(path, studies=studies, listen=again).test_scores == study.test_scores
    assert again.events == []


def test_a_network_that_is_too_large_costs_no_trial_of_the_budget(tmp_path, studies):
    path = tmp_path / "small.yaml"
    constrained = (
        RULES_THAT_MEET.replace("depth: {choice: [1, 3, 2]}", "depth: 1") + "constraints: [parameters <= 720]\n"
    )
    path.write_text(f"{constrained}search: {{trials: 10, sampler: grid, pruner: none}}\n")
    recorder = Recorder()
    study = run_in_thread(path, studies=studies, listen=recorder)
    for trial in StudyRecord(study.address).frozen_trials():
        assert trial.user_attrs["measures"]["parameters"] <= 720 or trial.state.name == "PRUNED"
    ended = {event.state: event.cause for event in recorder.of(TrialEnded)}
    assert ended == {"complete": None, "infeasible": "infeasible: parameters <= 720"}
    assert [len(recorder.of(kind)) for kind in (TrialStarted, TrialEnded)] == [3, 3]
    assert study.state == "finished"  # a grid ends with its last configuration
    assert study.budget.used == study.counts()["complete"] == 2


def test_a_worker_renews_its_leases_from_before_the_claim(small_space, studies, monkeypatch):
    threads = []

    def record_threads(*arguments):
        threads.append([thread.name for thread in threading.enumerate()])
        return claim(*arguments)

    monkeypatch.setattr("hpo.search.claim", record_threads)
    run_in_thread(small_space, trials=1, studies=studies)
    assert threads
    assert all("renew leases" in names for names in threads)


def test_a_lease_is_renewed_while_the_config_of_its_trial_is_drawn(small_space, studies, monkeypatch):
    with create_study(load(small_space, ["recovery.lease=1s"]), studies) as study:
        storage, search = study.storage, OptunaSearch(study, "host:1")

        def ends():
            return [state.until for state in storage.transact(storage.attempts.leases.select).values()]

        def draw_until_renewed(*arguments):
            before, deadline = ends(), time.monotonic() + 60
            while ends() == before and time.monotonic() < deadline:
                time.sleep(0.05)
            assert ends() > before
            return draw(*arguments)

        draw = search._untried.draw
        monkeypatch.setattr(search._untried, "draw", draw_until_renewed)
        with renew_leases(study):
            trial = search.ask()
            assert study.reclaim() == []
            trial.tell(Paused())
            again = search.ask()
        assert (again.number, again.attempt) == (trial.number, 2)


def test_a_worker_that_loses_a_trial_while_its_config_is_drawn_claims_the_next(small_space, studies, monkeypatch):
    losses = iter([LeaseLostError("trial:0: attempt 1 has ended.")])

    def lose_first(*arguments):
        for error in losses:
            raise error
        return claim(*arguments)

    monkeypatch.setattr("hpo.search.claim", lose_first)
    study = run_in_thread(small_space, trials=1, studies=studies)
    assert study.counts()["complete"] == 1


def test_how_far_a_trial_is_in_the_middle_of_an_epoch_is_recorded_with_its_attempt(small_space, studies):
    overrides = ["training.epochs=1", "training.batch_size=16", "training.checkpoint.every=0.001"]
    study = run_in_thread(small_space, trials=1, overrides=overrides, studies=studies)
    with ActiveStudy(study.address) as active:
        (entry,) = TrialLedger(active.frozen_trials()[0].user_attrs).attempt_entries.values()
        steps = -(-active.data["images"]["train"] // 16)
    assert entry["reached"] == [0, steps - 1], "after each step but the last, which ends the epoch"
    assert study.trials()[0].duration_s >= round(study.best.measures["duration_s"], 3)


def test_leases_are_renewed_also_where_one_is_taken_while_they_are_counted(small_space, studies, monkeypatch):
    """Python leaves the thread for another one while it hashes a lease."""
    with create_study(load(small_space, ["recovery.lease=1s"]), studies) as study:
        storage, renewed = study.storage, threading.Event()

        class LeaseAmidOthers(Lease):
            def __hash__(self):
                storage.leases.setdefault(2, Lease("trial:2", "host:1", 1))
                return super().__hash__()

        monkeypatch.setattr(storage, "renew", lambda lease: renewed.set() if lease.number == 2 else None)
        storage.leases[1] = LeaseAmidOthers("trial:1", "host:1", 1)
        with renew_leases(study):
            assert renewed.wait(60)
