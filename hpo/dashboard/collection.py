"""All studies of a dashboard as one storage of Optuna's, to which nothing can be written."""

from __future__ import annotations

from collections.abc import Container, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, TrialState

from hpo.dashboard.served import ServedStudy, StudyView, split_trial_id
from hpo.errors import HpoError, UserError
from hpo.studies import StudyRecord

REFUSAL = (
    "hpo's dashboard shows studies, and changes nothing of them but notes. Use the commands of hpo: hpo mv renames a "
    "study, hpo rm removes one, hpo run adds trials."
)


def _refuse(*arguments: object, **options: object) -> NoReturn:
    raise UserError(REFUSAL)


class StudyCollection(BaseStorage):
    """The studies of a dashboard by their ids, as Optuna asks a storage for them.

    What is given out is shared: whoever asks changes nothing of it.
    """

    create_new_study = delete_study = set_study_user_attr = set_study_system_attr = _refuse
    create_new_trial = set_trial_param = set_trial_state_values = set_trial_intermediate_value = _refuse
    set_trial_user_attr = set_trial_system_attr = _refuse

    def __init__(self, studies: Sequence[ServedStudy]) -> None:
        """Offer studies."""
        self._studies = {study.study_id: study for study in studies}

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
        trials = self._view(study_id).trials
        return [trial for trial in trials if states is None or trial.state in states]

    def get_best_trial(self, study_id: int) -> FrozenTrial:
        """Give the best trial, as hpo finds it."""
        best = self._view(study_id).best
        if best is None:
            raise ValueError("no trial is complete")
        return best
