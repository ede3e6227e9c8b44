"""The rungs of a search that promotes trials: who goes on at each of them, and who is next in line."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Sequence

import optuna
from optuna.pruners import BasePruner
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from hpo.studies.store.stored import state_of

_IN_LINE = 4
"""Trials that are kept ready to go on at each rung, beside those that may: what they need takes room on the disk."""


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
        self._known: dict[int, tuple[FrozenTrial, tuple[float, ...]]] = {}

    def is_promoted(self, trial: FrozenTrial, others: Sequence[FrozenTrial]) -> bool:
        """Whether a trial goes on from the rung that it has just come to; `others` may hold it as it was before."""
        (rung,) = (rung for rung, epoch in enumerate(self.epochs) if epoch == trial.last_step)
        rivals = [other for other in others if other.number != trial.number]
        ranked = self._rank([*rivals, trial], rung)
        return trial.number in {other.number for other in ranked[: self._count_places(ranked)]}

    def find_promoted(self, trials: Sequence[FrozenTrial], ready: Container[int]) -> int | None:
        """Find a trial that has stopped at a rung and goes on now, on the highest rung first; its number.

        Args:
            trials: all of them.
            ready: the numbers of those that can go on; others leave their places to the next ones.
        """
        for rung in reversed(range(len(self.epochs))):
            ranked = self._rank(trials, rung)
            able = [trial for trial in ranked if trial.number in ready or not self._has_stopped_at(trial, rung)]
            for trial in able[: self._count_places(ranked)]:
                if self._has_stopped_at(trial, rung):
                    return trial.number
        return None

    def find_in_line(self, trials: Sequence[FrozenTrial]) -> set[int]:
        """Find those that have stopped, and of which each rung lets the next ones go on; their numbers."""
        return {number for rung in range(len(self.epochs)) for number in self._line_at(trials, rung)}

    def _line_at(self, trials: Sequence[FrozenTrial], rung: int) -> Iterator[int]:
        ranked = self._rank(trials, rung)
        places = self._count_places(ranked)
        stopped = [(place, trial) for place, trial in enumerate(ranked) if self._has_stopped_at(trial, rung)]
        yield from (trial.number for place, trial in stopped if place < places)
        yield from [trial.number for place, trial in stopped if place >= places][:_IN_LINE]

    def _count_places(self, ranked: Sequence[FrozenTrial]) -> int:
        """Count how many go on of those that have come to a rung; the best one always does."""
        return max(1, len(ranked) // self._factor)

    def _has_stopped_at(self, trial: FrozenTrial, rung: int) -> bool:
        return trial.state == TrialState.PRUNED and trial.last_step == self.epochs[rung]

    def _rank(self, trials: Sequence[FrozenTrial], rung: int) -> list[FrozenTrial]:
        """Give the trials that have come to a rung, the best first."""
        values = [(trial, self._values_of(trial)) for trial in trials]
        reached = [(trial, known[rung]) for trial, known in values if len(known) > rung]
        return [trial for trial, _ in sorted(reached, key=lambda entry: (-entry[1], entry[0].number))]

    def _values_of(self, trial: FrozenTrial) -> tuple[float, ...]:
        """Give the best value of a trial by each rung that it has come to, larger ones being better."""
        known, values = self._known.get(trial.number, (None, ()))
        if known is trial and trial.state.is_finished():
            return values
        if trial.state == TrialState.FAIL or state_of(trial) == "infeasible":
            values = ()
        else:
            values = tuple(self._read_values(trial))
        self._known[trial.number] = trial, values
        return values

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
