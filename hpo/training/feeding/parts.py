"""Batches cut into parts, each small enough for the memory, which count together as the whole batch does."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from hpo.data.layers.batches import Batches


class BatchParts(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of images, targets and perhaps weights, in so many parts each: part after part, batch after batch.

    Parts of one batch differ by at most one image. The loss of a part is the mean over its images, and a step is made
    of the mean over the parts: where they differ, images are weighted so that each counts as in the whole batch. A
    batch of fewer images than parts has some of them twice, each with half the weight.

    The weights leave the gradient as it is, and so do metrics, which are not weighted. The training loss that is shown
    gives images of larger parts a little more than their share.
    """

    def __init__(self, batches: Batches, parts: int, *, is_weighted: bool) -> None:
        """Cut batches.

        Args:
            batches: what is cut.
            parts: in how many.
            is_weighted: whether parts have weights: all have, or none.
        """
        super().__init__()
        self._batches = batches
        self._parts = parts
        self._is_weighted = is_weighted
        self._last: tuple[int, tuple[NDArray[Any], ...]] | None = None

    def __len__(self) -> int:
        return len(self._batches) * self._parts

    def __getitem__(self, index: int) -> tuple[NDArray[Any], ...]:
        number, part = divmod(index, self._parts)
        last = self._last
        batch = last[1] if last is not None and last[0] == number else self._batches[number]
        self._last = number, batch
        return cut_part(batch, self._parts, part, is_weighted=self._is_weighted)

    @property
    def error(self) -> Exception | None:
        """What reading images has raised."""
        return self._batches.error

    def on_epoch_end(self) -> None:
        """Go over to the order of the next pass."""
        self._last = None
        self._batches.on_epoch_end()


def cut_part(batch: tuple[NDArray[Any], ...], parts: int, part: int, *, is_weighted: bool) -> tuple[NDArray[Any], ...]:
    """Cut a part, counted from 0, out of a batch of images, targets and perhaps weights; see `BatchParts`."""
    images = len(batch[0])
    chosen = np.arange(max(images, parts)) % images
    copies = np.bincount(chosen)
    chosen = np.array_split(chosen, parts)[part]
    arrays = tuple(array[chosen] for array in batch)
    if not is_weighted:
        return arrays
    weights = (parts * len(chosen) / images / copies[chosen]).astype(np.float32)
    return (*arrays[:2], weights * arrays[2] if len(arrays) > 2 else weights)  # noqa: PLR2004


def part_sizes(images: int, batch_size: int, parts: int) -> set[int]:
    """Compute how many images the parts of batches have."""
    batches = {min(batch_size, images), images % batch_size} - {0}
    return {len(part) for batch in batches for part in np.array_split(np.arange(max(batch, parts)), parts)}


def has_uneven_parts(images: int, batch_size: int, parts: int) -> bool:
    """Tell whether some parts of the batches that so many images make are larger than others."""
    whole = min(batch_size, images)
    return bool(whole % parts or (images % batch_size) % parts)
