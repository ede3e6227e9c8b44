"""Attempts at trials: which trial is begun next, and what becomes of one whose worker is gone.

Each function works in a transaction of its caller's, and is right where the transaction runs again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from hpo.studies.store.lease_table import LeaseTable, Transaction, connection_of
from hpo.studies.store.leases import Lease, LeaseState, LeaseWatch, this_process, trial_lease
from hpo.studies.store.ledger import ATTEMPTS, CONFIRMS, CONSTRAINT, MEMORY, RETRIED, StudyLedger, TrialLedger
from hpo.studies.store.rows import change_ledger, read_attributes, set_attributes, utc_now

_MOST_LINES, _MOST_CHARACTERS = 50, 10_000
_REPEAT = "repeat"
"""The kind of failure of a trial that found no config which is not tried."""
TrialRow = Any
"""A `TrialModel` of Optuna's, whose columns have no types."""
_TRIAL: Any = models.TrialModel
_USER, _SYSTEM = models.TrialUserAttributeModel, models.TrialSystemAttributeModel
_TRIALS = _TRIAL.__table__
_READ_STATE = select(_TRIALS.c.state).where(_TRIALS.c.trial_id == bindparam("trial"))
_SET_STATE = (
    update(_TRIALS)
    .where(_TRIALS.c.trial_id == bindparam("trial"))
    .values(state=bindparam("new"), datetime_complete=bindparam("ended"))
)
_CONFIRMS = exists().where(_USER.trial_id == _TRIAL.trial_id, _USER.key == CONFIRMS)
_HAS_BEGUN = exists().where(_USER.trial_id == _TRIAL.trial_id, _USER.key == ATTEMPTS, _USER.value_json != "0")


@dataclass(frozen=True, slots=True)
class ClaimedTrial:
    """A trial that was claimed.

    Attributes:
        lease: by which it is written to.
        trial: as it was then: one that waited may have parameters and epochs.
    """

    lease: Lease
    trial: FrozenTrial


@dataclass(frozen=True, slots=True)
class EndedAttempt:
    """An attempt that ended with its worker.

    Attributes:
        number: of the trial.
        attempt: counted from 1.
        state: what the trial has come to: it waits for the next attempt, or has failed.
        cause: `KIND: REASON`.
    """

    number: int
    attempt: int
    state: Literal["waiting", "failed"]
    cause: str


