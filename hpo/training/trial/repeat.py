"""How far one training has come, and how it goes on: all of it follows from the epochs so far."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hpo.spaces import Objective, Recipe
from hpo.spaces.sections.training.schedules import ReduceOnPlateau
from hpo.training.outcome import History


class RepeatSession:
    """The state of a training, but for the numbers in the model and its optimizer: the only repeat of a trial, or one.

    It changes by `record` alone, so a session that is given the history of another one is in the same state, in
    another process as well.

    Attributes:
        history: every metric at every epoch of all phases; the epoch that diverged included.
        phase: the index of the phase that the next epoch belongs to.
        phase_epoch: how many epochs of that phase are done.
        max_epochs: how many epochs all phases can come to, those of phases that have ended early left out.
        best_epoch: counted from 1; 0 while no epoch counts. Of equals, the first.
        best_value: the objective in it; NaN while there is none.
        last_value: the objective in the last epoch that counts; NaN while there is none.
        learning_rate: what `reduce_on_plateau` has lowered the learning rate to; None where it has not.
        diverged: the metric that was no finite number, which ends the training; None where none was.
    """

    def __init__(self, recipe: Recipe, objectives: Sequence[Objective], history: History | None = None) -> None:
        """Begin a training, or go on with one.

        Args:
            recipe: what the model is trained by, with its phases.
            objectives: of the study; best epoch and early stopping follow the first that is learned.
            history: of the epochs so far.
        """
        learned = [objective for objective in objectives if objective.is_learned]
        self.objective = learned[0]
        self.phases = recipe.each_phase()
        self.history: History = {}
        self.max_epochs = recipe.total_epochs
        self.best_epoch = 0
        self.best_value = math.nan
        self.last_value = math.nan
        self.diverged: str | None = None
        self._finite = ("loss", "val_loss", *(objective.metric for objective in learned))
        self._begin_phase(0)
        for metrics in epochs_of(history or {}):
            self.record(metrics)

    @property
    def epoch(self) -> int:
        """How many epochs are done, over all phases."""
        return len(self.history.get("loss", ()))

    @property
    def is_over(self) -> bool:
        """Whether no epoch follows."""
        return self.diverged is not None or self.phase == len(self.phases)

    @property
    def recipe(self) -> Recipe:
        """What the next epoch is trained by."""
        return self.phases[self.phase][0]

    def is_best(self, value: float) -> bool:
        """Whether an epoch with this value of the objective would be the best so far."""
        return self.objective.better(value, self.best_value if self.best_epoch else None)

    @property
    def last_metrics(self) -> dict[str, float]:
        """All that was measured in the last epoch; empty while there is none."""
        return {name: values[-1] for name, values in self.history.items()}

    @property
    def best_metrics(self) -> dict[str, float]:
        """All that was measured in the best epoch, of which there is one."""
        return {name: values[self.best_epoch - 1] for name, values in self.history.items()}

    def record(self, metrics: Mapping[str, float]) -> None:
        """Take an epoch in; the phase may end with it.

        Args:
            metrics: all that was measured, by Keras' names; where the learning rate depends on them, it as well.
        """
        for name, value in metrics.items():
            self.history.setdefault(name, []).append(value)
        self.diverged = next((name for name in self._finite if not math.isfinite(metrics[name])), None)
        if self.diverged is not None:
            return
        value = metrics[self.objective.metric]
        if self.is_best(value):
            self.best_epoch, self.best_value = self.epoch, value
        self.last_value = value
        self.phase_epoch += 1
        self._lower_learning_rate(metrics)
        if self.phase_epoch == self.recipe.epochs or self._stops_early(value):
            self.max_epochs -= self.recipe.epochs - self.phase_epoch
            self._begin_phase(self.phase + 1)

    def _begin_phase(self, index: int) -> None:
        self.phase = index
        self.phase_epoch = 0
        self.learning_rate: float | None = None
        self._cooldown = 0
        if not self.is_over:
            stopping, schedule = self.recipe.early_stopping, self.recipe.schedule
            self._objective_streak = _Streak(self.objective.direction, stopping.min_delta if stopping else 0.0)
            self._loss_streak = _Streak("minimize", getattr(schedule, "min_delta", 0.0))

    def _stops_early(self, value: float) -> bool:
        """As `keras.callbacks.EarlyStopping` decides it, which knows of one fit alone."""
        stopping, streak = self.recipe.early_stopping, self._objective_streak
        if streak.improves(value):
            return False
        streak.epochs += 1
        return stopping is not None and streak.epochs >= stopping.patience

    def _lower_learning_rate(self, metrics: Mapping[str, float]) -> None:
        """As `keras.callbacks.ReduceLROnPlateau` does."""
        schedule, streak = self.recipe.schedule, self._loss_streak
        if not isinstance(schedule, ReduceOnPlateau):
            return
        if self._cooldown:
            self._cooldown -= 1
            streak.epochs = 0
        if streak.improves(metrics["val_loss"]) or self._cooldown:
            return
        streak.epochs += 1
        if streak.epochs >= schedule.patience and metrics["learning_rate"] > np.float32(schedule.min_learning_rate):
            self.learning_rate = max(metrics["learning_rate"] * schedule.factor, schedule.min_learning_rate)
            self._cooldown = schedule.cooldown
            streak.epochs = 0


def epochs_of(history: History) -> Iterator[dict[str, float]]:
    """Give the metrics of each epoch of a history."""
    return (dict(zip(history, values, strict=True)) for values in zip(*history.values(), strict=True))


@dataclass
class _Streak:
    """The epochs since a value has improved, compared in float32 as Keras' callbacks compare."""

    direction: str
    min_delta: float
    best: float | None = None
    epochs: int = 0

    def improves(self, value: float) -> bool:
        """Whether a value is better by more than `min_delta`, or the first; the next ones are compared with it then."""
        sign = 1 if self.direction == "maximize" else -1
        is_better = self.best is None or bool(
            sign * np.float32(value - sign * self.min_delta) > sign * np.float32(self.best)
        )
        if is_better:
            self.best, self.epochs = value, 0
        return is_better
