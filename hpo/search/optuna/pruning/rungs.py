"""The rungs of a search that promotes trials: who goes on at each of them, and who is next in line."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.pruners import BasePruner
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from hpo.studies.store.stored import state_of

_IN_LINE = 4
"""Trials that are kept ready to go on at each rung, beside those that may: what they need takes room on the disk."""


@dataclass(frozen=True, slots=True)
class _Course:
    """How a trial has come along.

    Attributes:
        trial: as it was then.
        values: its best value by each rung that it has come to, larger ones being better.
        stopped_at: the rung at which it has stopped; None for one that has not.
    """

    trial: FrozenTrial
    values: tuple[float, ...]
    stopped_at: int | None


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
            places = standing.places
            for number, has_stopped in zip(standing.numbers.tolist(), standing.have_stopped.tolist(), strict=True):
                if has_stopped and number in ready:
                    return int(number)
                places -= not has_stopped
                if not places:
                    break
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

    At a rung, trials are compared by their best values up to there. One in so many goes on, and the best one at once,
    so that there is a complete trial from the first one on. One that has ended by itself before counts with what it
    came to; failed ones, and those that are ruled out, do not count.
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
        self._courses: dict[int, _Course] = {}

    def is_promoted(self, trial: FrozenTrial, others: Iterable[FrozenTrial]) -> bool:
        """Whether a trial goes on from the rung that it has just come to; `others` may hold it as it was before."""
        rung = self.epochs.index(trial.last_step)
        value = self._follow(trial).values[rung]
        courses = [self._follow(other) for other in others if other.number != trial.number]
        rivals = [(course.values[rung], -course.trial.number) for course in courses if len(course.values) > rung]
        better = sum(rival > (value, -trial.number) for rival in rivals)
        return better < self._count_places(len(rivals) + 1)

    def compare(self, trials: Iterable[FrozenTrial]) -> Standings:
        """Compare all trials at all rungs."""
        courses = [self._follow(trial) for trial in trials]
        return Standings([self._compare_at(rung, courses) for rung in range(len(self.epochs))])

    def _compare_at(self, rung: int, courses: Sequence[_Course]) -> _Standing:
        reached = [course for course in courses if len(course.values) > rung]
        numbers = np.fromiter((course.trial.number for course in reached), np.intp, len(reached))
        values = np.fromiter((course.values[rung] for course in reached), np.float64, len(reached))
        stopped = np.fromiter((course.stopped_at == rung for course in reached), np.bool_, len(reached))
        order = np.lexsort((numbers, -values))
        return _Standing(numbers[order], stopped[order], self._count_places(len(reached)))

    def _count_places(self, count: int) -> int:
        """Count how many go on of so many that have come to a rung; the best one always does."""
        return max(1, count // self._factor)

    def _follow(self, trial: FrozenTrial) -> _Course:
        """Give how a trial has come along; of one that has ended, that is read once."""
        course = self._courses.get(trial.number)
        if course is None or course.trial is not trial or not trial.state.is_finished():
            is_out = trial.state == TrialState.FAIL or state_of(trial) == "infeasible"
            values = () if is_out else tuple(self._read_values(trial))
            has_stopped = trial.state == TrialState.PRUNED and trial.last_step in self.epochs[: len(values)]
            course = _Course(trial, values, len(values) - 1 if has_stopped else None)
            self._courses[trial.number] = course
        return course

    def _read_values(self, trial: FrozenTrial) -> Iterator[float]:
        last = math.inf if trial.state == TrialState.COMPLETE else trial.last_step or 0
        for epoch in self.epochs:
            if epoch > last:
                return
            reports = (value for step, value in trial.intermediate_values.items() if step <= epoch)
            yield max((self._sign * value for value in reports if not math.isnan(value)), default=-math.inf)


class PromotingPruner(BasePruner):
    """Stops a trial at a rung from which it does not go on as yet."""

    def __init__(self, rungs: Rungs) -> None:
        self._rungs = rungs

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether the trial is to be stopped."""
        if trial.last_step not in self._rungs.epochs:
            return False
        return not self._rungs.is_promoted(trial, study.get_trials(deepcopy=False))
