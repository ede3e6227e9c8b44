"""Studies for search alone: trials told of a synthetic objective, without an engine."""

from __future__ import annotations

import math
from itertools import islice

import pytest
from study_in_memory import StudyInMemory

from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import create_study
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Pruned, Verdict

SYNTHETIC = """\
study: synthetic
seed: 7
data: {dataset: digits}
model: {family: simple_cnn, depth: {int: [1, 3]}, dense_units: {choice: [16, 32, 64]}, dropout: {float: [0.0, 0.8]}}
training:
  epochs: 4
  learning_rate: {float: [1e-4, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}}}}
search: {trials: 1000, sampler: random, pruner: none}
"""
FINITE = """\
study: finite
data: {dataset: digits}
model: {family: simple_cnn, depth: {int: [1, 2]}}
training:
  epochs: 1
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9], step: 0.3}, nesterov: {choice: [true, false]}}}}
search: {trials: 1000, sampler: grid, pruner: none}
"""


def accuracy(params):
    """The best is at a learning rate of 0.01, without dropout, with three blocks."""
    misses = (math.log10(params.get("learning_rate", 0.01)) + 2) ** 2 / 4 + params.get("dropout", 0.0) ** 2
    return 1 / (1 + misses + 0.1 * (3 - params.get("depth", 3)))


@pytest.fixture
def make_study(tmp_path):
    """Creates a study of a space, with settings of the search; in memory, unless it is asked for on disk."""

    def make(text=SYNTHETIC, *, name=None, on_disk=False, **search):
        path = tmp_path / "space.yaml"
        path.write_text(text)
        overrides = [f"search.{key}={value}" for key, value in search.items()]
        spec = load(path, [*overrides, *([f"study={name}"] if name else [])])
        study = create_study(spec, tmp_path / "studies")
        if on_disk:
            return study
        study.close()
        return StudyInMemory(study.address)

    return make


def work(search, n_trials, objective=accuracy, size=None):
    """Run trials to their end; they learn linearly, and are pruned when the pruner says so.

    Where the objective is NaN, a trial fails in its first epoch.
    `size` gives the value of a second objective.
    """
    for _ in range(n_trials):
        trial = search.ask()
        epochs = trial.config.training.epochs
        best = objective(trial.params)
        if math.isnan(best):
            trial.tell(Failed(Cause("nan_loss", "in epoch 1"), {"val_accuracy": [best]}))
            yield trial
            continue
        history = [best * epoch / epochs for epoch in range(1, epochs + 1)]
        verdicts = (
            trial.report(EpochReport(epoch, epochs, value, 100.0)) for epoch, value in enumerate(history, start=1)
        )
        pruned = next((epoch for epoch, v in enumerate(verdicts, start=1) if v is Verdict.PRUNE), None)
        values = list(islice(history, pruned))
        learned = Learned(values[-1], len(values), values[-1], {"parameters": 1000}, 100.0, {"val_accuracy": values})
        told = (values[-1],) if size is None else (values[-1], size(trial.params))
        completed = Completed(learned, told, save_model=lambda path: None)
        trial.tell(Pruned(learned) if pruned else completed)
        yield trial


@pytest.fixture
def drive():
    """Asks for trials of a study and ends them; gives their parameters, by number."""

    def run(study, n_trials, objective=accuracy, worker="worker", size=None):
        trials = work(OptunaSearch(study, worker), n_trials, objective, size)
        return {trial.number: trial.params for trial in trials}

    return run


@pytest.fixture
def synthetic():
    """A space with numbers, choices, and a parameter inside an alternative."""
    return SYNTHETIC


@pytest.fixture
def finite():
    """A space of 18 configurations, two of which have no momentum."""
    return FINITE
