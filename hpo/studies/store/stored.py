"""What a database holds of a study, as plain data: what is computed of a study needs no more than this."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, get_args

from hpo.studies.store.leases import LeaseState
from hpo.studies.store.ledger import CONSTRAINT

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

TrialState = Literal["complete", "pruned", "failed", "running", "waiting", "infeasible"]
TRIAL_STATES: tuple[TrialState, ...] = get_args(TrialState)
_STATES = dict(zip(("COMPLETE", "PRUNED", "FAIL", "RUNNING", "WAITING"), TRIAL_STATES, strict=False))


class StoredState(Enum):
    """The states of a trial, by the names that Optuna has for them."""

    RUNNING = 0
    COMPLETE = 1
    PRUNED = 2
    FAIL = 3
    WAITING = 4

    def is_finished(self) -> bool:
        """Whether nothing of the trial changes any more."""
        return self not in (StoredState.RUNNING, StoredState.WAITING)


@dataclass(frozen=True, slots=True)
class StoredTrial:
    """One trial, with the names that Optuna's `FrozenTrial` has for the same things.

    Attributes:
        values: one for each objective; None while there is none.
        params: as the storage has them; `SearchSpace.snapped` rounds them as the space does.
        distributions: of each parameter, as JSON of Optuna's.
        intermediate_values: what was reported, by epoch.
        datetime_start: with its time zone.
        datetime_complete: with its time zone.
    """

    number: int
    state: StoredState
    values: list[float] | Any  # as Optuna has it: a caller knows the state
    params: dict[str, Any]
    distributions: dict[str, str]
    user_attrs: dict[str, Any]
    system_attrs: dict[str, Any]
    intermediate_values: dict[int, float]
    datetime_start: datetime | None
    datetime_complete: datetime | None

    @property
    def duration(self) -> timedelta | None:
        """From its last start to its end; None until it has ended."""
        if self.datetime_start is None or self.datetime_complete is None:
            return None
        return self.datetime_complete - self.datetime_start

    @property
    def constraints(self) -> dict[str, float]:
        """By how much the trial breaks each constraint; 0 or less where it does not."""
        attributes = self.system_attrs.items()
        return {key.removeprefix(CONSTRAINT): value for key, value in attributes if key.startswith(CONSTRAINT)}


def state_of(trial: FrozenTrial | StoredTrial) -> TrialState:
    """Give the state of a trial of Optuna's, which has none of its own for one that was ruled out before training."""
    state = _STATES[trial.state.name]
    return "infeasible" if state == "pruned" and any(x > 0 for x in trial.constraints.values()) else state


@dataclass(frozen=True, slots=True)
class StoredStudy:
    """A study at one moment.

    Attributes:
        name: what it is called in Optuna: as its folder was when it began.
        directions: `MAXIMIZE` or `MINIMIZE`, one for each objective.
        user_attrs: the attributes that hpo keeps of it.
        trials: by number.
        leases: of trials that run, by their numbers.
    """

    name: str
    directions: list[str]
    user_attrs: dict[str, Any]
    trials: list[StoredTrial]
    leases: dict[int, LeaseState]

    def at(self, now: float) -> StoredStudy:
        """Give the study as it is at a time by the database's clock: trials whose leases are lost by then wait."""

        def state_of(trial: StoredTrial) -> StoredState:
            if trial.state != StoredState.RUNNING:
                return trial.state
            lease = self.leases.get(trial.number)
            is_lost = lease is None or lease.until < now or lease.holder.is_gone()
            return StoredState.WAITING if is_lost else trial.state

        return replace(self, trials=[replace(trial, state=state_of(trial)) for trial in self.trials])
