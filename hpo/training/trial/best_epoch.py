"""Keeps the weights of the best epoch of a trial, however many fits it is trained by."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras

from hpo.spaces import Objective

if TYPE_CHECKING:
    import numpy as np


class BestEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Remembers the best epoch, the first of equals, and the weights that were validated in it.

    Keras' `EarlyStopping` restores weights too, but begins anew with every fit, and takes those that are there at an
    epoch's end. These are others than the ones that were validated where a moving average of them is validated
    (`keras.callbacks.SwapEMAWeights`). To see those it has to be the first among callbacks.

    An epoch counts once `confirm` says so: whether its loss was finite is known only when it has ended.

    Attributes:
        epoch: the best one, counted from 0 over all fits.
        value: the objective in it; NaN while there is none.
        last_value: the objective in the last epoch that counts; NaN while there is none.
    """

    def __init__(self, objective: Objective) -> None:
        super().__init__()
        self.epoch = 0
        self.value = math.nan
        self.last_value = math.nan
        self._metric = objective.metric.removeprefix("val_")
        self._sign = 1 if objective.direction == "maximize" else -1
        self._epochs = 0
        self._validated = math.nan
        self._candidate: list[np.ndarray] | None = None
        self._weights: list[np.ndarray] | None = None

    @property
    def has_one(self) -> bool:
        """Whether any epoch counts."""
        return self._weights is not None

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Take note of the epoch that was just validated."""
        self._validated = float((logs or {})[self._metric])
        is_better = self._weights is None or self._sign * (self._validated - self.value) > 0
        self._candidate = self.model.get_weights() if is_better else None

    def confirm(self) -> None:
        """Let the epoch that was just validated count."""
        if self._candidate is not None:
            self.epoch, self.value, self._weights = self._epochs, self._validated, self._candidate
        self.last_value, self._candidate = self._validated, None
        self._epochs += 1

    def restore(self) -> None:
        """Put the weights of the best epoch back; none if there was no epoch."""
        if self._weights is not None:
            self.model.set_weights(self._weights)
