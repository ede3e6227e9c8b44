"""Batches of uint8 images for Keras, cut from memory or decoded ahead: the same code for every engine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from hpo.data.pixels.images import Part
from hpo.data.pixels.threads import ReadAhead

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """The images (uint8) and labels (int32) of a part, batch by batch; shuffled anew for every epoch when seeded.

    One path for every engine, and one seed for the order on all of them. As fast as handing Keras the arrays
    (`benchmarks/batches.py`). Images that have to be decoded are read ahead in threads, a few batches at a time,
    where batches are asked for in their order: `fit(..., shuffle=False)`.
    """

    def __init__(self, part: Part, batch_size: int, seed: int | None = None) -> None:
        super().__init__()
        self._part = part
        self._batch_size = batch_size
        self._random = None if seed is None else np.random.default_rng(seed)
        self._order = self._next_order()
        self._ahead = ReadAhead(self._batch) if part.is_slow else None

    def __len__(self) -> int:
        return math.ceil(len(self._part) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], ...]:
        return self._batch(index) if self._ahead is None else self._ahead.get(index, len(self))

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        if self._ahead is not None:
            self._ahead.restart()
        self._order = self._next_order()

    def _batch(self, index: int) -> tuple[NDArray[Any], ...]:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._part.pixels(chosen), self._part.labels[chosen]

    def _next_order(self) -> NDArray[np.intp]:
        if self._random is None:
            return np.arange(len(self._part))
        return self._random.permutation(len(self._part))
