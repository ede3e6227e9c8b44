"""Optuna's storage, as a study is worked on with it, in whatever database.

Importing this module imports Optuna and SQLAlchemy, which looking at a study does not need.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

import optuna
import sqlalchemy
from optuna.distributions import BaseDistribution
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.orm import Session

from hpo.errors import HpoError
from hpo.studies.store.attempts import Attempts, ClaimedTrial, EndedAttempt
from hpo.studies.store.cache import TrialCache
from hpo.studies.store.lease_table import LeaseTable, Transaction
from hpo.studies.store.leases import SECONDS as LEASE_SECONDS
from hpo.studies.store.leases import Lease
from hpo.studies.store.ledger import StudyLedger
from hpo.studies.store.patience import SAFE_CALLS, Patience, have_patience, have_patience_in
from hpo.studies.store.rows import select_by, set_attributes, set_params, set_reports, set_values
from hpo.studies.store.stored import Admitted
from hpo.studies.store.tables import Select, read_trials
from hpo.studies.store.trials import make_trial

T = TypeVar("T")


def quieten() -> None:
    """Have Optuna say nothing but errors."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # Optuna marks as experimental what conditional spaces need (`group=True`) and names of metrics.
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


class StudyStorage(RDBStorage):
    """A relational storage that reads trials fast, and where nobody but the owner of its lease writes to a trial.

    A trial that was claimed through this object is written to, by whatever call, as long as its lease holds; each
    write checks that in its own transaction, and renews it. All other trials are written to as Optuna does it.

    Attributes:
        lease_seconds: how long a lease lasts that is not renewed.
        retries: how many attempts in a row may die without a new epoch or checkpoint before their trial fails.
        next_accumulation: in how many parts batches are computed that did not fit in so many; None for no more.
        is_local: whether processes of this machine alone can reach the database.
    """

    lease_seconds: float = LEASE_SECONDS
    retries: int = 2
    next_accumulation: Callable[[int], int | None] = staticmethod(lambda steps: None)
    is_local: bool = False

    @cached_property
    def patience(self) -> Patience:
        """By which every call waits while the database does not answer."""
        return Patience()

    @have_patience
    def transact(self, work: Callable[[Session], T]) -> T:
        """Do something in one transaction, as a whole or not at all: nearly all that hpo itself writes passes here.

        Args:
            work: does it. It is called again where the database does not answer for the moment, perhaps because the
                connection is lost while the transaction ends: it has to be right also when it has taken place.
        """
        with Session(self.engine) as session, session.begin():
            return work(session)

    @have_patience
    def transact_rows(self, work: Callable[[sqlalchemy.Connection], T]) -> T:
        """Do the same without SQLAlchemy's ORM, which takes 0.6 ms of CPU a transaction: epochs pass through here."""
        with self.engine.begin() as connection:
            return work(connection)

    @cached_property
    def attempts(self) -> Attempts:
        """How trials are begun and ended."""
        return Attempts(self.study._study_id, is_local=self.is_local)

    @cached_property
    def leases(self) -> dict[int, Lease]:
        """Those that were taken through this object, by the id of the trial; also such as have ended."""
        return {}

    def create_lease_table(self) -> None:
        """Make the table of leases, which studies of earlier versions lack."""
        self.transact(self.attempts.leases.create)

    def claim(
        self,
        owner: str,
        trials: int | None,
        configs: int | None,
        only: Collection[int] | None = None,
        *,
        begins_new: bool = True,
        admit: Callable[[], Admitted] = lambda: "any",
    ) -> ClaimedTrial | None:
        """Begin an attempt at the next trial: one that waits, or whose worker is gone, or a new one; None without one.

        State, lease and ledger change together, so no trial runs without a lease, and limits hold whoever else claims.

        Args:
            owner: who claims, `HOST:PID`.
            trials: how many may be trained, those that constraints rule out not counted; None for as many as there are.
            configs: how many there are to try, those that are ruled out included; None if there is no end of them.
            only: the numbers of the trials that may be begun of those that wait; None for all.
            begins_new: whether a new trial may be begun where none of those waits.
            admit: which trials there may be an attempt at; asked while nobody else can begin one.
        """

        def choose(session: Session) -> int | None:
            if (admitted := admit()) == "none" or not self.attempts.allows_another(session, trials, configs):
                return None
            trial_id = self.attempts.next_waiting(session, only, has_begun=admitted == "begun")
            if trial_id is None and begins_new and admitted == "any":
                trial_id = int(self._get_prepared_new_trial(self.study._study_id, None, session).trial_id)
                session.flush()
            return trial_id

        return self._begin(owner, choose)

    def claim_confirming(self, owner: str, only: Collection[int]) -> ClaimedTrial | None:
        """Begin an attempt at the next of these trials that waits to confirm another one, whatever the budget."""
        return self._begin(owner, lambda session: self.attempts.next_waiting(session, only, confirms=True))

    def claim_pruned(self, owner: str, number: int, admit: Callable[[], Admitted]) -> ClaimedTrial | None:
        """Begin an attempt at a pruned trial that is to go on; None where another has begun one, or none may go on."""
        find = self.attempts.find_pruned
        return self._begin(owner, lambda session: None if admit() == "none" else find(session, number))

    def _begin(self, owner: str, choose: Callable[[Session], int | None]) -> ClaimedTrial | None:
        attempts, token, runs = self.attempts, uuid4().hex, count()

        def work(session: Session) -> ClaimedTrial | None:
            attempts.lock(session)
            select = select_by(session)
            if next(runs) and (leases := attempts.leases.select(session, token=token)):
                (state,) = leases.values()
                return ClaimedTrial(state.lease, _read_trial(select, attempts.find_id(session, state.lease.number)))
            attempts.end_lost(session, self.retries, self.lease_seconds, is_patient=True)
            if (chosen := choose(session)) is None:
                return None
            trial = _read_trial(select, chosen)
            return ClaimedTrial(attempts.begin(session, trial, owner, self.lease_seconds, token), trial)

        claimed = self.transact(work)
        if claimed is not None:
            self.leases[claimed.trial._trial_id] = claimed.lease
        return claimed

    def record_params(
        self,
        claimed: ClaimedTrial,
        params: Mapping[str, Any],
        distributions: Mapping[str, BaseDistribution],
        is_taken: Callable[[], bool],
    ) -> bool:
        """Give a claimed trial those of its parameters that it lacks.

        Args:
            claimed: the trial.
            params: all of its parameters, by name.
            distributions: of each.
            is_taken: whether another trial has the same config; asked while nobody else can record one.

        Returns:
            False where it is taken, and nothing was recorded.

        Raises:
            LeaseLostError: another worker has the trial.
        """
        trial_id = claimed.trial._trial_id

        def work(session: Session) -> bool:
            self.attempts.lock(session)
            self._check_lease(session, trial_id)
            if is_taken():
                return False
            param = models.TrialParamModel
            names = set(session.scalars(sqlalchemy.select(param.param_name).where(param.trial_id == trial_id)))
            missing = {name: value for name, value in params.items() if name not in names}
            set_params(session, trial_id, missing, distributions)
            return True

        return self.transact(work)

    def enqueue(self, make: Callable[[], Sequence[FrozenTrial]]) -> int:
        """Make trials that wait, with their parameters; how many.

        Args:
            make: gives them, with those left out that are there; called while nobody else can make one.
        """

        def work(session: Session) -> int:
            self.attempts.lock(session)
            trials = make()
            for trial in trials:
                self._get_prepared_new_trial(self.study._study_id, trial, session)
                session.flush()
            return len(trials)

        return self.transact(work)

    def write(
        self,
        trial_id: int,
        *,
        user_attrs: Mapping[str, Any] = {},
        system_attrs: Mapping[str, Any] = {},
        reports: Mapping[int, float] = {},
        state: TrialState | None = None,
        values: Sequence[float] | None = None,
        cause: str | None = None,
    ) -> None:
        """Write to a trial in one transaction.

        Args:
            trial_id: Optuna's.
            user_attrs: attributes to set, or with None to drop.
            system_attrs: the same for Optuna's own.
            reports: the objective by epoch.
            state: that ends the attempt, and with it its lease; None while it goes on.
            values: one for each objective.
            cause: why the attempt ended, where it did not come to its end.

        Raises:
            LeaseLostError: another worker has the trial.
        """

        def work(session: Transaction) -> None:
            lease = self.leases.get(trial_id)
            if lease and state is not None:
                if not self.attempts.finish(session, lease, trial_id, state, cause):
                    return
            else:
                self._check_lease(session, trial_id)
            self.check_trial_is_updatable(trial_id, self.attempts.read_state(session, trial_id))
            owner = {"trial_id": trial_id}
            set_attributes(session, models.TrialUserAttributeModel, owner, user_attrs)
            set_attributes(session, models.TrialSystemAttributeModel, owner, system_attrs)
            set_reports(session, trial_id, reports)
            set_values(session, trial_id, values or ())
            if state is not None:
                self.attempts.set_state(session, trial_id, state)

        self.transact_rows(work)

    def end_lost_attempts(self, *, is_patient: bool = False) -> list[EndedAttempt]:
        """End the attempts whose workers are gone; their trials wait for the next one, or have died too often."""

        def work(session: Session) -> list[EndedAttempt]:
            self.attempts.lock(session)
            return self.attempts.end_lost(session, self.retries, self.lease_seconds, is_patient=is_patient)

        return self.transact(work)

    def end_attempts_of(self, owner: str, cause: str, log: str, *, counts: bool) -> list[EndedAttempt]:
        """End the attempts of a worker that is known to be gone, as in `end_lost_attempts`.

        Args:
            owner: the worker, `HOST:PID`.
            cause: why it is gone, `KIND: REASON`.
            log: what it printed; the last lines are kept.
            counts: whether the trial may be what it died of, and fails after too many such deaths.
        """

        def work(session: Session) -> list[EndedAttempt]:
            self.attempts.lock(session)
            self.attempts.next_accumulation = self.next_accumulation
            return self.attempts.end_of(session, owner, cause, log, self.retries if counts else None)

        return self.transact(work)

    def retry_failed(self, kinds: Collection[str] | None) -> list[int]:
        """Have failed trials of the space wait, those of some kinds of causes or all; their numbers.

        Whoever has read the trials before has to open the study anew: Optuna takes an ended trial for unchangeable.
        """

        def work(session: Session) -> list[int]:
            self.attempts.lock(session)
            return self.attempts.retry_failed(session, kinds)

        return self.transact(work)

    def renew(self, lease: Lease) -> None:
        """Have a lease end later, also when it has ended and nobody has taken it; any thread may call this.

        Raises:
            LeaseLostError: somebody has.
        """
        self.transact_rows(lambda rows: self.attempts.leases.extend(rows, lease, self.lease_seconds))

    def _check_lease(self, session: Transaction, trial_id: int) -> None:
        if (lease := self.leases.get(trial_id)) is not None:
            self.attempts.leases.extend(session, lease, self.lease_seconds)

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Set state and values as Optuna does, or end the attempt of one that was claimed here."""
        if trial_id not in self.leases or state == TrialState.RUNNING:
            return super().set_trial_state_values(trial_id, state, values)
        self.write(trial_id, state=state, values=values)
        return True

    def _set_trial_param_without_commit(self, session: Session, trial_id: int, *arguments: Any) -> None:  # noqa: ANN401
        self._check_lease(session, trial_id)
        super()._set_trial_param_without_commit(session, trial_id, *arguments)

    def _set_trial_attr_without_commit(self, session: Session, table: Any, trial_id: int, *arguments: Any) -> None:  # noqa: ANN401
        self._check_lease(session, trial_id)
        super()._set_trial_attr_without_commit(session, table, trial_id, *arguments)

    def _set_trial_intermediate_value_without_commit(self, session: Session, trial_id: int, *arguments: Any) -> None:  # noqa: ANN401
        self._check_lease(session, trial_id)
        super()._set_trial_intermediate_value_without_commit(session, trial_id, *arguments)

    def delete_study(self, study_id: int) -> None:
        """Delete a study with its leases: SQLite gives its id to the next one."""
        super().delete_study(study_id)
        leases = LeaseTable(study_id)
        self.transact(leases.create)
        self.transact(leases.clear)

    def version(self) -> int | None:
        """Tell which commit of anybody's was the last one, so that nothing is read twice; None where that is unknown.

        Asked for before something is read: then what is committed meanwhile is read again.
        """
        return None

    @have_patience
    def read(self, work: Callable[[Select], T]) -> T:
        """Read by plain SQL, for one call of which nothing is kept open."""
        with self.engine.connect() as connection:
            return work(select_by(connection))

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Give the trial as it is now."""
        return self.read(lambda select: _read_trial(select, trial_id))

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
        cache: Any = TrialCache(self)
        return optuna.Study(names[0], cache)

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


def _read_trial(select: Select, trial_id: int) -> FrozenTrial:
    trials = read_trials(select, "trial_id = :trial", {"trial": trial_id}, make_trial)()
    if not trials:
        raise KeyError(models.NOT_FOUND_MSG)
    return copy.deepcopy(trials[0])


have_patience_in(StudyStorage, SAFE_CALLS)
