"""What a run looks like at a moment: folded from events, for whoever shows it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import fmean

from hpo.fleet.messages import EpochDone, Event, TrialEnded, TrialStarted, WorkerDied, WorkerReady
from hpo.spaces import Objective, ScalarValue
from hpo.studies import Study


@dataclass(slots=True)
class RunningTrial:
    """A trial under way; `epoch` is 0, and `value` None, until the first epoch ends."""

    worker: int
    number: int
    params: dict[str, ScalarValue]
    epochs: int
    epoch: int = 0
    value: float | None = None
    images_per_second: float | None = None


@dataclass
class Progress:
    """The state of a run; `take` it every event, in order."""

    study: str
    objective: Objective
    budget: int
    counts: dict[str, int]
    best: tuple[int, float] | None
    seconds_left: float | None = None
    """Of the budget, when the run began; None where time is not limited."""
    running: dict[int, RunningTrial] = field(default_factory=dict)
    devices: dict[int, str] = field(default_factory=dict)
    _durations: list[float] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, study: Study) -> Progress:
        """Begin with what the study holds already."""
        found = study.counts()
        counts: dict[str, int] = {"complete": found["complete"], "pruned": found["pruned"], "failed": found["failed"]}
        best, budget = study.best, study.budget
        durations = [
            trial.duration_s for trial in study.trials() if trial.duration_s and trial.state in ("complete", "pruned")
        ]
        return cls(
            study.name,
            study.spec.objective,
            budget.trials,
            counts,
            None if best is None else (best.number, best.value),
            seconds_left=None if budget.timeout_s is None else max(0.0, budget.timeout_s - budget.worked_s),
            _durations=durations,
        )

    def take(self, event: Event) -> None:
        """Fold an event in."""
        match event:
            case WorkerReady(worker, _, device):
                self.devices[worker] = device
            case TrialStarted(worker, number, params, epochs):
                self.running[worker] = RunningTrial(worker, number, params, epochs)
            case EpochDone(worker, _, epoch, _, value, images_per_second) if worker in self.running:
                trial = self.running[worker]
                trial.epoch, trial.value, trial.images_per_second = epoch, value, images_per_second
            case TrialEnded():
                self._end(event)
            case WorkerDied(worker):
                self.running.pop(worker, None)

    def _end(self, event: TrialEnded) -> None:
        self.running.pop(event.worker, None)
        if event.state not in self.counts:
            return
        self.counts[event.state] += 1
        if event.state != "failed":
            self._durations.append(event.duration_s)
        if event.state == "complete" and event.value is not None:
            self._compare(event.number, event.value)

    def _compare(self, number: int, value: float) -> None:
        """Of equals, the earlier trial is the best, as in the study."""
        ahead = self.best
        if ahead is None or self.objective.better(value, ahead[1]) or (value == ahead[1] and number < ahead[0]):
            self.best = (number, value)

    @property
    def done(self) -> int:
        """Trials that have ended."""
        return sum(self.counts.values())

    @property
    def elapsed(self) -> float:
        """Seconds since this run began."""
        return time.monotonic() - self._started

    @property
    def eta(self) -> float | None:
        """Seconds to the end of the budget, by the mean of trials that ran to an end; None before the first."""
        if not self._durations:
            return None
        left = max(0, self.budget - self.done)
        by_trials = left * fmean(self._durations) / max(1, len(self.devices))
        by_time = float("inf") if self.seconds_left is None else max(0.0, self.seconds_left - self.elapsed)
        return min(by_trials, by_time)
