"""A study whose trials Optuna keeps in memory, for tests that ask for many."""

from __future__ import annotations

import optuna

from hpo.studies import ActiveStudy


class StudyInMemory(ActiveStudy):
    """A study as its database has it when it is opened; what comes after is kept in memory, in a sixth of the time.

    What is drawn, pruned and computed of trials does not depend on where they are kept. That it is kept is for the
    tests of the port and of studies, which work on databases.
    """

    def _open(self) -> None:
        super()._open()
        storage = optuna.storages.InMemoryStorage()
        name = self._optuna.study_name
        optuna.copy_study(from_study_name=name, from_storage=self.optuna_storage, to_storage=storage)
        self.close()
        self._optuna = optuna.load_study(study_name=name, storage=storage)
