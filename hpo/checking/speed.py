"""How fast configs train, foreseen from a few that were timed: seconds an image as a line over its operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls

if TYPE_CHECKING:
    from hpo.data import Outline


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a config trains on this machine.

    Attributes:
        images_per_second: of training.
        evaluated_images_per_second: of the evaluation after each epoch.
        startup_s: seconds until both are under way: building, compiling, and a first step of each.
    """

    images_per_second: float
    evaluated_images_per_second: float
    startup_s: float

    def trial_seconds(self, outline: Outline, epochs: int) -> float:
        """How long a trial, or a phase of it, takes on a data set if it goes through all its epochs."""
        training_s = outline.train_images / self.images_per_second
        epoch_s = training_s + outline.validation_images / self.evaluated_images_per_second
        return self.startup_s + epochs * epoch_s


@dataclass(frozen=True, slots=True)
class Load:
    """What a step of a config's training computes.

    Attributes:
        training_flops: operations of one image's training step.
        flops: of its prediction.
        batch_size: images a step.
    """

    training_flops: float
    flops: float
    batch_size: int


class Speed:
    """Paces for any load, between and beyond those that were measured."""

    def __init__(self, measured: Sequence[tuple[Load, Pace]]) -> None:
        """Fit lines through at least one measurement."""
        training = [_terms(load.training_flops, load) for load, _ in measured]
        evaluation = [_terms(load.flops, load) for load, _ in measured]
        self._training = _fit(training, [1 / pace.images_per_second for _, pace in measured])
        self._evaluation = _fit(evaluation, [1 / pace.evaluated_images_per_second for _, pace in measured])
        self._startup = _fit(training, [pace.startup_s for _, pace in measured])

    def of(self, load: Load) -> Pace:
        """The pace that would be measured under a load."""
        training, evaluation = _terms(load.training_flops, load), _terms(load.flops, load)
        return Pace(
            images_per_second=1 / float(self._training @ training),
            evaluated_images_per_second=1 / float(self._evaluation @ evaluation),
            startup_s=float(self._startup @ training),
        )


def _terms(flops: float, load: Load) -> np.ndarray:
    """What an image costs: something by itself, its operations, and its share of what a step costs."""
    return np.array([1.0, flops, 1 / load.batch_size])


def _fit(terms: list[np.ndarray], seconds: list[float]) -> np.ndarray:
    """Weights from 0 up that give the seconds, as nearly as relative errors allow."""
    wanted = np.maximum(np.array(seconds), 1e-9)
    matrix = np.array(terms) / wanted[:, np.newaxis]
    scale = np.maximum(matrix.max(axis=0), 1e-300)
    weights: np.ndarray = nnls(matrix / scale, np.ones(len(wanted)))[0] / scale
    return weights
