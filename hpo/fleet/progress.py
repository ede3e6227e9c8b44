"""The state of a run at a moment, made from its events, for whoever shows it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from statistics import fmean

from hpo.fleet.messages import (
    EpochDone,
    Event,
    ScoringStarted,
    TestScored,
    TrialEnded,
    TrialsElsewhere,
    TrialStarted,
    WorkerDied,
    WorkerReady,
)
from hpo.spaces import Objective, ScalarValue, front
from hpo.studies import StudyRecord, TrialState

_ENDED: tuple[TrialState, ...] = ("complete", "pruned", "failed", "infeasible")


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
    """The state of a run; `take` every event, in order."""

    study: str
    objectives: tuple[Objective, ...]
    learned: Objective
    trials: int
    states: dict[int, TrialState]
    """Those of the trials that have ended, by number."""
    front: list[tuple[int, tuple[float, ...]]]
    """Numbers and values of the trials of the front, the best in the first objective first."""
    exhausted_after: int | None = None
    """As the study has it: trials after which every config is tried, infeasible ones included."""
    seconds_left: float | None = None
    """Of the budget, when the run began; None where time is not limited."""
    running: dict[int, RunningTrial] = field(default_factory=dict)
    scoring: set[int] = field(default_factory=set)
    """Workers that evaluate a model on the test part."""
    running_elsewhere: int = 0
    """Trials that other runs of the study work on."""
    devices: dict[int, str] = field(default_factory=dict)
    confirms: dict[int, int] = field(default_factory=dict)
    """The trials that confirm others and had not ended when the run began, with the numbers of those."""
    confirmed: set[int] = field(default_factory=set)
    """Those of them that have ended since."""
    only_confirms: bool = False
    """Whether no trial is run but those."""
    _durations: list[float] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, study: StudyRecord) -> Progress:
        """Begin with what the study holds already."""
        trials, budget = study.trials(), study.budget
        confirming = [trial for trial in study.trials(confirming=True) if trial.confirms is not None]
        confirms = {
            trial.number: trial.confirms["trial"] or 0
            for trial in confirming
            if trial.confirms is not None and trial.state not in _ENDED
        }
        durations = [trial.duration_s for trial in trials if trial.duration_s and trial.state in ("complete", "pruned")]
        return cls(
            study.name,
            study.spec.objectives,
            study.spec.objective,
            budget.trials,
            {trial.number: trial.state for trial in trials if trial.state in _ENDED},
            [(best.number, tuple(best.values)) for best in study.front],
            exhausted_after=study.exhausted_after,
            seconds_left=None
            if budget.timeout_s is None or study.only_confirms
            else max(0.0, budget.timeout_s - budget.worked_s),
            confirms=confirms,
            only_confirms=study.only_confirms,
            _durations=durations,
        )

    def take(self, event: Event) -> None:
        """Update the state by an event."""
        match event:
            case WorkerReady(worker, _, device):
                self.devices[worker] = device
            case TrialStarted(worker, number, params, epochs):
                self.running[worker] = RunningTrial(worker, number, params, epochs)
            case EpochDone(worker, _, epoch, _, value, images_per_second) if worker in self.running:
                trial = self.running[worker]
                trial.epoch, trial.value, trial.images_per_second = epoch, value, images_per_second
            case TrialEnded(worker, number, state, values):
                self.running.pop(worker, None)
                self._end(number, state, values)
                if state in ("complete", "pruned"):
                    self._durations.append(event.duration_s)
            case TrialsElsewhere(_, ended, running):
                self.running_elsewhere = running
                for number, state, values in ended:
                    self._end(number, state, values)
            case ScoringStarted(worker):
                self.scoring.add(worker)
            case TestScored(worker):
                self.scoring.discard(worker)
            case WorkerDied(worker):
                self.running.pop(worker, None)
                self.scoring.discard(worker)

    def _end(self, number: int, state: TrialState, values: list[float] | None) -> None:
        if number in self.confirms:
            self.confirmed |= {number} if state in _ENDED else set()
            return
        if state in _ENDED:
            self.states[number] = state
        if state == "complete" and values is not None:
            compared = sorted({**dict(self.front), number: tuple(values)}.items())
            self.front = [compared[index] for index in front(self.objectives, [values for _, values in compared])]

    @property
    def counts(self) -> dict[str, int]:
        """How many trials have ended in each way, whoever ran them."""
        counter = Counter(self.states.values())
        return {state: counter[state] for state in _ENDED}

    @property
    def budget(self) -> int:
        """Trials in all, without those that constraints ruled out."""
        if self.exhausted_after is None:
            return self.trials
        return min(self.trials, self.exhausted_after - self.counts["infeasible"])

    @property
    def done(self) -> int:
        """Trials that have ended, without those that constraints ruled out."""
        return sum(self.counts.values()) - self.counts["infeasible"]

    @property
    def left(self) -> int:
        """Trials of this run that have not ended."""
        searching = 0 if self.only_confirms else max(0, self.budget - self.done)
        return searching + len(self.confirms) - len(self.confirmed)

    @property
    def elapsed(self) -> float:
        """Seconds since this run began."""
        return time.monotonic() - self._started

    @property
    def eta(self) -> float | None:
        """Seconds to the end of the budget, by the mean of trials that ran to an end; None before the first."""
        if not self._durations:
            return None
        by_trials = self.left * fmean(self._durations) / max(1, len(self.devices) + self.running_elsewhere)
        by_time = float("inf") if self.seconds_left is None else max(0.0, self.seconds_left - self.elapsed)
        return min(by_trials, by_time)
