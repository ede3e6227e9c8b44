"""A tracker of the tests, which remembers its calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from hpo.tracking import TrackedEpoch, TrackedTrial, TrackerSettings, TrialEnding


class RecordingSettings(TrackerSettings):
    """A tracker of the tests."""

    implementation: ClassVar[str] = "recording_tracker:RecordingTracker"


class OnceSettings(RecordingSettings):
    """The same, where an epoch that arrives twice does harm."""

    sends_once: ClassVar[bool] = True


class RecordingTracker:
    calls: ClassVar[list[tuple[Any, ...]]] = []
    errors: ClassVar[dict[str, list[Exception]]] = {}
    """What calls raise, by their names, before they succeed."""
    arrived: ClassVar[dict[int, int]] = {}
    """The last epoch that a trial has at its next beginning, where that is another than was noted."""

    def __init__(self, settings: TrackerSettings, folder: Path) -> None:
        self._raise("open")

    def begin(self, trial: TrackedTrial, after_epoch: int) -> int | None:
        self._raise("begin")
        self.calls.append(("begin", trial.number, after_epoch))
        return self.arrived.pop(trial.number, None)

    def log(self, trial: TrackedTrial, epochs: Sequence[TrackedEpoch]) -> None:
        self._raise("log")
        self.calls.append(("log", trial.number, [epoch.epoch for epoch in epochs]))

    def end(self, trial: TrackedTrial, ending: TrialEnding) -> None:
        self._raise("end")
        self.calls.append(("end", trial.number, ending.state))

    def close(self) -> None:
        self.calls.append(("close",))

    def _raise(self, name: str) -> None:
        if self.errors.get(name):
            raise self.errors[name].pop(0)
