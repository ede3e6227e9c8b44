"""Optuna's storage, as a study is worked on with it, in whatever database.

Importing this module imports Optuna and SQLAlchemy, which looking at a study does not need.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Container, Sequence
from datetime import datetime
from functools import cached_property

import optuna
import sqlalchemy
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import TrialModel
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.orm import Session

from hpo.errors import HpoError
from hpo.studies.store.ledger import StudyLedger
from hpo.studies.store.trials import select_trials


def quieten() -> None:
    """Have Optuna say nothing but errors."""
    optuna.logging.set_verbosity(logging.ERROR)
    # Optuna marks as experimental what conditional spaces need (`group=True`) and names of metrics.
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


class StudyStorage(RDBStorage):
    """A relational storage that reads trials fast, and hands out a waiting trial once, whoever asks at the same moment.

    Optuna 5.0 reads the state of a trial and writes it afterwards. It relies on `SELECT ... FOR UPDATE`, which SQLite
    ignores, so that each of several processes that ask at once gets the same trial.
    """

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Set state and values; False where the trial was to run, and does not wait any more."""
        if state != TrialState.RUNNING:
            return super().set_trial_state_values(trial_id, state, values)
        waiting = sqlalchemy.update(TrialModel).where(
            TrialModel.trial_id == trial_id, TrialModel.state == TrialState.WAITING
        )
        with Session(self.engine) as session, session.begin():
            # The transaction begins with the write, so it has SQLite's lock for writing before it reads the state, as
            # after BEGIN IMMEDIATE; on other databases, one statement is as good.
            if not session.execute(waiting.values(state=state).returning(TrialModel.trial_id)).all():
                return False
            session.get_one(TrialModel, trial_id).datetime_start = datetime.now()
        return True

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Give the trial as it is now."""
        trials = self._select_trials(TrialModel.trial_id == trial_id)
        return trials[0] if trials else super().get_trial(trial_id)  # which raises

    def _get_trials(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: set[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        """What Optuna's cache asks for: the trials that it does not have, and the unfinished ones that it has."""
        is_asked_for = TrialModel.trial_id > trial_id_greater_than
        if included_trial_ids:
            is_asked_for |= TrialModel.trial_id.in_(included_trial_ids)
        condition = (TrialModel.study_id == study_id) & is_asked_for
        if states is not None:
            condition &= TrialModel.state.in_(state for state in TrialState if state in states)
        trials = self._select_trials(condition)
        return trials or super()._get_trials(study_id, states, included_trial_ids, trial_id_greater_than)

    def _select_trials(self, condition: sqlalchemy.ColumnElement[bool]) -> list[FrozenTrial]:
        with self.engine.connect() as connection:
            return select_trials(connection, condition)

    def study_names(self) -> list[str]:
        """List what Optuna has of the study: it should be one, and is called as the study was when it began."""
        return optuna.get_all_study_names(self)

    @cached_property
    def study(self) -> optuna.Study:
        """The study.

        Raises:
            ValueError: there is none, or another one.
        """
        names = self.study_names()
        if len(names) != 1:
            raise ValueError(f"{len(names)} studies")
        return optuna.load_study(study_name=names[0], storage=self)

    def discard_unmade(self) -> bool:
        """Remove a study whose creation was interrupted; False where one was made, by hpo or by another program."""
        studies = [optuna.load_study(study_name=name, storage=self) for name in self.study_names()]
        for study in studies:
            ledger = StudyLedger(study.user_attrs)
            if ledger.spec or (not ledger.budget and study.get_trials(deepcopy=False)):
                return False
        for study in studies:
            optuna.delete_study(study_name=study.study_name, storage=self)
        return True

    def translate(self, error: BaseException | None) -> HpoError | None:
        """Give our error for what the storage has raised; None where it is ours already, or of something else."""
        return None

    def close(self) -> None:
        """Close every connection."""
        self.remove_session()
        self.engine.dispose()
