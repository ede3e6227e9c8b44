"""What a study says of its trials, in the words of trackers, and what it knows to have been sent to each."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo.spaces import Tree
from hpo.spaces.sections.tracking import TrackerSettings
from hpo.studies import ActiveStudy, StudyLedger, TrialLedger, TrialState
from hpo.studies.files.contents import examples_name
from hpo.studies.record.record import describe_remark
from hpo.studies.store.stored import state_of
from hpo.tracking.tracker import TrackedEpoch, TrackedTrial, TrialEnding
from hpo.training.measuring.examples import Examples

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

Note = dict[str, Any]
"""What a tracker was sent of a trial: `epoch`, `attempt` and `state`."""


@dataclass(frozen=True, slots=True)
class TrialReading:
    """A trial at one moment.

    Attributes:
        trial: what trackers are told of it.
        state: of it.
        epochs: all that were reported.
        ending: how it ended, without what lies in files; of no meaning while it runs.
        repeats: the trial once more for each run of a sweep that has its config, and was not trained again.
    """

    trial: TrackedTrial
    state: TrialState
    epochs: list[TrackedEpoch]
    ending: TrialEnding
    repeats: list[TrackedTrial]


class TrackingRecord:
    """A study as trackers follow it; may be used by several threads."""

    def __init__(self, study: ActiveStudy, trackers: Mapping[str, TrackerSettings]) -> None:
        """Open the record, for trackers with these settings, by their names."""
        self._study = study
        self._trackers = trackers
        self._lock = threading.Lock()
        ledger = study.ledger
        self._id = ledger.tracking_id or study.change_ledger(_choose_id)
        self._notes = ledger.tracked
        self._has_sweep = ledger.sweep is not None

    def numbers(self) -> list[int]:
        """List the trials that this process may have something to send of: all but those that run elsewhere."""
        return [trial.number for trial in self._read_trials()]

    def find_unsent(self, tracker: str) -> list[int]:
        """List those of these trials of which a tracker has not been sent all."""
        unsent = [trial.number for trial in self._read_trials() if self._is_unsent(tracker, trial)]
        return [*unsent, *self.find_repeated(tracker)]

    def find_repeated(self, tracker: str) -> set[int]:
        """List those of these trials whose configs further runs of a sweep have, which a tracker has not been sent."""
        if not (self._has_sweep and self._trackers[tracker].shows_sweeps):
            return set()
        with self._lock:
            repeats = self._read_repeats()
        pairs = [(run, repeat["trial"]) for run, repeat in repeats.items()]
        unsent = {number for run, number in pairs if run not in self.note(tracker, number).get("repeats", [])}
        return unsent.intersection(self.numbers()) if unsent else unsent

    def _read_trials(self) -> list[FrozenTrial]:
        with self._lock:
            trials = self._study.frozen_trials()
        return [trial for trial in trials if state_of(trial) != "running"]

    def _is_unsent(self, tracker: str, trial: FrozenTrial) -> bool:
        note, attempts = self.note(tracker, trial.number), TrialLedger(trial.user_attrs).attempts
        return bool(attempts) and (note["attempt"], note["state"]) != (attempts, state_of(trial))

    def _read_repeats(self) -> dict[str, dict[str, Any]]:
        return self._study.ledger.duplicate_runs if self._has_sweep else {}

    def read(self, number: int) -> TrialReading | None:
        """Read a trial; None where it was not begun, or confirms another one, which trackers do not show."""
        with self._lock:
            trial, runs = self._study.frozen_trials(confirming=True)[number], self._read_repeats()
        ledger, state, spec = TrialLedger(trial.user_attrs), state_of(trial), self._study.spec
        if not ledger.attempts or ledger.confirms is not None:
            return None
        outside, run = ledger.outside, ledger.run or {}
        params = spec.space.snap(trial.params) if outside is None else outside["params"]
        sections: Tree = (outside or {}).get("config") or {}
        with suppress(KeyError):  # its worker died before all of them were drawn
            sections = spec.space.tree(params) if outside is None else sections
        tracked = TrackedTrial(
            study=self._study.name,
            number=number,
            run_id=run.get("id") or f"{self._id}-{number}",
            sweep=run.get("sweep"),
            params=params,
            config={"engine": spec.engine, "seed": spec.seed, **sections},
            objectives=spec.objectives,
            attempt=ledger.attempts,
            worker=ledger.worker if state == "running" else None,
            **_describe_draw(run),
        )
        repeats = [
            replace(tracked, run_id=name, sweep=entry["sweep"], worker=None, is_repeat=True, **_describe_draw(entry))
            for name, entry in runs.items()
            if entry["trial"] == number
        ]
        epochs = [
            TrackedEpoch(epoch=epoch, metrics=entry["metrics"], seconds=entry["seconds"])
            for epoch, entry in ledger.epochs.items()
        ]
        values = trial.values if state in ("complete", "pruned") and trial.values else []
        ending = TrialEnding(
            state=state,
            values=dict(zip((objective.metric for objective in spec.objectives), values, strict=False)),
            cause=ledger.cause if state in ("failed", "infeasible") else None,
            remark=describe_remark(ledger),
            best_epoch=ledger.best_epoch,
            measures=ledger.measures or {},
        )
        return TrialReading(tracked, state, epochs, ending, repeats)

    @contextmanager
    def open_files(self, number: int, *, wants_model: bool) -> Iterator[tuple[Path | None, Examples | None]]:
        """Give the model of a trial, if it is wanted, and its examples, while the block lasts; None for none."""
        models = self._study.files.models
        path = models.find(number) if wants_model else None
        with ExitStack() as opened:
            model: Path | None = None
            with suppress(FileNotFoundError):  # another trial has beaten it meanwhile
                model = None if path is None else opened.enter_context(models.store.open_local(path.name))
            yield model, self._load_examples(number)

    def _load_examples(self, number: int) -> Examples | None:
        store = self._study.files.examples
        if not store.exists(name := examples_name(number)):
            return None
        with suppress(OSError, ValueError), store.open_local(name) as path:
            return Examples.load(path)
        return None

    def note(self, tracker: str, number: int) -> Note:
        """Read what a tracker was sent of a trial."""
        with self._lock:
            note: Note = self._notes.get(number, {}).get(tracker, {"epoch": 0, "attempt": 0, "state": None})
            return dict(note)

    def set_note(self, tracker: str, number: int, note: Note) -> None:
        """Keep what a tracker was sent of a trial; what lies in files for trackers goes when all of them are done."""
        with self._lock:
            notes = self._notes.setdefault(number, {})
            if notes.get(tracker) != note:
                notes[tracker] = dict(note)
                self._study.ledger.set_tracked(number, notes)
            states = {notes.get(name, {}).get("state") for name in self._trackers}
            if not states & {None, "waiting"}:
                self._study.files.examples.remove(examples_name(number))


def _choose_id(ledger: StudyLedger) -> str:
    identifier = ledger.tracking_id or os.urandom(6).hex()  # of whoever was first
    ledger.tracking_id = identifier
    return identifier


def _describe_draw(run: Mapping[str, Any]) -> dict[str, Any]:
    return {"drawn": run.get("args", {}), "inactive": tuple(run.get("inactive", ()))}
