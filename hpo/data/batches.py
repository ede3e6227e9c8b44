"""Batches of uint8 images for Keras, cut from arrays in memory: the same code for every engine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from hpo.data.images import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """The images (uint8) and labels (int32) of a part, batch by batch; shuffled anew for every epoch when seeded.

    One path for every engine, and one seed for the order on all of them. As fast as handing Keras the arrays
    (`benchmarks/batches.py`).
    """

    def __init__(self, part: Part, batch_size: int, seed: int | None = None) -> None:
        super().__init__()
        self._part = part
        self._batch_size = batch_size
        self._random = None if seed is None else np.random.default_rng(seed)
        self._order = self._next_order()

    def __len__(self) -> int:
        return math.ceil(len(self._part) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], ...]:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._part.images[chosen], self._part.labels[chosen]

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self._order = self._next_order()

    def _next_order(self) -> NDArray[np.intp]:
        if self._random is None:
            return np.arange(len(self._part))
        return self._random.permutation(len(self._part))
