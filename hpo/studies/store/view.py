"""A storage as samplers, pruners and analysis may see it: only the trials that are candidates."""

from __future__ import annotations

import copy
from collections.abc import Callable, Container, Mapping, Sequence
from itertools import compress, count
from operator import is_not
from typing import TYPE_CHECKING, Any, TypeVar

from hpo.studies.store.ledger import is_candidate

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial, TrialState

    from hpo.studies.store.stored import StoredTrial

T = TypeVar("T", bound="FrozenTrial | StoredTrial")


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


class ChangedTrials:
    """Tells which trials of a list are others than before, for whoever keeps something of each of them.

    A trial that has ended and is the same object has not changed: see `TrialCache`.
    """

    def __init__(self) -> None:
        self._trials: Sequence[FrozenTrial | StoredTrial] = ()
        self._unfinished: list[int] = []

    def find(self, trials: Sequence[T]) -> tuple[list[T], bool]:
        """Find those that are new or have changed, and such as had not ended.

        Args:
            trials: those that there are, by number, in a list that stays as it is.

        Returns:
            The trials, and whether all that is kept of earlier ones is to be forgotten: one of them is not there now.
        """
        before, self._trials = self._trials, trials
        places = {*compress(count(), map(is_not, before, trials)), *self._unfinished, *range(len(before), len(trials))}
        forgets = len(before) > len(trials) or any(
            before[place].number != trials[place].number for place in places if place < len(before)
        )
        changed = range(len(trials)) if forgets else sorted(places)
        self._unfinished = [place for place in changed if not trials[place].state.is_finished()]
        return [trials[place] for place in changed], forgets


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
