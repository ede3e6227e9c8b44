"""Runs from beginning to end: supervisor, workers and study together."""

from __future__ import annotations

from collections import Counter

import pytest

import hpo
from hpo.fleet import EpochDone, TestScored, TrialEnded, TrialStarted, WorkerDied, WorkerReady

pytestmark = pytest.mark.engine


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
    study = hpo.resume(study.name, trials=4, workers=2, studies=studies, listen=raised)
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
seed: SEED
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: 1, filters: 4, dense_units: 0}
training: {epochs: 3, batch_size: 64, learning_rate: {choice: [1e-9, 0.02]}}
search: {trials: 1, sampler: grid, pruner: none}
"""


def seed_that_begins_badly(path):
    """A seed of which the grid's first configuration is the hopeless one."""
    from hpo.search.samplers import GridOfActive

    space = hpo.load(path).space
    return next(seed for seed in range(20) if space.nth(GridOfActive(space, seed).order(0))["learning_rate"] == 1e-9)


def test_a_better_trial_of_a_raised_budget_takes_the_models_place_and_is_scored(tmp_path, studies):
    path = tmp_path / "later.yaml"
    path.write_text(BETTER_LATER.replace("SEED", "0"))
    path.write_text(BETTER_LATER.replace("SEED", str(seed_that_begins_badly(path))))

    study = hpo.run(path, studies=studies)
    assert study.best.number == study.test_score["trial"] == 0
    poor = study.test_score["accuracy"]

    study = hpo.run(path, trials=2, studies=studies)
    assert study.best.number == study.test_score["trial"] == 1
    assert study.test_score["accuracy"] > poor
    assert study.folder.models.numbers() == [1]


RULES_THAT_MEET = """\
study: meeting
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: {choice: [1, 3, 2]}, filters: {choice: [4, [4, 6], 5]}, dense_units: 0}
training: {epochs: 1, batch_size: 256}
search: {trials: 10, sampler: grid, pruner: none}
"""


def test_a_config_that_breaks_a_rule_fails_its_trial_and_not_its_worker(tmp_path, studies):
    path = tmp_path / "meeting.yaml"
    path.write_text(RULES_THAT_MEET)
    recorder = Recorder()
    study = hpo.run(path, studies=studies, listen=recorder)
    assert Counter(trial.state for trial in study.trials()) == {"complete": 8, "failed": 1}
    failed = next(trial for trial in study.trials() if trial.state == "failed")
    assert failed.params == {"depth": 3, "filters": "[4, 6]"}
    assert failed.cause == (
        "impossible_architecture: model: filters is one number, or a list with a number for each of the 3 blocks"
    )
    assert len(recorder.of(TrialEnded)) == 9
    assert not recorder.of(WorkerDied)
    assert study.state == "finished"  # a grid ends with its last configuration
