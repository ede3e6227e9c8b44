"""A storage as samplers, pruners and analysis may see it: only the trials that are candidates."""

from __future__ import annotations

import copy
from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING, Any

from hpo.studies.store.ledger import is_candidate

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial, TrialState


def select_trials(
    storage: BaseStorage,
    study_id: int,
    keep: Callable[[Mapping[str, Any]], bool] | None,
    states: Container[TrialState] | None = None,
) -> list[FrozenTrial]:
    """Give the trials whose attributes `keep` is true of, or all; a `TrialCache` remembers which those are."""
    if hasattr(storage, "select_trials"):
        trials: list[FrozenTrial] = storage.select_trials(study_id, keep, states)
        return trials
    trials = storage.get_all_trials(study_id, deepcopy=False, states=states)
    return [trial for trial in trials if keep is None or keep(trial.user_attrs)]


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
        trials = select_trials(self._storage, study_id, is_candidate, states)
        return copy.deepcopy(trials) if deepcopy else trials

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """Give the directions, or the one that was asked for."""
        return self._storage.get_study_directions(study_id) if self._direction is None else [self._direction]
