"""Trials as a tracker is told of them, and the tracker of Weights & Biases, for its tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hpo.tracking import TrackedEpoch, TrackedTrial, TrialEnding
from hpo.tracking.wandb.settings import WandbTracking


def make_trial(number: int = 7, **changes) -> TrackedTrial:
    values = {
        "study": "small",
        "number": number,
        "run_id": f"token-{number}",
        "sweep": None,
        "params": {"learning_rate": 0.1},
        "config": {"training": {"learning_rate": 0.1, "optimizer": None}},
        "objectives": (),
        "attempt": 1,
        "worker": None,
    }
    return TrackedTrial(**(values | changes))


def make_epochs(*epochs: int) -> list[TrackedEpoch]:
    return [
        TrackedEpoch(epoch=epoch, metrics={"val_accuracy": epoch / 10, "loss": None}, seconds=1.5) for epoch in epochs
    ]


def make_ending(state: str = "complete", **changes) -> TrialEnding:
    return TrialEnding(state=state, values={"val_accuracy": 0.2}, best_epoch=2, **changes)


@contextmanager
def tracking(folder: Path, patience: float = 20.0, **settings) -> Iterator:
    from hpo.tracking.wandb.tracker import WandbTracker

    tracker = WandbTracker(WandbTracking(**settings), folder, patience=patience)
    try:
        yield tracker
    finally:
        tracker.close()
