"""The rungs of a search that promotes trials: who goes on at each of them, and who is next in line."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.pruners import BasePruner
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from hpo.studies.store.stored import state_of
from hpo.studies.store.view import ChangedTrials

_IN_LINE = 4
"""Trials that are kept ready to go on at each rung, beside those that may: what they need takes room on the disk."""
_NOWHERE = -1
"""The rung of a trial that has not stopped at one."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """Who has come to a rung, the best one first.

    Attributes:
        numbers: of the trials.
        have_stopped: which of them have stopped there.
        places: how many of them go on.
    """

    numbers: NDArray[np.intp]
    have_stopped: NDArray[np.bool_]
    places: int


class Standings:
    """Who stands where, at each rung."""

    def __init__(self, standings: Sequence[_Standing]) -> None:
        self._standings = standings

    def find_promoted(self, ready: Container[int]) -> int | None:
        """Find a trial that has stopped at a rung and goes on now, on the highest rung first; its number.

        Args:
            ready: the numbers of those that can go on; others leave their places to the next ones.
        """
        for standing in reversed(self._standings):
            (stopped,) = np.nonzero(standing.have_stopped)
            # So many have not stopped and are better: they have their places.
            may_go_on = stopped[: np.searchsorted(stopped - np.arange(len(stopped)), standing.places)]
            for number in standing.numbers[may_go_on].tolist():
                if number in ready:
                    return int(number)
        return None

    def find_in_line(self) -> set[int]:
        """Find those that have stopped, and of which each rung lets the next ones go on; their numbers."""
        return {number for standing in self._standings for number in _list_line(standing)}


def _list_line(standing: _Standing) -> Iterator[int]:
    (stopped,) = np.nonzero(standing.have_stopped)
    waiting = np.searchsorted(stopped, standing.places) + _IN_LINE
    yield from standing.numbers[stopped[:waiting]].tolist()


class Rungs:
    """Asynchronous successive halving with promotions (Li et al., 2020).

    At a rung, trials are compared by their best values up to there, and one in so many goes on. The best one does not
    wait for as many on higher rungs, so that there is a complete trial soon: with one in three, it goes on when three
    have come to the first rung, two to the second, and at once from the others. One that has ended by itself before
    counts with what it came to; failed ones, and those that are ruled out, do not count.
    """

    def __init__(self, epochs: Sequence[int], factor: int, direction: StudyDirection) -> None:
        """Set up the rungs.

        Args:
            epochs: after which trials are compared, in ascending order.
            factor: one in so many trials goes on from each rung.
            direction: which way a value is better.
        """
        self.epochs = tuple(epochs)
        self._factor = factor
        self._sign = 1.0 if direction == StudyDirection.MAXIMIZE else -1.0
        self._changed = ChangedTrials()
        self._forget()

    def _forget(self) -> None:
        """Forget all trials, of which columns, by their numbers, have the values and where they have stopped."""
        self._values = np.empty((len(self.epochs), 0))
        self._stopped_at = np.empty(0, np.intp)

    def is_promoted(self, trial: FrozenTrial, others: Sequence[FrozenTrial], *, is_late: bool = False) -> bool:
        """Whether a trial goes on from the rung that it has just come to; `others` may hold it as it was before.

        Where it is late for the study, the best one always does.
        """
        rung = self.epochs.index(trial.last_step)
        value = self._follow(trial)[0][rung]
        self._update(others)
        rivals, numbers = self._list_rivals(rung)
        is_other = numbers != trial.number
        is_better = (rivals > value) | ((rivals == value) & (numbers < trial.number))
        better, count = (is_better & is_other).sum(), is_other.sum()
        return bool(better < self._count_places(rung, int(count) + 1, is_late=is_late))

    def compare(self, trials: Sequence[FrozenTrial], *, is_late: bool = False) -> Standings:
        """Compare all trials at all rungs; where it is late for the study, the best one always goes on."""
        self._update(trials)
        return Standings([self._compare_at(rung, is_late=is_late) for rung in range(len(self.epochs))])

    def _compare_at(self, rung: int, *, is_late: bool) -> _Standing:
        values, numbers = self._list_rivals(rung)
        order = np.argsort(-values, kind="stable")  # of equal ones, the first
        numbers = numbers[order]
        places = self._count_places(rung, len(numbers), is_late=is_late)
        return _Standing(numbers, self._stopped_at[numbers] == rung, places)

    def _list_rivals(self, rung: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """List the values and the numbers of those that have come to a rung, by number."""
        (numbers,) = np.nonzero(~np.isnan(self._values[rung]))
        return self._values[rung, numbers], numbers

    def _count_places(self, rung: int, count: int, *, is_late: bool) -> int:
        """Count how many go on of so many that have come to a rung."""
        return max(count // self._factor, int(is_late or count >= self._factor - rung))

    def _update(self, trials: Sequence[FrozenTrial]) -> None:
        """Look at the trials that have changed since this was called before."""
        changed, forgets = self._changed.find(trials)
        if forgets:
            self._forget()
        missing = trials[-1].number + 1 - len(self._stopped_at) if trials else 0
        if missing > 0:
            room = missing + len(self._stopped_at)
            self._values = np.pad(self._values, ((0, 0), (0, room)), constant_values=math.nan)
            self._stopped_at = np.pad(self._stopped_at, (0, room), constant_values=_NOWHERE)
        for trial in changed:
            values, stopped_at = self._follow(trial)
            self._values[:, trial.number] = [*values, *[math.nan] * (len(self.epochs) - len(values))]
            self._stopped_at[trial.number] = stopped_at

    def _follow(self, trial: FrozenTrial) -> tuple[list[float], int]:
        """Give the best value of a trial by each rung that it has come to, and the rung at which it has stopped.

        Larger values are better.
        """
        is_out = trial.state == TrialState.FAIL or state_of(trial) == "infeasible"
        values = [] if is_out else list(self._read_values(trial))
        has_stopped = trial.state == TrialState.PRUNED and trial.last_step in self.epochs[: len(values)]
        return values, len(values) - 1 if has_stopped else _NOWHERE

    def _read_values(self, trial: FrozenTrial) -> Iterator[float]:
        last = math.inf if trial.state == TrialState.COMPLETE else trial.last_step or 0
        for epoch in self.epochs:
            if epoch > last:
                return
            reports = (value for step, value in trial.intermediate_values.items() if step <= epoch)
            yield max((self._sign * value for value in reports if not math.isnan(value)), default=-math.inf)


class PromotingPruner(BasePruner):
    """Stops a trial at a rung from which it does not go on as yet."""

    def __init__(self, rungs: Rungs, is_late: Callable[[], bool] = lambda: False) -> None:
        """Stop trials at rungs.

        Args:
            rungs: by which they are compared.
            is_late: asked whether the best trial is to wait for no others any more.
        """
        self._rungs, self._is_late = rungs, is_late

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether the trial is to be stopped."""
        if trial.last_step not in self._rungs.epochs:
            return False
        return not self._rungs.is_promoted(trial, study.get_trials(deepcopy=False), is_late=self._is_late())
