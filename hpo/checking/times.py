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
        flops: operations of one image's prediction.
        batch_size: images a step.
        images_per_second: trained.
        evaluated_images_per_second: evaluated.
        startup_s: seconds until the first step is done: building, compiling.
    """

    flops: float
    batch_size: int
    images_per_second: float
    evaluated_images_per_second: float
    startup_s: float


class Speed:
    """Seconds for any config, between and beyond what was measured."""

    def __init__(self, measured: Sequence[Timed]) -> None:
        """Fit lines through at least one measurement."""
        loads = [_load(timed.flops, timed.batch_size) for timed in measured]
        self._training = _fitted(loads, [1 / timed.images_per_second for timed in measured])
        self._evaluation = _fitted(loads, [1 / timed.evaluated_images_per_second for timed in measured])
        self._startup = _fitted(loads, [timed.startup_s for timed in measured])

    def images_per_second(self, flops: float, batch_size: int) -> float:
        """Trained images a second."""
        return 1 / float(self._training @ _load(flops, batch_size))

    def evaluated_images_per_second(self, flops: float, batch_size: int) -> float:
        """Evaluated images a second."""
        return 1 / float(self._evaluation @ _load(flops, batch_size))

    def startup_s(self, flops: float, batch_size: int) -> float:
        """Seconds before the first step."""
        return float(self._startup @ _load(flops, batch_size))


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
