"""What a database holds of a study, as plain data: what is computed of a study needs no more than this."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, get_args

from hpo.errors import StorageError
from hpo.studies.store.leases import LeaseState
from hpo.studies.store.ledger import CONSTRAINT

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

TrialState = Literal["complete", "pruned", "failed", "running", "waiting", "infeasible"]
TRIAL_STATES: tuple[TrialState, ...] = get_args(TrialState)
Admitted = Literal["any", "begun", "none"]
"""Which trials may be taken on: any, those that somebody has worked on before, or none."""
_STATES = dict(zip(("COMPLETE", "PRUNED", "FAIL", "RUNNING", "WAITING"), TRIAL_STATES, strict=False))
_NOTE_PIECE = 2045
"""Characters; Optuna's dashboard splits a text into attributes of that length."""
_NOTE_KEY = re.compile(r"dashboard:(?:(\d+):)?note_(?:ver|str:(\d+))")


class StoredState(Enum):
    """The states of a trial, by the names that Optuna has for them."""

    RUNNING = 0
    COMPLETE = 1
    PRUNED = 2
    FAIL = 3
    WAITING = 4

    def is_finished(self) -> bool:
        """Whether nothing of the trial changes any more."""
        return self not in (StoredState.RUNNING, StoredState.WAITING)


class Attributes(Mapping[str, Any]):
    """Attributes as a database has them, in JSON, each of which is parsed when it is asked for: few of them are."""

    __slots__ = ("_texts",)

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - plain values
        text = self._texts[key]
        try:
            return json.loads(text)
        except ValueError as error:
            raise StorageError(f"attribute {key} of a study's database: it is JSON. Received {text[:40]!r}.") from error

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - plain values
        """Give the value, or what is to be there without one."""
        return self[key] if key in self._texts else default

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, memo: object) -> dict[str, Any]:
        return dict(self)

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True, slots=True)
class StoredTrial:
    """One trial, with the names that Optuna's `FrozenTrial` has for the same things.

    Attributes:
        values: one for each objective; None while there is none.
        params: as the storage has them; `SearchSpace.snapped` rounds them as the space does.
        distributions: of each parameter, as JSON of Optuna's.
        intermediate_values: what was reported, by epoch.
        datetime_start: with its time zone.
        datetime_complete: with its time zone.
        trial_id: Optuna's, by which the attributes of a study may name it.
    """

    number: int
    state: StoredState
    values: list[float] | Any  # as Optuna has it: a caller knows the state
    params: dict[str, Any]
    distributions: dict[str, str]
    user_attrs: Mapping[str, Any]
    system_attrs: Mapping[str, Any]
    intermediate_values: dict[int, float]
    datetime_start: datetime | None
    datetime_complete: datetime | None
    trial_id: int

    @property
    def duration(self) -> timedelta | None:
        """From its last start to its end; None until it has ended."""
        if self.datetime_start is None or self.datetime_complete is None:
            return None
        return self.datetime_complete - self.datetime_start

    @property
    def constraints(self) -> dict[str, float]:
        """By how much the trial breaks each constraint; 0 or less where it does not."""
        return read_constraints(self.system_attrs)


def read_constraints(system_attrs: Mapping[str, Any]) -> dict[str, float]:
    """Read by how much a trial breaks each constraint; the other attributes are not parsed."""
    return {key.removeprefix(CONSTRAINT): system_attrs[key] for key in system_attrs if key.startswith(CONSTRAINT)}


def state_of(trial: FrozenTrial | StoredTrial) -> TrialState:
    """Give the state of a trial of Optuna's, which has none of its own for one that was ruled out before training."""
    state = _STATES[trial.state.name]
    return "infeasible" if state == "pruned" and any(x > 0 for x in trial.constraints.values()) else state


@dataclass(frozen=True, slots=True)
class StoredStudy:
    """A study at one moment.

    Attributes:
        name: what it is called in Optuna: as its folder was when it began.
        directions: `MAXIMIZE` or `MINIMIZE`, one for each objective.
        user_attrs: the attributes that hpo keeps of it.
        system_attrs: those that Optuna, its samplers and its dashboard keep.
        trials: by number.
        leases: of trials that run, by their numbers.
    """

    name: str
    directions: list[str]
    user_attrs: dict[str, Any]
    system_attrs: dict[str, Any]
    trials: list[StoredTrial]
    leases: dict[int, LeaseState]

    def at(self, now: float) -> StoredStudy:
        """Give the study as it is at a time by the database's clock: trials whose leases are lost by then wait."""

        def is_lost(trial: StoredTrial) -> bool:
            lease = self.leases.get(trial.number)
            return lease is None or lease.until < now or lease.holder.is_gone()

        trials = [
            replace(trial, state=StoredState.WAITING)
            if trial.state == StoredState.RUNNING and is_lost(trial)
            else trial
            for trial in self.trials
        ]
        return replace(self, trials=trials)


@dataclass(frozen=True, slots=True)
class StudyNote:
    """What people have written about one trial, or about the study, kept where Optuna's dashboard keeps it.

    Attributes:
        version: rises by one with each change; 0 where nothing was written yet.
        text: Markdown.
    """

    version: int = 0
    text: str = ""


def read_notes(system_attrs: Mapping[str, Any]) -> dict[int | None, StudyNote]:
    """Read the notes that are kept in the attributes of a study.

    Returns:
        By Optuna's id of the trial; None for the note about the study.
    """
    versions: dict[int | None, int] = {}
    pieces = defaultdict[int | None, dict[int, str]](dict)
    for key, value in system_attrs.items():
        if match := _NOTE_KEY.fullmatch(key):
            owner = None if match[1] is None else int(match[1])
            if match[2] is None:
                versions[owner] = int(value)
            else:
                pieces[owner][int(match[2])] = value
    return {
        owner: StudyNote(version, "".join(text for _, text in sorted(pieces[owner].items())))
        for owner, version in versions.items()
    }


def format_note(trial_id: int | None, note: StudyNote) -> dict[str, Any]:
    """Write a note as attributes of a study."""
    owner = "dashboard:" if trial_id is None else f"dashboard:{trial_id}:"
    texts = [note.text[start : start + _NOTE_PIECE] for start in range(0, len(note.text), _NOTE_PIECE)]
    return {f"{owner}note_ver": note.version, **{f"{owner}note_str:{i}": text for i, text in enumerate(texts)}}


def renumber_notes(system_attrs: Mapping[str, Any], trial_ids: Mapping[int, int]) -> dict[str, Any]:
    """Give the attributes of a study to another one, in which its trials have other ids."""

    def rename(key: str) -> str:
        match = _NOTE_KEY.fullmatch(key)
        if match is None or match[1] is None:
            return key
        return key.replace(match[1], str(trial_ids.get(int(match[1]), match[1])), 1)

    return {rename(key): value for key, value in system_attrs.items()}
