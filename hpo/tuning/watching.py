"""Follow a study that runs elsewhere: what has changed from one look at it to the next, as the events of a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from hpo.fleet import EpochDone, Event, Notice, TestScored, TrialEnded, TrialStarted, WorkerReady
from hpo.fleet.pausing import is_worked_on
from hpo.studies import StudyRecord, TrialLedger, TrialRecord, TrialState
from hpo.studies.store.patience import Patience

EVERY = 2.0
"""Seconds between two looks; more where one takes long."""
_SHARE = 5
"""So many times the seconds that a look takes lie between two."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was told of a trial; no state where that is nothing."""

    state: TrialState | None = None
    attempts: int = 0
    epochs: int = 0


class StudyWatch:
    """Looks at a study, without a lock or a right to write, and tells what has changed since the last look."""

    def __init__(self, study: StudyRecord) -> None:
        """Begin with what the study holds: trials that have ended are not told, those that run are told once."""
        self._study = study
        self._read = Patience()
        self._workers: dict[int, str] = {}
        """Who ran the last trial of each number that events have for workers."""
        self._busy: set[str] = set()
        """Those who ran a trial at the last look."""
        snapshot = study.snapshot()
        self._trials = {
            trial.number: _Seen(trial.state, trial.attempts, trial.epochs)
            if trial.state != "running"
            else _Seen(epochs=max(0, trial.epochs - 1))  # of those before, the last is told
            for trial in snapshot.trials(confirming=True)
        }
        self._pause, self._scores = snapshot.ledger.pause, set(snapshot.test_scores)

    def follow(self, sleep: Callable[[float], object] = time.sleep) -> Iterator[Event]:
        """Give each event, until nobody works on the study any more.

        Raises:
            StorageError: its database did not answer for minutes, or the study is gone.
        """
        while True:
            started = time.monotonic()
            is_last = not self._read(lambda: is_worked_on(self._study))  # before the look, which then has all
            yield from self.look()
            if is_last:
                return
            sleep(max(EVERY, _SHARE * (time.monotonic() - started)))

    def look(self) -> Iterator[Event]:
        """Read the study once, and give what has changed."""
        snapshot = self._read(self._study.snapshot)
        trials, frozen = snapshot.trials(confirming=True), snapshot.frozen_trials(confirming=True)
        self._busy = {trial.worker or "?" for trial in trials if trial.state == "running"}
        begun, ended = [], []
        for trial in trials:
            seen = self._trials.get(trial.number, _Seen())
            if trial.state == "running":
                begun.append(trial)
            elif seen.state == "running" or (
                trial.state != "waiting" and (trial.state, trial.attempts) != (seen.state, seen.attempts)
            ):
                ended.append(trial)  # also one that has begun since the last look
            else:
                self._trials[trial.number] = _Seen(trial.state, trial.attempts, trial.epochs)
        for trial in ended + begun:  # a worker begins one when it has ended another
            if trial.state != "infeasible":  # which was run by nobody
                yield from self._tell_trained(trial, TrialLedger(frozen[trial.number].user_attrs), snapshot)
            if trial.state != "running":
                yield self._end(trial)
            self._trials[trial.number] = _Seen(trial.state, trial.attempts, trial.epochs)
        ledger = snapshot.ledger
        if ledger.pause != self._pause:
            self._pause = ledger.pause
            reason = (ledger.pause or "").partition(" ")[2]
            yield Notice(0, f"it was asked to pause{f': {reason}' if reason else ''}", "")
        for number, score in snapshot.test_scores.items():
            if number not in self._scores:
                self._scores.add(number)
                yield TestScored(0, number, score["accuracy"], score["loss"], score.get("error"))

    def _number_of(self, name: str) -> int:
        """Give the number of a worker; that of one that runs nothing goes to a new one."""
        known = {worker: number for number, worker in self._workers.items()}
        return known[name] if name in known else next(n for n in count(1) if self._workers.get(n) not in self._busy)

    def _tell_trained(self, trial: TrialRecord, ledger: TrialLedger, study: StudyRecord) -> Iterator[Event]:
        """Tell what a trial has done since the last look, and who runs it."""
        name, seen = trial.worker or "?", self._trials.get(trial.number, _Seen())
        worker, told = self._number_of(name), seen.epochs
        if self._workers.get(worker) != name:
            self._workers[worker] = name
            sessions = study.environments()
            yield WorkerReady(worker, name, str(sessions[-1].get("device", "")) if sessions else "")
        epochs = study.spec.config(trial.params).training.total_epochs if trial.params else 0
        if seen.state != "running" or seen.attempts != trial.attempts:
            yield TrialStarted(worker, trial.number, trial.params, epochs)
            told = min(told, max(0, trial.epochs - 1))
        images = (study.data or {}).get("images", {}).get("train", 0)
        values = ledger.history.get(study.spec.objective.metric, [])
        for epoch, entry in ledger.epochs.items():
            if epoch > told and epoch <= len(values):
                seconds = entry["seconds"]
                speed = images / seconds if seconds else 0.0
                value = values[epoch - 1]
                shown = float("nan") if value is None else value
                trained = sum(metrics is not None for metrics in entry.get("repeats") or ()) or 1
                yield EpochDone(worker, trial.number, epoch, epochs, shown, speed, entry["metrics"], seconds, trained)

    def _end(self, trial: TrialRecord) -> Event:
        worker = self._number_of(trial.worker or "?")
        cause = trial.cause
        if trial.state == "waiting" and trial.attempt_causes:
            cause = trial.attempt_causes[-1]
        return TrialEnded(worker, trial.number, trial.state, trial.values, cause, trial.duration_s or 0.0, trial.remark)
