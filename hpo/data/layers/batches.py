"""Batches of uint8 images for Keras, cut from memory or decoded ahead: the same code for every engine."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count, islice, repeat
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from hpo.data.pixels.images import Labels, Part, Pixels
from hpo.data.pixels.threads import ReadAhead

if TYPE_CHECKING:
    from numpy.typing import NDArray


def draw_orders(images: int, seed: int, first: int = 0) -> Iterator[NDArray[np.intp]]:
    """Draw the order in which each pass over a part takes its images, from pass number `first` on, counted from 0.

    Pass N has the N-th permutation of the stream that the seed begins: it follows from seed and N, whatever was drawn
    before. (To skip one takes 1 ms for 50,000 images: nothing beside an epoch.)
    """
    generator = np.random.default_rng(seed)
    return islice((generator.permutation(images) for _ in count()), first, None)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """The images (uint8) and labels (int32) of a part, batch by batch; shuffled anew in every pass when seeded.

    One path for every engine, and one seed for the order on all of them; what is handed to Keras is made of them by
    `training/feeding/datasets.py`. Images that have to be decoded are read ahead in threads, a few batches at a
    time, where batches are asked for in their order: `fit(..., shuffle=False)`.

    Attributes:
        passes: how many passes have ended. Keras (3.15) ends one at the beginning of each fit too, so epoch N of a
            training, counted from 0, is pass N + 1 in its first fit, and N + 2 in its second.
        error: what reading images has raised; TensorFlow (2.21) makes another error of it, which has the text alone.
    """

    def __init__(
        self,
        part: Part,
        batch_size: int,
        seed: int | None = None,
        passes: int = 0,
        first_step: int = 0,
        *,
        reads_ahead: bool | None = None,
    ) -> None:
        """Feed a part.

        Args:
            part: the images.
            batch_size: how many of them make a step.
            seed: of the orders; None keeps that of the part.
            passes: how many are over already, which a training that goes on has made.
            first_step: where every pass begins: how many of its steps a training has made that goes on within one.
            reads_ahead: whether images are read ahead; None where they are if that is slow.
        """
        super().__init__()
        self.passes = passes
        self.error: Exception | None = None
        self._part = part
        self._first_step = first_step
        self._batch_size = batch_size
        self._orders = repeat(np.arange(len(part))) if seed is None else draw_orders(len(part), seed, passes)
        self._order = next(self._orders)
        self._ahead = ReadAhead(self._read) if part.is_slow or reads_ahead else None

    def __len__(self) -> int:
        return math.ceil(len(self._part) / self._batch_size) - self._first_step

    def __getitem__(self, index: int) -> tuple[NDArray[Any], ...]:
        try:
            images, labels = self._read(index) if self._ahead is None else self._ahead.get(index, len(self))
            return self.make_batch(self._first_step + index, images, labels)
        except Exception as error:
            self.error = error
            raise

    def make_batch(self, step: int, images: Pixels, labels: Labels) -> tuple[NDArray[Any], ...]:
        """Make what Keras is given of the images and labels of a step of the pass."""
        return images, labels

    def change_images(self, rows: NDArray[np.intp], images: Pixels) -> Pixels:
        """Change the images of some rows of the part where they are read, in threads; here they stay as they are."""
        return images

    def on_epoch_end(self) -> None:
        """Go over to the order of the next pass."""
        if self._ahead is not None:
            self._ahead.restart()
        self.passes += 1
        self._order = next(self._orders)

    def rows(self, step: int) -> NDArray[np.intp]:
        """Tell which images of the part a step of the pass has."""
        start = step * self._batch_size
        return self._order[start : start + self._batch_size]

    def _read(self, index: int) -> tuple[Pixels, Labels]:
        chosen = self.rows(self._first_step + index)
        return self.change_images(chosen, self._part.pixels(chosen)), self._part.labels[chosen]
