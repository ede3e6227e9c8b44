"""How long trials will take, from a few timed steps: seconds an image as a line over the network's operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls


@dataclass(frozen=True, slots=True)
class Timed:
    """What was measured of one config on this machine.

    Attributes:
        training_flops: operations of one image's training step.
        flops: of its prediction.
        batch_size: images a step.
        images_per_second: trained.
        evaluated_images_per_second: evaluated.
        startup_s: seconds until the first step is done: building, compiling.
    """

    training_flops: float
    flops: float
    batch_size: int
    images_per_second: float
    evaluated_images_per_second: float
    startup_s: float


class Speed:
    """Paces for any config, between and beyond what was measured."""

    def __init__(self, measured: Sequence[Timed]) -> None:
        """Fit lines through at least one measurement."""
        training = [_load(each.training_flops, each.batch_size) for each in measured]
        evaluation = [_load(each.flops, each.batch_size) for each in measured]
        self._training = _fitted(training, [1 / each.images_per_second for each in measured])
        self._evaluation = _fitted(evaluation, [1 / each.evaluated_images_per_second for each in measured])
        self._startup = _fitted(training, [each.startup_s for each in measured])

    def of(self, training_flops: float, flops: float, batch_size: int) -> Timed:
        """What would be measured of a config."""
        training, evaluation = _load(training_flops, batch_size), _load(flops, batch_size)
        return Timed(
            training_flops,
            flops,
            batch_size,
            images_per_second=1 / float(self._training @ training),
            evaluated_images_per_second=1 / float(self._evaluation @ evaluation),
            startup_s=float(self._startup @ training),
        )


def _load(flops: float, batch_size: int) -> np.ndarray:
    """What an image costs: something by itself, its operations, and its share of what a step costs."""
    return np.array([1.0, flops, 1 / batch_size])


def _fitted(loads: list[np.ndarray], seconds: list[float]) -> np.ndarray:
    """Weights from 0 up that give the seconds, as nearly as relative errors allow."""
    wanted = np.maximum(np.array(seconds), 1e-9)
    matrix = np.array(loads) / wanted[:, np.newaxis]
    scale = np.maximum(matrix.max(axis=0), 1e-300)
    weights: np.ndarray = nnls(matrix / scale, np.ones(len(wanted)))[0] / scale
    return weights
