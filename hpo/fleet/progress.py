"""The state of a run at a moment, made from its events, for whoever shows it."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace

from hpo.errors import StorageError
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
from hpo.studies import Budget, EndEstimate, StudyPace, StudyRecord, TrialCost, TrialState, estimate_end, find_pace
from hpo.studies.limits.estimate import RECENT

_ENDED: tuple[TrialState, ...] = ("complete", "pruned", "failed", "infeasible")


@dataclass(slots=True)
class RunningTrial:
    """A trial under way; `epoch` is 0, and `value` None, until the first epoch ends."""

    worker: int
    number: int
    params: dict[str, ScalarValue]
    epochs: int
    epoch: int = 0
    trained: int = 0
    """Epochs of all of its repeats."""
    value: float | None = None
    images_per_second: float | None = None
    started: float = field(default_factory=time.monotonic, compare=False)


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
    limits: Budget | None = None
    """As it was when the run began."""
    pace: StudyPace = field(default_factory=StudyPace)
    """As it was then."""
    running: dict[int, RunningTrial] = field(default_factory=dict)
    scoring: set[int] = field(default_factory=set)
    """Workers that evaluate a model on the test part."""
    running_elsewhere: int = 0
    """Trials that other runs of the study work on."""
    devices: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    """What workers are called, `HOST:PID`, where they may be on several machines and are shown."""
    is_watched: bool = False
    """Whether the run is another one's, which is only looked at."""
    confirms: dict[int, int] = field(default_factory=dict)
    """The trials that confirm others, may be run, and had not ended when the run, or `hpo confirm`, began, with the
    numbers of those."""
    confirmed: set[int] = field(default_factory=set)
    """Those of them that have ended since."""
    only_confirms: bool = False
    """Whether no trial is run but those."""
    _study: StudyRecord | None = None
    _ended: list[TrialCost] = field(default_factory=list)
    _epochs: int = 0
    _started: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, study: StudyRecord) -> Progress:
        """Begin with what the study holds already."""
        trials, budget = study.trials(), study.budget
        return cls(
            study.name,
            study.spec.objectives,
            study.spec.objective,
            budget.trials,
            {trial.number: trial.state for trial in trials if trial.state in _ENDED},
            [(best.number, tuple(best.values)) for best in study.front],
            exhausted_after=study.exhausted_after,
            limits=None if study.only_confirms else budget,
            pace=find_pace(study.frozen_trials(), study.spec, budget.worked_s),
            confirms=study.find_open_runs(),
            only_confirms=study.only_confirms,
            _study=study,
        )

    def take(self, event: Event) -> None:
        """Update the state by an event."""
        match event:
            case WorkerReady(worker, name, device):
                self.devices[worker] = device
                if self.is_watched:
                    self.names[worker] = name
            case TrialStarted(worker, number, params, epochs):
                self._note_confirming(number)
                self.running[worker] = RunningTrial(worker, number, params, epochs)
            case EpochDone(worker, _, epoch, _, value, images_per_second) if worker in self.running:
                trial = self.running[worker]
                if epoch > trial.epoch:
                    self._epochs += event.trainings
                    trial.trained += event.trainings
                trial.epoch, trial.value, trial.images_per_second = epoch, value, images_per_second
            case TrialEnded(worker, number, state, values):
                trial_epochs = self.running.pop(worker).trained if worker in self.running else 0
                self._end(number, state, values)
                if state in ("complete", "pruned"):
                    gpu_hours = event.duration_s * self.pace.gpus / 3600
                    self._ended.append(TrialCost(event.duration_s, gpu_hours, trial_epochs))
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

    def _note_confirming(self, number: int) -> None:
        """Note what a trial confirms that was not there when the run began: `hpo confirm` was typed elsewhere since."""
        if self._study is None or number in self.confirms or number in self.states:
            return
        with suppress(StorageError):  # which is told by whoever needs it
            if self._study.ledger.confirmation is None:
                return
            confirms = self._study.trial(number).confirms
            if confirms is not None:
                self.confirms |= {**self._study.find_open_runs(), number: confirms["trial"] or 0}

    def _end(self, number: int, state: TrialState, values: list[float] | None) -> None:
        self._note_confirming(number)
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
    def estimate(self) -> EndEstimate | None:
        """When no more trials run, by what those that ran to an end have taken; None before the first."""
        running = len(self.running) + self.running_elsewhere
        limits = self.limits or Budget(self.trials, 0, None, 0.0)
        ended = [*self.pace.ended, *self._ended]
        costs = replace(
            limits.costs,
            epochs=limits.costs.epochs + self._epochs,
            gpu_hours=limits.costs.gpu_hours + sum(cost.gpu_hours for cost in self._ended),
        )
        budget = replace(
            limits,
            trials=self.left,
            used=running,
            configs=None,
            worked_s=limits.worked_s + self.elapsed,
            costs=costs,
        )
        now = time.monotonic()
        ages = [*(now - trial.started for trial in self.running.values()), *[0.0] * self.running_elsewhere]
        workers = max(1, len(self.devices) + self.running_elsewhere)
        return estimate_end(budget, replace(self.pace, ended=ended[-RECENT:], ages=ages, workers=workers))