class Attempts:
    """The attempts at trials of one study."""

    def __init__(self, study_id: int, *, is_local: bool) -> None:
        """Begin to watch leases; see `LeaseWatch` for `is_local`."""
        self.leases = LeaseTable(study_id)
        self.next_accumulation: Callable[[int], int | None] = lambda steps: None
        self._study_id = study_id
        self.explain_loss = LeaseWatch(is_local=is_local).explain_loss

    def lock(self, session: Session) -> None:
        """Have all others who begin or end attempts wait until the transaction ends; those who train do not wait.

        Optuna locks the same row when it numbers a trial. A write, and no SELECT FOR UPDATE: SQLite ignores that.
        """
        study = models.StudyModel
        session.execute(
            update(study).where(study.study_id == self._study_id).values(study_name=study.study_name),
            execution_options={"synchronize_session": False},
        )

    def next_waiting(
        self,
        session: Session,
        only: Collection[int] | None = None,
        *,
        confirms: bool = False,
        has_begun: bool = False,
    ) -> int | None:
        """Find the first trial that waits, of those with these numbers or of all; its id.

        Args:
            session: of the transaction.
            only: the numbers.
            confirms: whether to look among those that confirm another trial, and not among those of the search.
            has_begun: whether it is one that somebody has worked on before.
        """
        waits = (_TRIAL.study_id == self._study_id) & (_TRIAL.state == TrialState.WAITING)
        waits &= _CONFIRMS if confirms else ~_CONFIRMS
        if has_begun:
            waits &= _HAS_BEGUN
        if only is not None:
            waits &= _TRIAL.number.in_(only)
        return session.scalar(select(_TRIAL.trial_id).where(waits).order_by(_TRIAL.number).limit(1))

    def find_id(self, session: Session, number: int) -> int:
        """Find the id of a trial that there is, by its number."""
        is_it = (_TRIAL.study_id == self._study_id) & (_TRIAL.number == number)
        return int(session.scalars(select(_TRIAL.trial_id).where(is_it)).one())

    def find_pruned(self, session: Session, number: int) -> int | None:
        """Find a trial of this number that is pruned, and no more to be taken for unchangeable; its id."""
        is_it = (_TRIAL.study_id == self._study_id) & (_TRIAL.number == number)
        found = select(_TRIAL.trial_id).where(is_it, _TRIAL.state == TrialState.PRUNED)
        trial_id: int | None = session.scalar(found)
        if trial_id is None:
            return None
        set_attributes(session, _SYSTEM, {"trial_id": trial_id}, {RETRIED: self._count_rerun(session)})
        return trial_id

    def _count_rerun(self, session: Session) -> int:
        """Note that ended trials are made to run again, and how often that was; by the count, others find which."""

        def count(ledger: StudyLedger) -> int:
            reruns = ledger.reruns + 1
            ledger.reruns = reruns
            return reruns

        return change_ledger(session, self._study_id, count)

    def allows_another(self, session: Session, trials: int | None, configs: int | None) -> bool:
        """Count whether another trial may begin; see `StudyStorage.claim`."""
        limits = [limit for limit in (trials, configs) if limit is not None]
        last = select(_TRIAL.number).where(_TRIAL.study_id == self._study_id).order_by(_TRIAL.trial_id.desc()).limit(1)
        if all((session.scalar(last) or 0) + 1 < limit for limit in limits):
            return True  # however many of them have begun
        begun = (_TRIAL.study_id == self._study_id) & (_TRIAL.state != TrialState.WAITING) & ~_CONFIRMS
        count = session.scalar(select(func.count()).where(begun)) or 0
        if configs is not None and count >= configs:
            return False
        if trials is None or count < trials:
            return True
        # Excesses are stored as JSON of floats: one is above 0 unless it has a sign or is 0.
        is_broken = _SYSTEM.key.startswith(CONSTRAINT) & ~(
            _SYSTEM.value_json.startswith("-") | _SYSTEM.value_json.in_(("0", "0.0"))
        )
        broken = select(_SYSTEM.trial_id).where(is_broken)
        ruled_out = begun & (_TRIAL.state == TrialState.PRUNED) & _TRIAL.trial_id.in_(broken)
        return count - (session.scalar(select(func.count()).where(ruled_out)) or 0) < trials

    def begin(self, session: Session, trial: FrozenTrial, owner: str, seconds: float, token: str) -> Lease:
        """Begin the next attempt at a trial: state, lease and ledger; the object follows."""
        changes: dict[str, Any] = {}
        ledger = TrialLedger(trial.user_attrs, changes.__setitem__)
        lease = Lease(trial_lease(trial.number), owner, ledger.attempts + 1)
        ledger.worker, ledger.attempts = owner, lease.fence
        entry = {"worker": owner, "machine": this_process().machine, "started": _local_now()}
        ledger.set_attempt(lease.fence, {**entry, "epochs": max(trial.intermediate_values, default=0)})
        if trial.state != TrialState.RUNNING:
            begun = update(_TRIAL).where(_TRIAL.trial_id == trial._trial_id)
            now = {"_datetime_start_utc": utc_now(), "_datetime_complete_utc": None}
            session.execute(begun.values(state=TrialState.RUNNING, **now))
            trial.state = TrialState.RUNNING
        set_attributes(session, _USER, {"trial_id": trial._trial_id}, changes)
        trial.user_attrs |= changes
        self.leases.insert(session, lease, seconds, token)
        return lease

    def end_lost(
        self, session: Session, retries: int, seconds: float, *, is_patient: bool = False
    ) -> list[EndedAttempt]:
        """End the attempts whose leases are lost; trials that run without one are of an earlier version.

        See `LeaseWatch.explain_loss` for `seconds` and `is_patient`.
        """
        running = select(_TRIAL).where(_TRIAL.study_id == self._study_id, _TRIAL.state == TrialState.RUNNING)
        leases, ended = self.leases.select(session), []
        for trial in session.scalars(running):
            state = leases.get(trial_lease(trial.number))
            reason: str | None = "its version kept no lease"
            if state is not None:
                reason = self.explain_loss(state, seconds, is_patient=is_patient)
            if reason is not None:
                ended.append(self._end(session, trial, state, f"worker_died: {reason}", retries=retries))
        return ended

    def end_of(self, session: Session, owner: str, cause: str, log: str, retries: int | None) -> list[EndedAttempt]:
        """End the attempts of an owner that is gone; see `StudyStorage.end_attempts_of`.

        A trial that the memory did not suffice for goes on in smaller parts, where `next_accumulation` gives a number.
        """
        numbers = {state.lease.number: state for state in self.leases.select(session, owner=owner).values()}
        trials = select(_TRIAL).where(_TRIAL.study_id == self._study_id, _TRIAL.number.in_(numbers))
        running = [trial for trial in session.scalars(trials) if trial.state == TrialState.RUNNING]
        return [self._end(session, trial, numbers[trial.number], cause, log=log, retries=retries) for trial in running]

    def _end(
        self,
        session: Session,
        trial: TrialRow,
        state: LeaseState | None,
        cause: str,
        *,
        log: str = "",
        retries: int | None,
    ) -> EndedAttempt:
        owner_row = {"trial_id": int(trial.trial_id)}
        changes: dict[str, Any] = {}
        ledger = TrialLedger(read_attributes(session, _USER, owner_row), changes.__setitem__)
        attempt, deaths = ledger.attempts, ledger.deaths
        if cause.startswith("out_of_memory:") and retries is not None:
            steps = self.next_accumulation(ledger.accumulation_steps)
            if steps is not None:
                ledger.accumulation_steps, retries = steps, None
        if state is not None:
            self.leases.remove(session, state.lease)
            entry = _end_entry(ledger.attempt_entries.get(attempt, {}), silent=max(0.0, state.now - state.until))
            has_progress = ledger.has_progress(_last_step(session, trial))
            if retries is not None:
                ledger.deaths = deaths = 0 if has_progress else deaths + 1
            log = "\n".join(log.splitlines()[-_MOST_LINES:])[-_MOST_CHARACTERS:]
            ledger.set_attempt(attempt, {**entry, "cause": cause, **({"log": log} if log else {})})
        fails = retries is not None and deaths > retries
        trial.state = TrialState.FAIL if fails else TrialState.WAITING
        if fails:
            trial._datetime_complete_utc = utc_now()
            ledger.cause = cause
        set_attributes(session, _USER, owner_row, changes)
        session.flush()
        return EndedAttempt(trial.number, attempt, "failed" if fails else "waiting", cause)

    @staticmethod
    def read_state(session: Transaction, trial_id: int) -> TrialState:
        """Read the state of a trial.

        Raises:
            KeyError: there is no such trial.
        """
        state: TrialState | None = connection_of(session).scalar(_READ_STATE, {"trial": trial_id})
        if state is None:
            raise KeyError(models.NOT_FOUND_MSG)
        return state

    @staticmethod
    def set_state(session: Transaction, trial_id: int, state: TrialState) -> None:
        """Set the state that an attempt at a trial has ended in."""
        ended = utc_now() if state.is_finished() else None
        connection_of(session).execute(_SET_STATE, {"trial": trial_id, "new": state, "ended": ended})

    def finish(self, session: Transaction, lease: Lease, trial_id: int, state: TrialState, cause: str | None) -> bool:
        """End an attempt as its worker says; False where that has taken place.

        Raises:
            LeaseLostError: the attempt has ended otherwise.
        """
        owner_row = {"trial_id": trial_id}
        changes: dict[str, Any] = {}
        if not self.leases.remove(session, lease):
            ledger = TrialLedger(read_attributes(session, _USER, owner_row))
            if (self.read_state(session, trial_id), ledger.attempts) == (state, lease.fence):
                return False
            raise self.leases.lost(lease)
        ledger = TrialLedger(read_attributes(session, _USER, owner_row), changes.__setitem__)
        entry = _end_entry(ledger.attempt_entries.get(lease.fence, {}))
        ledger.set_attempt(lease.fence, {**entry, "cause": cause})
        set_attributes(session, _USER, owner_row, changes)
        return True

    def retry_failed(self, session: Session, kinds: Collection[str] | None) -> list[int]:
        """Have failed trials wait again; see `StudyStorage.retry_failed`."""
        state = _TRIAL.state == TrialState.FAIL
        memory = f"{CONSTRAINT}{MEMORY}"
        if kinds is not None and "out_of_memory" in kinds:  # configs that did not fit are ruled out
            ruled_out = select(_SYSTEM.trial_id).where(_SYSTEM.key == memory)
            state |= (_TRIAL.state == TrialState.PRUNED) & _TRIAL.trial_id.in_(ruled_out)
        failed = select(_TRIAL).where(_TRIAL.study_id == self._study_id, state)
        numbers, rerun = [], self._count_rerun(session)
        for trial in session.scalars(failed.order_by(_TRIAL.number)):
            owner_row = {"trial_id": int(trial.trial_id)}
            changes: dict[str, Any] = {}
            ledger = TrialLedger(read_attributes(session, _USER, owner_row), changes.__setitem__)
            kind = (ledger.cause or "error").partition(":")[0]
            if ledger.outside is not None or kind == _REPEAT or (kinds is not None and kind not in kinds):
                continue
            ledger.deaths, ledger.cause, ledger.accumulation_steps = 0, None, 1
            set_attributes(session, _USER, owner_row, changes)
            set_attributes(session, _SYSTEM, owner_row, {memory: None, RETRIED: rerun})
            trial.state, trial._datetime_complete_utc = TrialState.WAITING, None
            numbers.append(int(trial.number))
        return numbers


def _last_step(session: Session, trial: TrialRow) -> int:
    report = models.TrialIntermediateValueModel
    return session.scalar(select(func.max(report.step)).where(report.trial_id == trial.trial_id)) or 0


def _end_entry(entry: Mapping[str, Any], silent: float = 0.0) -> dict[str, Any]:
    """Note that an attempt has ended, and the seconds that it took.

    Args:
        entry: what is known of the attempt.
        silent: seconds since its lease ended, in which nothing is known of it: they do not count.
    """
    now = datetime.now().astimezone()
    started = datetime.fromisoformat(entry["started"]) if "started" in entry else now
    seconds = max(0.0, (now - started).total_seconds() - silent)
    return {**entry, "ended": now.isoformat(timespec="milliseconds"), "seconds": round(seconds, 3)}


def _local_now() -> str:
    return datetime.now().astimezone().isoformat(timespec="milliseconds")
