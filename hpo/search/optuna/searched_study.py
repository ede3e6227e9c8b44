"""The Optuna study that samplers and pruners are handed."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.study import StudyDirection

from hpo.spaces import Objective
from hpo.studies import StorageView


class SearchedStudy(optuna.Study):
    """A study whose `direction` is that of its learned objective, also where there are several objectives.

    Optuna 5 raises there, and its TPE sampler asks for it as soon as a trial was pruned.
    """

    def __init__(
        self, name: str, storage: BaseStorage, learned: Objective, sampler: BaseSampler, pruner: BasePruner
    ) -> None:
        view: Any = StorageView(storage)
        super().__init__(name, view, sampler=sampler, pruner=pruner)
        self._learned = learned

    @property
    def direction(self) -> StudyDirection:
        """Which way the learned objective is better."""
        return _direction_of(self._learned)


def pruned_study(name: str, storage: BaseStorage, learned: Objective, pruner: BasePruner) -> optuna.Study:
    """Give the study as if its learned objective were all: Optuna prunes for one objective, by what trials report."""
    view: Any = StorageView(storage, _direction_of(learned))
    return optuna.Study(name, view, sampler=optuna.samplers.RandomSampler(seed=0), pruner=pruner)


def _direction_of(objective: Objective) -> StudyDirection:
    return StudyDirection.MAXIMIZE if objective.direction == "maximize" else StudyDirection.MINIMIZE
