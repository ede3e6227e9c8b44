"""Optuna's storage in which a waiting trial goes to one asker alone; imports Optuna, so import it where it is used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from optuna.storages import RDBStorage
from optuna.storages._rdb.models import TrialModel
from optuna.trial import TrialState
from sqlalchemy import update
from sqlalchemy.orm import Session


class ClaimingStorage(RDBStorage):
    """A relational storage in which the step from WAITING to RUNNING is taken once, whoever asks at the same moment.

    Optuna 5.0 reads the state and writes it afterwards. It relies on `SELECT ... FOR UPDATE`, which SQLite ignores, so
    that each of several processes that ask at once gets the same trial.
    """

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Set state and values; False where the trial was to run, and does not wait any more."""
        if state != TrialState.RUNNING:
            return super().set_trial_state_values(trial_id, state, values)
        claim = update(TrialModel).where(TrialModel.trial_id == trial_id, TrialModel.state == TrialState.WAITING)
        with Session(self.engine) as session, session.begin():
            # The transaction begins with the write, so it has SQLite's lock for writing before it reads the state, as
            # after BEGIN IMMEDIATE; on other databases, one statement is as good.
            if not session.execute(claim.values(state=state).returning(TrialModel.trial_id)).all():
                return False
            session.get_one(TrialModel, trial_id).datetime_start = datetime.now()
        return True
