"""The images that a model gets most wrong, small enough to be kept beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpo.data import Part

MAX_MISTAKES = 100
MAX_SIDE = 64
"""Pixels of an image that is kept: 100 of them take 1.2 MB at most."""


def choose_mistakes(part: Part, probabilities: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Choose the images whose class a model holds least likely, among those that it takes for another class.

    Args:
        part: what was predicted.
        probabilities: `[n, classes]`.

    Returns:
        Rows of the part, int32 `[m]` with `m` up to `MAX_MISTAKES`, the worst first, and their images, uint8
        `[m, height, width, channels]`, no side longer than `MAX_SIDE`.

    Raises:
        DataError: the images cannot be read any more.
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != part.labels)
    order = np.argsort(probabilities[wrong, part.labels[wrong]], kind="stable")
    rows = wrong[order][:MAX_MISTAKES]
    return rows.astype(np.int32), _shrink(part.pixels(rows))


def _shrink(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give images without their detail, each side in the same proportion."""
    from PIL import Image

    _, height, width, channels = images.shape
    scale = MAX_SIDE / max(height, width)
    if scale >= 1 or not len(images):
        return images
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.empty((len(images), size[1], size[0], channels), np.uint8)
    for index, pixels in enumerate(images):
        image = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
        small[index] = np.asarray(image.resize(size, Image.Resampling.BOX)).reshape(small.shape[1:])
    return small
