"""A storage as samplers, pruners and analysis may see it: only the trials that are candidates."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, Any

from hpo.studies.store.ledger import is_candidate

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial, TrialState


class StorageView:
    """A storage with the candidates among a study's trials; everything else is the storage's own.

    Trials that lie outside its space are none, nor are those that confirm another one.

    With `direction`, it gives out a study with several objectives as one with a single objective.
    """

    def __init__(self, storage: BaseStorage, direction: StudyDirection | None = None) -> None:
        self._storage = storage
        self._direction = direction

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a storage has
        return getattr(self._storage, name)

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Give the candidates."""
        trials = self._storage.get_all_trials(study_id, deepcopy=deepcopy, states=states)
        return [trial for trial in trials if is_candidate(trial.user_attrs)]

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """Give the directions, or the one that was asked for."""
        return self._storage.get_study_directions(study_id) if self._direction is None else [self._direction]
