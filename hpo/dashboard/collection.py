"""All studies of a dashboard as one storage of Optuna's, to which nothing can be written."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Container, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from threading import Lock
from typing import Any, NoReturn

from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, TrialState

from hpo.dashboard.served import ServedStudy, StudyView, split_trial_id
from hpo.errors import HpoError, UserError
from hpo.studies import StudyAddress, StudyRecord, open_place

REFUSAL = (
    "hpo's dashboard shows studies, and changes nothing of them but notes. Use the commands of hpo: hpo mv renames a "
    "study, hpo rm removes one, hpo run adds trials."
)

_LOOK_EVERY = 5.0
"""Seconds between two looks for new studies, while somebody asks."""


def _refuse(*arguments: object, **options: object) -> NoReturn:
    raise UserError(REFUSAL)


class StudyCollection(BaseStorage):
    """The studies of a dashboard by their ids, as Optuna asks a storage for them.

    What is given out is shared: whoever asks changes nothing of it.
    """

    create_new_study = delete_study = set_study_user_attr = set_study_system_attr = _refuse
    create_new_trial = set_trial_param = set_trial_state_values = set_trial_intermediate_value = _refuse
    set_trial_user_attr = set_trial_system_attr = _refuse

    def __init__(self, list_studies: Callable[[], Sequence[StudyAddress]]) -> None:
        """Offer the studies that are listed, now and whenever somebody looks.

        Raises:
            HpoError: one of those that are there now cannot be opened.
        """
        self._list_studies = list_studies
        self._lock, self._fresh_until = Lock(), -math.inf
        self._studies: dict[int, ServedStudy] = {}
        self._last_id = 0
        self._take(list_studies(), nullcontext())

    def _refresh(self) -> None:
        """Look for studies that were made, or made anew, since the last look."""
        with self._lock:
            if time.monotonic() < self._fresh_until:
                return
            skip = suppress(HpoError)  # a place that cannot be read now, or a study that is being made
            with skip:
                self._take(self._list_studies(), skip)
            self._fresh_until = time.monotonic() + _LOOK_EVERY

    def _take(self, addresses: Sequence[StudyAddress], guard: AbstractContextManager[object]) -> None:
        """Give a number to each study that has none; a study in the place of another one is another."""
        studies = {study.address: study for study in self._studies.values() if study.address in addresses}
        counts = Counter(address.name for address in addresses)
        for address in addresses:
            with guard:
                study, identity = studies.get(address), open_place(address).identity()
                if identity is not None and (study is None or study.identity != identity):
                    name = _name_study(address, is_unique=counts[address.name] == 1)
                    studies[address] = ServedStudy(self._last_id + 1, name, address, identity)
                    self._last_id += 1
        self._studies = {study.study_id: study for study in studies.values()}

    def find(self, study_id: int) -> ServedStudy:
        """Give a study.

        Raises:
            KeyError: there is none with that id.
        """
        return self._studies[study_id]

    def find_trial(self, trial_id: int) -> tuple[StudyRecord, int]:
        """Give the study that a trial is of, and the trial's number in it; raises KeyError where there is none."""
        study_id, number = split_trial_id(trial_id)
        record = self._view(study_id).record
        if not 0 <= number < len(record.frozen_trials()):
            raise KeyError(trial_id)
        return record, number

    def _view(self, study_id: int) -> StudyView:
        try:
            return self._studies[study_id].view()
        except HpoError as error:  # it was removed, or moved, or cannot be read any more
            raise KeyError(str(error)) from error

    def get_study_id_from_name(self, study_name: str) -> int:
        """See `BaseStorage`."""
        return next(study.study_id for study in self._studies.values() if study.name == study_name)

    def get_study_name_from_id(self, study_id: int) -> str:
        """See `BaseStorage`."""
        return self._studies[study_id].name

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """See `BaseStorage`."""
        return self._view(study_id).study.directions

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """See `BaseStorage`."""
        return self._view(study_id).study.user_attrs

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """See `BaseStorage`."""
        return self._view(study_id).study.system_attrs

    def get_all_studies(self) -> list[FrozenStudy]:
        """Give the studies that can be read."""
        self._refresh()
        studies = []
        for study_id in self._studies:
            with suppress(KeyError):
                studies.append(self._view(study_id).study)
        return studies

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """See `BaseStorage`."""
        study_id, number = split_trial_id(trial_id)
        for trial in self._view(study_id).trials:
            if trial.number == number:
                return trial
        raise KeyError(f"no trial {number} in the space of study {study_id}")

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Give the trials of the space; they are not copied."""
        self._studies[study_id].consider_advice()
        trials = self._view(study_id).trials
        return [trial for trial in trials if states is None or trial.state in states]

    def get_best_trial(self, study_id: int) -> FrozenTrial:
        """Give the best trial, as hpo finds it."""
        best = self._view(study_id).best
        if best is None:
            raise ValueError("no trial is complete")
        return best


def _name_study(address: StudyAddress, *, is_unique: bool) -> str:
    """Name a study, with its place where several have one name."""
    place = Path(address.folder).parent.as_posix() if address.is_local else address.safe_storage
    return address.name if is_unique else f"{address.name} ({place})"
