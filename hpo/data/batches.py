"""Batches of uint8 images for Keras, cut from memory or decoded ahead: the same code for every engine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import keras
import numpy as np

from hpo.data.images import Labels, Part, Pixels
from hpo.data.threads import thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """The images and labels of a part, batch by batch; shuffled anew for every epoch when seeded.

    One path for every engine, and one seed for the order on all of them. As fast as handing Keras the arrays
    (`benchmarks/batches.py`). Images that have to be decoded are read ahead in threads, a few batches at most, in the
    same order.
    """

    def __init__(self, part: Part, batch_size: int, seed: int | None = None) -> None:
        threads = max(2, thread_count()) if part.is_slow else 1  # by two or more Keras reads ahead, by one it does not
        super().__init__(workers=threads, max_queue_size=2 * threads)
        self._part = part
        self._batch_size = batch_size
        self._random = None if seed is None else np.random.default_rng(seed)
        self._order = self._next_order()

    def __len__(self) -> int:
        return math.ceil(len(self._part) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[Pixels, Labels]:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._part.pixels(chosen), self._part.labels[chosen]

    def on_epoch_end(self) -> None:
        """Draw the order of the next epoch."""
        self._order = self._next_order()

    def _next_order(self) -> NDArray[np.intp]:
        if self._random is None:
            return np.arange(len(self._part))
        return self._random.permutation(len(self._part))
