"""How far a trial has come: its repeats in lockstep, so that it has a mean of each epoch, and is pruned as one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hpo.spaces import Objective, Recipe
from hpo.training.outcome import History
from hpo.training.trial.repeat import RepeatSession, epochs_of


class TrialSession:
    """The repeats of a trial, each a training with a seed of its own; an epoch of the trial is one of each repeat.

    A repeat whose phase ends early waits for the others, and begins the next phase with them; while it waits, and when
    it is over, it counts with its last epoch. One that diverges ends the trial.

    It changes by `record` alone, so a session that is given the histories of another one is in the same state, in
    another process as well.

    Attributes:
        repeats: each of them by itself, as if it was trained alone.
        turn: the index of the repeat whose epoch is next, or is under way.
        history: the mean over the repeats of every metric at every epoch; the epoch that diverged included.
        reported_repeats: what each repeat had measured in the last epoch, None for one that waited or was over; empty
            where there is one repeat alone.
        seconds: of all epochs, training and validation.
        phase: the index of the phase that the next epoch belongs to.
        max_epochs: how many epochs all phases can come to, those of phases that have ended early left out.
        best_epoch: the one with the best mean of the objective, counted from 1; 0 while none counts. Of equals, the
            first.
    """

    def __init__(
        self,
        recipe: Recipe,
        objectives: Sequence[Objective],
        histories: Sequence[History] = (),
        seconds: float = 0.0,
    ) -> None:
        """Begin a trial, or go on with one.

        Args:
            recipe: what its models are trained by; says how many repeats there are.
            objectives: of the study; see `RepeatSession`.
            histories: of the epochs so far, for each repeat.
            seconds: that those took.
        """
        self.repeats = [RepeatSession(recipe, objectives) for _ in range(recipe.repeats)]
        self.objective = self.repeats[0].objective
        self.phases = self.repeats[0].phases
        self.turn = 0
        self.history: History = {}
        self.reported_repeats: tuple[dict[str, float] | None, ...] = ()
        self.phase = 0
        self.max_epochs = recipe.total_epochs
        self.best_epoch = 0
        self._best_mean = math.nan
        self._phase_epoch = 0
        self._had_turn: set[int] = set()
        self.seconds = 0.0
        epochs = [epochs_of(history) for history in histories]
        while epochs and (metrics := next(epochs[self.turn], None)) is not None:
            self.record(metrics)
        self.seconds = seconds

    @property
    def repeat(self) -> RepeatSession:
        """The repeat whose turn it is."""
        return self.repeats[self.turn]

    @property
    def epoch(self) -> int:
        """How many epochs are done, by every repeat and over all phases."""
        return len(self.history.get("loss", ()))

    @property
    def has_ended_phase(self) -> bool:
        """Whether a phase has ended with the last epoch."""
        return self.epoch > 0 and not self._phase_epoch

    @property
    def turns_done(self) -> int:
        """How many repeats have had the epoch that is under way."""
        return len(self._had_turn)

    @property
    def diverged(self) -> str | None:
        """The metric that was no finite number in a repeat, which ends the trial; None where none was."""
        return next((repeat.diverged for repeat in self.repeats if repeat.diverged is not None), None)

    @property
    def is_over(self) -> bool:
        """Whether no epoch follows."""
        return self.diverged is not None or self.phase == len(self.phases)

    @property
    def best_value(self) -> float:
        """The mean of the objective at the best epoch of each repeat: what such a training is expected to give."""
        return mean([repeat.best_value for repeat in self.repeats])

    @property
    def last_value(self) -> float:
        """The mean of the objective in the last epoch that counts of each repeat; NaN while there is none."""
        return mean([repeat.last_value for repeat in self.repeats])

    @property
    def best_repeat(self) -> int:
        """The index of the repeat with the best value; of equals, the first."""
        best = 0
        for index, repeat in enumerate(self.repeats):
            if self.objective.better(repeat.best_value, self.repeats[best].best_value):
                best = index
        return best

    def record(self, metrics: dict[str, float], seconds: float = 0.0) -> bool:
        """Take an epoch of the repeat whose turn it is in, and have the next repeat take its turn.

        Args:
            metrics: see `RepeatSession.record`.
            seconds: that the epoch of the trial has taken so far, with all repeats.

        Returns:
            Whether an epoch of the trial ends with it; the phase may, too.
        """
        self.repeat.record(metrics)
        self._had_turn.add(self.turn)
        next_turn = next((index for index in range(self.turn + 1, len(self.repeats)) if self.takes_part(index)), None)
        if next_turn is not None and self.diverged is None:
            self.turn = next_turn
            return False
        self.seconds += seconds
        self._end_epoch()
        return True

    def takes_part(self, index: int) -> bool:
        """Whether a repeat is in the phase of the trial, neither waiting for the others nor over."""
        repeat = self.repeats[index]
        return not repeat.is_over and repeat.phase == self.phase

    def _end_epoch(self) -> None:
        begun = [repeat.last_metrics for repeat in self.repeats if repeat.epoch]
        for name in begun[0]:
            self.history.setdefault(name, []).append(mean([metrics[name] for metrics in begun]))
        had_turn, self._had_turn = self._had_turn, set()
        if len(self.repeats) > 1:
            self.reported_repeats = tuple(
                repeat.last_metrics if index in had_turn else None for index, repeat in enumerate(self.repeats)
            )
        if self.diverged is not None:
            return
        value = self.history[self.objective.metric][-1]
        if self.objective.better(value, self._best_mean if self.best_epoch else None):
            self.best_epoch, self._best_mean = self.epoch, value
        self._phase_epoch += 1
        if all(repeat.phase > self.phase for repeat in self.repeats):
            self.max_epochs -= self.phases[self.phase][0].epochs - self._phase_epoch
            self.phase, self._phase_epoch = self.phase + 1, 0
        self.turn = next((index for index in range(len(self.repeats)) if self.takes_part(index)), 0)


def mean(values: Sequence[float]) -> float:
    """Compute a mean; of a single value, that value to the bit, and NaN where one is no finite number."""
    if len(values) == 1:
        return values[0]
    return math.fsum(values) / len(values) if all(map(math.isfinite, values)) else math.nan


def repeat_seeds(seed: int, repeats: int) -> list[int]:
    """Give the seed of each repeat of a trial, from 0 to 2**31 - 1 (NumPy's SeedSequence); the first has the trial's.

    So a trial of one training, and the first of several, are the same training.
    """
    others = (np.random.SeedSequence([seed, index]).generate_state(1)[0] >> 1 for index in range(1, repeats))
    return [seed, *map(int, others)]
