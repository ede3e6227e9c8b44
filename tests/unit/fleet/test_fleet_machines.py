"""Two machines, of two workers each, on a study on a server: what ends it ends it for both, and no limit is passed."""

from __future__ import annotations

import threading
from itertools import count

import pytest
import untrained_workers
from untrained_workers import UntrainedWorker
from workers_in_threads import ThreadLauncher

from hpo import tuning
from hpo.catalog import LAUNCHERS
from hpo.spaces import load
from hpo.studies import StudyAddress, create_study
from hpo.training import Completed, EpochReport, Learned
from hpo.tuning import RunOptions

WORKERS = 4
BEST = 8
"""The number of the trial that is better than those before."""


@pytest.fixture
def launcher(monkeypatch):
    """The name of a launcher of two workers that train nothing; the first trial of each waits for those of all."""
    starts, barrier, met = count(0, 100), threading.Barrier(WORKERS), set()

    def spend(index, trial):
        is_first = index not in met
        met.add(index)
        if is_first:
            barrier.wait(60)
        trial.describe_attempt({"gpus": 0.0 if is_first else 1.0})
        value = 0.5 if trial.number < BEST else 0.7
        trial.report(EpochReport(1, 1, value, 10.0, {"val_accuracy": value}))
        return Completed(Learned(value, 1, value, {}, 10.0, {"val_accuracy": [value]}), (value,), lambda path: None)

    def launch():
        first = next(starts)
        return ThreadLauncher(
            UntrainedWorker(spend, lambda index: False, first), map("thread {}".format, count(first)), most=2
        )

    monkeypatch.setattr(untrained_workers, "launch", launch, raising=False)
    monkeypatch.setitem(LAUNCHERS.built_in, "untrained", "untrained_workers:launch")
    return "untrained"


@pytest.fixture
def run_on_both(small_space, postgres_url, tmp_path, launcher):
    """`run_on_both(changes)`: one machine leads the study, another one joins at once; what each returns."""

    def run(changes):
        one, two = (RunOptions(launcher=launcher, workers=2, storage=postgres_url, studies=tmp_path / n) for n in "ab")
        create_study(load(small_space, changes), StudyAddress.named("small", *one.place)).close()
        ended = {}

        def work(name, call, options):
            ended[name] = call("small", options=options)

        machines = [
            threading.Thread(target=work, args=("leader", tuning.resume, one)),
            threading.Thread(target=work, args=("joined", tuning.worker, two)),
        ]
        for machine in machines:
            machine.start()
        for machine in machines:
            machine.join(120)
        assert not [machine for machine in machines if machine.is_alive()], "somebody hangs"
        return ended["leader"], ended["joined"]

    return run


@pytest.mark.parametrize(
    ("limits", "end", "most"),
    [
        (["search.epochs=9"], "its budget of 9 epochs is used up", 9 + WORKERS - 1),
        (["search.cost=1", "cost={per_gpu_hour: 50000, currency: EUR}"], "its budget of 1 EUR is used up", 59),
        (["search.stop.target=0.6"], f"trial {BEST} has reached the target: val_accuracy 0.7 (0.6 asked)", 59),
        (["search.stop.no_improvement=4"], "trials have ended since one, trial 0, was the best", 4 + WORKERS),
        (["search.stop={regret: {tolerance: 0.9, min_trials: 6}}"], "and 0.9 are too little", 59),
    ],
)
def test_what_ends_a_study_ends_it_for_all_who_claim_at_once(run_on_both, limits, end, most):
    for record in run_on_both(["search.trials=60", "training.epochs=1", *limits]):
        assert end in record.budget.end
        assert record.state == "finished"
    trials = record.trials()
    assert {int(trial.worker.split()[1]) // 100 for trial in trials} == {0, 1}, "both took part"
    assert {trial.state for trial in trials} == {"complete"}
    assert WORKERS <= len(trials) <= most
