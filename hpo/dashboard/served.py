"""The studies of a dashboard, each read again when it is asked for a while after it was read last."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from optuna.study import StudyDirection
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial

from hpo.analysis.diagnosis import Setting, rank_trials, read_setting
from hpo.dashboard.advising import Adviser
from hpo.dashboard.notes import NoteWriter, describe_study_note, describe_trial_note
from hpo.dashboard.pictures import name_pictures
from hpo.dashboard.trials import convert_trial, describe_study
from hpo.errors import StorageError
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, TrialRecord
from hpo.studies.store.ledger import is_candidate
from hpo.studies.store.stored import StoredTrial, StudyNote, format_note

_TRIAL_IDS = 10**7
"""Trials that a study may have: the id of trial 17 of study 3 is 30000017."""
_METRIC_NAMES = "study:metric_names"
"""Optuna's attribute with the names of the objectives."""
_FRESH_SECONDS, _SHARE = 1.0, 5
"""A study is not read again for a second, and for five times as long as reading it took."""
_NOTED = 200
"""Trials with a note of hpo's: for each trial that it sends, Optuna's dashboard goes through all notes (0.21)."""


@dataclass(frozen=True, slots=True)
class StudyView:
    """A study as the dashboard shows it, at one moment.

    Attributes:
        record: as hpo reads it.
        study: as Optuna has it, with the notes among its attributes.
        trials: those that are compared, by number.
        best: the best of them; None while there is none, and where there are several objectives.
    """

    record: StudyRecord
    study: FrozenStudy
    trials: list[FrozenTrial]
    best: FrozenTrial | None


class ServedStudy:
    """One study, of which any thread may ask for a view."""

    def __init__(self, study_id: int, name: str, address: StudyAddress, identity: object) -> None:
        """Open a study; raises as `StudyRecord` does.

        Args:
            study_id: what URLs call it.
            name: what people read.
            address: of the study.
            identity: what tells it from another that takes its place.
        """
        self.study_id, self.name, self.address, self.identity = study_id, name, address, identity
        self._open()
        self._lock = Lock()
        self._view: StudyView | None = None
        self._fresh_until = -math.inf
        self._trials: dict[int, tuple[StoredTrial, bool, FrozenTrial]] = {}
        self._notes = NoteWriter()
        self._adviser = Adviser(self._expire)
        self._texts: dict[int, tuple[StoredTrial, Setting, str]] = {}

    def _open(self) -> None:
        self._record = StudyRecord(self.address)
        self._spec = self._record.ledger.spec

    def view(self) -> StudyView:
        """Give the study as it is, or was a moment ago; while its database does not answer, as it was read last.

        Raises:
            HpoError: it cannot be read any more.
        """
        with self._lock:
            start = time.monotonic()
            if self._view is None or start >= self._fresh_until:
                try:
                    self._view = self._read()
                except StorageError:
                    if self._view is None:
                        raise
                end = time.monotonic()
                self._fresh_until = end + max(_FRESH_SECONDS, _SHARE * (end - start))
            return self._view

    def write_note(self, number: int | None, version: int, body: str) -> None:
        """Keep what people have written in a note that was shown to them; None for the note of the study.

        Raises:
            StudyConflictError: somebody else has changed the note meanwhile, or there is no such trial.
            UserError: what hpo has written there was changed.
            HpoError: the study cannot be written to.
        """
        note = StudyNote(version, self._notes.extract(body))
        with ActiveStudy(self.address) as study:
            study.write_note(number, note)
        self._expire()

    def consider_advice(self) -> Adviser:
        """Have advice on the study computed if need be, as it is for whoever looks at its trials."""
        self._adviser.consider(self.view().record)
        return self._adviser

    def _expire(self) -> None:
        with self._lock:
            self._fresh_until = -math.inf

    def _read(self) -> StudyView:
        if self._record.ledger.spec != self._spec:  # which it keeps, while another run may have changed it
            self._open()
        record = self._record.snapshot()
        described = record.trials()
        trials = self._convert_trials(record, described)
        objectives, front = record.spec.objectives, record.front
        notes = self._write_notes(record, described)
        study = FrozenStudy(
            study_name=self.name,
            direction=None,
            directions=[StudyDirection[objective.direction.upper()] for objective in objectives],
            user_attrs=describe_study(record),
            system_attrs={_METRIC_NAMES: [objective.metric for objective in objectives], **notes},
            study_id=self.study_id,
        )
        best = self._trials[front[0].number][-1] if len(objectives) == 1 and front else None
        return StudyView(record, study, trials, best)

    def _convert_trials(self, record: StudyRecord, trials: Sequence[TrialRecord]) -> list[FrozenTrial]:
        """Convert the trials that are compared and have changed; of a large study, most have not."""
        earlier, self._trials = self._trials, {}
        kept = set(record.files.models.numbers())
        for stored, described in zip(_read_stored(record), trials, strict=True):
            if not is_candidate(stored.user_attrs):
                continue
            key, before = (stored, stored.number in kept), earlier.get(stored.number)
            if before is None or before[:2] != key:
                trial_id = make_trial_id(self.study_id, stored.number)
                pictures = name_pictures(trial_id, stored, has_model=key[1])
                before = (*key, convert_trial(trial_id, stored, described, pictures))
            self._trials[stored.number] = before
        return [trial for *_, trial in self._trials.values()]

    def _write_notes(self, record: StudyRecord, trials: Sequence[TrialRecord]) -> dict[str, Any]:
        """Write the notes of the study and of its trials as attributes of the study."""
        written, setting, stored = record.notes(), read_setting(record), _read_stored(record)
        earlier, self._texts = self._texts, {}
        generated = describe_study_note(record, self._adviser.advice)
        attributes = format_note(None, self._notes.join(written.get(None, StudyNote()), generated))
        for number in self._choose_noted(record, written):
            key, before = (stored[number], setting), earlier.get(number)
            if before is None or before[:2] != key:
                before = (*key, describe_trial_note(record, setting, stored[number], trials[number]))
            self._texts[number] = before
            note = self._notes.join(written.get(number, StudyNote()), before[-1])
            attributes |= format_note(make_trial_id(self.study_id, number), note)
        return attributes

    def _choose_noted(self, record: StudyRecord, written: Iterable[int | None]) -> list[int]:
        """Choose the trials that have a note: those that people have written about, the best, and the last."""
        chosen = {number for number in written if number is not None and number in self._trials}
        for number in (*rank_trials(record)[: _NOTED // 2], *reversed(self._trials)):
            if len(chosen) >= _NOTED:
                break
            chosen.add(number)
        return sorted(chosen)


def _read_stored(record: StudyRecord) -> Sequence[StoredTrial]:
    trials: Sequence[Any] = record.frozen_trials()  # a snapshot has no trials of Optuna's own
    return trials


def make_trial_id(study_id: int, number: int) -> int:
    """Give the id of a trial of a study in a dashboard."""
    return study_id * _TRIAL_IDS + number


def split_trial_id(trial_id: int) -> tuple[int, int]:
    """Give the id of the study, and the number of the trial in it."""
    return divmod(trial_id, _TRIAL_IDS)
