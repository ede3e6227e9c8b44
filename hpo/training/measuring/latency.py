"""How long a model takes to predict on the device that is there: measured, never derived from its operations."""

from __future__ import annotations

import statistics
import time

import keras
import numpy as np

_WARM_UPS, _FEWEST, _MOST, _LONGEST_S = 3, 5, 50, 1.0


def measure_latency(model: keras.Model, size: tuple[int, int] | None = None) -> float:
    """Milliseconds from one uint8 image to its prediction: the median of up to 50, after a warm-up, within a second.

    A batch of one goes through the model's compiled predict function and back into the machine's memory.

    Args:
        model: to be measured.
        size: height and width of the image, of a model that takes any; None for those that the model asks for.
    """
    *own_size, channels = model.input_shape[1:]
    image = np.random.default_rng(0).integers(0, 256, (1, *(size or own_size), channels), np.uint8)
    for _ in range(_WARM_UPS):
        model.predict_on_batch(image)
    seconds: list[float] = []
    while len(seconds) < _FEWEST or (len(seconds) < _MOST and sum(seconds) < _LONGEST_S):
        started = time.perf_counter()
        model.predict_on_batch(image)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * 1e3
