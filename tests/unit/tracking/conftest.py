"""A study whose trials are told by hand, for trackers to follow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from recording_tracker import RecordingTracker

from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import load
from hpo.studies import ActiveStudy, create_study
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused

SPACE = {
    "study": "followed",
    "data": "digits",
    "model": {"family": "simple_cnn", "depth": {"int": [1, 3]}, "filters": 4, "dense_units": 8},
    "training": {"epochs": 5, "learning_rate": {"float": [1e-4, 1e-2], "log": True}},
    "search": {"trials": 20, "sampler": "random", "pruner": "none"},
    "tracking": {"tensorboard": True},
}


class Trials:
    """Trains nothing, and tells what training would."""

    def __init__(self, study: ActiveStudy) -> None:
        self.study = study
        self.search = OptunaSearch(study, "host:1")
        self.running = {}

    def begin(self) -> int:
        trial = self.search.ask()
        self.running[trial.number] = trial
        return trial.number

    def report(self, number: int, *epochs: int) -> None:
        for epoch in epochs:
            metrics = {"loss": 1 / epoch, "val_accuracy": epoch / 10, "val_loss": float("nan")}
            self.running[number].report(EpochReport(epoch, 5, epoch / 10, 10.0, metrics, 1.5))

    def complete(self, number: int, epochs: int) -> None:
        history = {name: [value / 10 for value in range(1, epochs + 1)] for name in ("loss", "val_accuracy")}
        learned = Learned(epochs / 10, epochs, epochs / 10, {"parameters": 100}, 10.0, history)
        self._tell(number, Completed(learned, (epochs / 10,), save_model=lambda path: None))

    def fail(self, number: int) -> None:
        self._tell(number, Failed(Cause("nan_loss", "the loss is no number")))

    def pause(self, number: int) -> None:
        self._tell(number, Paused())

    def _tell(self, number: int, outcome: object) -> None:
        self.running.pop(number).tell(outcome)


@pytest.fixture
def trials(tmp_path) -> Iterator[Trials]:
    with create_study(load(SPACE), tmp_path / "studies") as study:
        yield Trials(study)


@pytest.fixture
def tracker(monkeypatch) -> type[RecordingTracker]:
    monkeypatch.setattr(RecordingTracker, "calls", [])
    monkeypatch.setattr(RecordingTracker, "errors", {})
    monkeypatch.setattr(RecordingTracker, "arrived", {})
    return RecordingTracker
