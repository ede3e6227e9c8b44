"""Studies without workers: trials that are written into the storage by hand."""

from __future__ import annotations

import pytest

from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import create_study
from hpo.training import Cause, Completed, EpochReport, Failed, Infeasible, Learned, Paused, Pruned

LARGE = {"parameters": 2000.0, "flops": 1e6, "memory": 1e6}
"""The cost of a network that `constraints=[parameters <= 1000]` rules out."""


@pytest.fixture
def spec(small_space):
    """The spec of the small space, with changes to its file."""
    return lambda *overrides: load(small_space, overrides)


@pytest.fixture
def make_study(spec, studies):
    """Creates the study of the small space, with changes to its file."""
    return lambda *overrides: create_study(spec(*overrides), studies)


@pytest.fixture
def add_trials():
    """Adds a trial for each outcome: a number, or one for each objective, completes it; the words are what they say."""

    def add(study, *outcomes, worker="host:1"):
        search = OptunaSearch(study, worker)
        trials = [search.ask() for _ in outcomes]  # at once, so that none of them is one that waits
        for trial, outcome in zip(trials, outcomes, strict=True):
            values = outcome if isinstance(outcome, tuple) else (outcome,) if isinstance(outcome, float) else (0.5,)
            if outcome == "infeasible":
                assert not trial.accepts(LARGE)
                trial.tell(Infeasible())
                continue
            value = values[0]
            trial.report(EpochReport(1, 2, value, 10.0))
            learned = Learned(value, 1, value, {"parameters": 100}, 10.0, {"val_accuracy": [value]})
            match outcome:
                case "pruned":
                    trial.tell(Pruned(learned))
                case "failed":
                    trial.tell(Failed(Cause("nan_loss", "in epoch 1")))
                case "waiting":
                    trial.tell(Paused())
                case float() | tuple():
                    trial.tell(Completed(learned, values, save_model=lambda path: None))
        return trials

    return add
