"""The trials of a study that is worked on, read once; after that, only those that may have changed."""

from __future__ import annotations

import copy
import json
import threading
from bisect import bisect_left
from collections.abc import Callable, Container, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from optuna.trial import FrozenTrial, TrialState

from hpo.studies.store.ledger import RETRIED, StudyLedger
from hpo.studies.store.stored import Attributes
from hpo.studies.store.tables import Select, is_one_of, read_attributes, read_trials
from hpo.studies.store.trials import CachedTrial, make_trial

if TYPE_CHECKING:
    from optuna.study import StudyDirection


T = TypeVar("T")
_Selection = tuple[Callable[[Mapping[str, Any]], bool] | None, tuple[TrialState, ...]]
_UNFINISHED = (TrialState.RUNNING, TrialState.WAITING)
_NUMBER = attrgetter("number")


class ReadableStorage(Protocol):
    """What is asked of a `StudyStorage`."""

    def version(self) -> int | None:
        """Tell which commit was the last one."""

    def read(self, work: Callable[[Select], T]) -> T:
        """Read by plain SQL."""

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """As Optuna has it."""


class TrialCache:
    """A `StudyStorage` as Optuna works with it: everything is the storage's own, but for what is read often.

    Optuna's own cache (5.0) reads the unfinished trials in eight statements whenever trials are asked for, and makes an
    object of SQLAlchemy's ORM of every row. Any thread may ask.
    """

    def __init__(self, storage: ReadableStorage) -> None:
        self._storage = storage
        self._lock = threading.RLock()
        self._forget(None)

    def _forget(self, study_id: int | None) -> None:
        self._study_id = study_id
        self._trials: dict[int, CachedTrial] = {}
        self._selections: dict[_Selection, list[FrozenTrial]] = {}
        self._left_out: dict[Callable[[Mapping[str, Any]], bool], set[int]] = {}
        self._unfinished: set[int] = set()
        self._last_id = self._reruns = 0
        self._trials_version: int | None = None
        self._ended_version: int | None = None
        self._attributes_version: int | None = None
        self._attributes = Attributes({})
        self._directions: list[StudyDirection] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a storage has
        return getattr(self._storage, name)

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """Give the directions, which never change."""
        with self._lock:
            self._begin(study_id)
            self._directions = self._directions or self._storage.get_study_directions(study_id)
            return self._directions

    def get_study_user_attrs(self, study_id: int) -> Mapping[str, Any]:
        """Give the attributes of the study as they are now; each is parsed when it is asked for."""
        with self._lock:
            self._begin(study_id)
            version = self._storage.version()
            if version is None or version != self._attributes_version:
                table = "study_user_attributes"
                self._attributes = Attributes(
                    self._storage.read(lambda select: read_attributes(select, table, study_id))
                )
                self._attributes_version = version
            return self._attributes

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Give the trials as they are now, by number."""
        trials = self.select_trials(study_id, None, states)
        return copy.deepcopy(trials) if deepcopy else trials

    def select_trials(
        self,
        study_id: int,
        keep: Callable[[Mapping[str, Any]], bool] | None,
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """Give the trials as they are now, by number, in a list of the caller's.

        Args:
            study_id: of the study.
            keep: whether to give a trial with such attributes; the same function is remembered.
            states: those of the trials that are given; None for all.
        """
        chosen = tuple(state for state in TrialState if states is None or state in states)
        only_ended = not any(state in chosen for state in _UNFINISHED)
        with self._lock:
            self._begin(study_id)
            version = self._storage.version()
            if version is None or version not in (self._trials_version, self._ended_version if only_ended else None):
                self._update(study_id, only_ended=only_ended)
                self._ended_version = version
                self._trials_version = self._trials_version if only_ended else version
            if keep is not None and keep not in self._left_out:
                self._left_out[keep] = {t.number for t in self._trials.values() if not keep(t.user_attrs)}
            if (keep, chosen) not in self._selections:
                left_out = self._left_out[keep] if keep is not None else ()
                selected = [t for t in self._trials.values() if t.state in chosen and t.number not in left_out]
                self._selections[keep, chosen] = sorted(selected, key=_NUMBER)
            return list(self._selections[keep, chosen])

    def _begin(self, study_id: int) -> None:
        """A study that nothing was trained in may be made anew, under another id."""
        if study_id != self._study_id:
            self._forget(study_id)

    def _update(self, study_id: int, *, only_ended: bool) -> None:
        """Read the trials that are new, those that had not ended, and where ended ones run again, all such.

        Args:
            study_id: of the study.
            only_ended: whether to read only those that have ended: a pruner asks for no others at each report.
        """
        condition, values = "study_id = :study", {"study": study_id}
        reruns = self._reruns if only_ended else StudyLedger(self.get_study_user_attrs(study_id)).reruns
        if self._trials:
            # By the sign, SQLite looks trials up by their ids, and not through all of the study.
            condition = "+study_id = :study AND (trial_id > :last"
            values["last"] = self._last_id
            if self._unfinished:
                is_unfinished, ids = is_one_of("trial_id", sorted(self._unfinished))
                condition, values = f"{condition} OR {is_unfinished}", {**values, **ids}
            if reruns != self._reruns:
                condition += f" OR trial_id IN ({self._select_rerun(reruns)})"
            condition += ")"
        if only_ended:
            condition += " AND state NOT IN ('RUNNING', 'WAITING')"
        for trial in self._storage.read(lambda select: read_trials(select, condition, values, make_trial))():
            self._put(trial)
            if not only_ended:  # those that have not ended are to be read yet
                self._last_id = max(self._last_id, trial._trial_id)
        self._reruns = reruns

    def _select_rerun(self, reruns: int) -> str:
        """Give the SELECT of the trials that were made to run again since; those of earlier versions tell no count."""
        counts = ", ".join(f"'{json.dumps(count)}'" for count in (True, *range(self._reruns + 1, reruns + 1)))
        return (
            "SELECT trial_id FROM trial_system_attributes AS part "  # noqa: S608 - text of ours
            f"WHERE part.key = '{RETRIED}' AND value_json IN ({counts})"
        )

    def _put(self, trial: CachedTrial) -> None:
        """Remember a trial as it is now."""
        number = trial.number
        self._trials[number] = trial
        for is_kept, left_out in self._left_out.items():
            (left_out.discard if is_kept(trial.user_attrs) else left_out.add)(number)
        (self._unfinished.discard if trial.state.is_finished() else self._unfinished.add)(trial._trial_id)
        for (keep, states), selected in self._selections.items():
            index = bisect_left(selected, number, key=_NUMBER)
            is_there = index < len(selected) and selected[index].number == number
            is_selected = trial.state in states and (keep is None or number not in self._left_out[keep])
            selected[index : index + is_there] = [trial] if is_selected else []
