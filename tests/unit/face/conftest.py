"""A study that ran, without an engine."""

from __future__ import annotations

import pytest

from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import create_study
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused, Pruned


@pytest.fixture
def outcomes():
    """What becomes of the trials of the study: the values that complete some, and what becomes of others."""
    return [0.5, "pruned", 0.75, "failed", "waiting"]


@pytest.fixture
def study(small_space, studies, monkeypatch, outcomes):
    """The study of the small space with those trials, two epochs each, where its folder of studies is the default."""
    monkeypatch.chdir(studies.parent)
    record = create_study(load(small_space, ["search.trials=4"]), studies)
    search = OptunaSearch(record, "host:1")
    for outcome in outcomes:
        trial = search.ask()
        value = outcome if isinstance(outcome, float) else 0.25
        history = {"val_accuracy": [value / 2, value], "loss": [2.0, 1.0]}
        for epoch, reached in enumerate(history["val_accuracy"], 1):
            metrics = {name: values[epoch - 1] for name, values in history.items()}
            trial.report(EpochReport(epoch, 2, reached, 10.0, metrics))
        learned = Learned(value, 2, value, {"parameters": 100}, 10.0, history)
        match outcome:
            case float():
                trial.tell(Completed(learned, (value,), save_model=lambda path: path.write_bytes(b"model")))
            case "pruned":
                trial.tell(Pruned(learned))
            case "failed":
                trial.tell(Failed(Cause("nan_loss", "in epoch 1")))
            case "waiting":
                trial.tell(Paused())
    record.files.models.put(2, lambda path: path.write_bytes(b"model"))
    return record
