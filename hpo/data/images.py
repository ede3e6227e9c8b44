"""Labelled images in memory: the parts of a data set, and what identifies their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpo.errors import DataError

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int32]

ChannelStatistics = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Mean and standard deviation of each channel, `[channels]` each, in 0..255."""

_RGB, _GREY = 3, 1
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Part:
    """Images and labels that belong together.

    Attributes:
        images: uint8 `[n, height, width, channels]`, channels 1 (grey) or 3 (RGB), 0 to 255.
        labels: int32 `[n]`, indices into the data set's classes.
    """

    images: Pixels
    labels: Labels

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (_GREY, _RGB):  # noqa: PLR2004
            raise DataError(
                f"images are uint8 arrays [n, height, width, 1 or 3]. Received {images.dtype} {list(images.shape)}."
            )
        if labels.dtype != np.int32 or labels.shape != images.shape[:1] or not len(labels):
            raise DataError(
                f"labels are an int32 array with one label an image, at least one. Received {labels.dtype} "
                f"{list(labels.shape)} for {len(images)} images."
            )

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: NDArray[np.intp]) -> Part:
        """The images at these indices, in their order."""
        return Part(self.images[indices], self.labels[indices])


@dataclass(frozen=True, slots=True)
class Images:
    """A data set as its source gives it: a part to train on, and those that the source sets apart."""

    classes: tuple[str, ...]
    train: Part
    test: Part | None
    validation: Part | None = None
    fingerprint: str = ""
    """Identifies the content, whatever size it was read at; empty until known."""

    def __post_init__(self) -> None:
        if len(self.classes) < 2:  # noqa: PLR2004 - nothing to tell apart
            raise DataError(f"a data set has two classes or more. Received {list(self.classes)}.")
        for name, part in self.parts().items():
            if part.labels.min() < 0 or part.labels.max() >= len(self.classes):
                raise DataError(
                    f"{name}: labels are from 0 to {len(self.classes) - 1}. "
                    f"Received {part.labels.min()} to {part.labels.max()}."
                )

    def parts(self) -> dict[str, Part]:
        """The parts that there are, by name."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: part for name, part in named.items() if part is not None}

    def fingerprinted(self) -> Images:
        """The same images with the SHA-256 of class names, labels and pixels as their fingerprint."""
        digest = hashlib.sha256(repr(self.classes).encode())
        for name, part in self.parts().items():
            digest.update(f"{name}{part.images.shape}".encode())
            digest.update(np.ascontiguousarray(part.labels).data)
            digest.update(np.ascontiguousarray(part.images).data)
        return replace(self, fingerprint=digest.hexdigest())

    def resized(self, size: int) -> Images:
        """The same images at `size` x `size` pixels; see `resize`."""
        parts = {name: Part(resize(part.images, size), part.labels) for name, part in self.parts().items()}
        return Images(self.classes, parts["train"], parts.get("test"), parts.get("validation"), self.fingerprint)


def resize(images: Pixels, size: int) -> Pixels:
    """Stretch images to `size` x `size` pixels by Pillow's antialiased bilinear filter.

    Args:
        images: uint8 `[n, height, width, channels]`.
        size: the new side, in pixels.

    Returns:
        uint8 `[n, size, size, channels]`; `images` itself where they have that size.
    """
    from PIL import Image

    if images.shape[1:3] == (size, size):
        return images
    grey = images.shape[-1] == _GREY
    resized = np.empty((len(images), size, size, images.shape[-1]), np.uint8)
    for index, pixels in enumerate(images):
        image = Image.fromarray(pixels[:, :, 0] if grey else pixels)
        stretched = np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))
        resized[index] = stretched[:, :, None] if grey else stretched
    return resized


def channel_statistics(images: Pixels) -> ChannelStatistics:
    """Mean and standard deviation of each channel over all images and pixels, in 0..255.

    Args:
        images: uint8 `[n, height, width, channels]`; read in chunks, so a large array needs little memory besides.

    Returns:
        Two float64 arrays `[channels]`.
    """
    channels = images.shape[-1]
    total, squares, count = np.zeros(channels), np.zeros(channels), images.size // channels
    for start in range(0, len(images), _CHUNK):
        pixels = images[start : start + _CHUNK].reshape(-1, channels).astype(np.float64)
        total += pixels.sum(axis=0)
        squares += (pixels**2).sum(axis=0)
    mean = total / count
    return mean, np.sqrt(np.maximum(squares / count - mean**2, 0.0))
