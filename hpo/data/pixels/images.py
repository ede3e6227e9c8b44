"""Labelled images: the parts of a data set, views on where their pixels are, and what identifies their content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hpo.data.pixels.reduction import Depth
from hpo.data.pixels.threads import map_in_threads
from hpo.errors import DataError

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int32]
Rows = NDArray[np.intp]
Names = NDArray[np.object_]
Digests = NDArray[np.bytes_]

ChannelStatistics = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Mean and standard deviation of each channel, `[channels]` each, in 0..255."""

PARTS = ("train", "validation", "test")
_RGB, _GREY = 3, 1
_CHUNK_BYTES = 8 * 2**20


class PixelSource(Protocol):
    """Where pixels come from: an array, a memory map, or files that are decoded when they are asked for."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """How many images there are; height, width and channels of each."""

    @property
    def is_slow(self) -> bool:
        """Whether reading takes work worth doing ahead, in threads; several may read at once."""

    def read(self, rows: Rows) -> Pixels:
        """Read the images of these rows, in their order: uint8 `[len(rows), height, width, channels]`.

        Raises:
            DataError: they cannot be read any more.
        """


@dataclass(frozen=True, slots=True, eq=False)
class ArrayPixels:
    """Pixels in an array: in memory, or a memory map that all workers of a machine share."""

    array: Pixels
    is_slow = False

    def __post_init__(self) -> None:
        images = self.array
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (_GREY, _RGB):  # noqa: PLR2004
            raise DataError(
                f"images are uint8 arrays [n, height, width, 1 or 3]. Received {images.dtype} {list(images.shape)}."
            )

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """See `PixelSource.shape`."""
        count, height, width, channels = self.array.shape
        return count, height, width, channels

    def read(self, rows: Rows) -> Pixels:
        """See `PixelSource.read`; a copy of these rows alone."""
        return self.array[rows]


@dataclass(frozen=True, slots=True, eq=False)
class JoinedPixels:
    """The images of two sources of one shape, those of the second one last."""

    first: PixelSource
    second: PixelSource

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """See `PixelSource.shape`."""
        return (self.first.shape[0] + self.second.shape[0], *self.first.shape[1:])

    @property
    def is_slow(self) -> bool:
        """See `PixelSource.is_slow`."""
        return self.first.is_slow or self.second.is_slow

    def read(self, rows: Rows) -> Pixels:
        """See `PixelSource.read`."""
        count = self.first.shape[0]
        is_first = rows < count
        images = np.empty((len(rows), *self.shape[1:]), np.uint8)
        for chosen, source, start in ((is_first, self.first, 0), (~is_first, self.second, count)):
            if chosen.any():
                images[chosen] = source.read(rows[chosen] - start)
        return images


@dataclass(frozen=True, slots=True, eq=False)
class Identities:
    """Which image each one of a part is, whatever was split, resized or cached since it was read.

    Attributes:
        names: `[n]` texts: a file's path below the data set's folder, or `train 17` for a row of an array.
        digests: `[n]` hexadecimal digests of the pixels as they were read; equal where those are.
    """

    names: Names
    digests: Digests

    def take(self, indices: Rows) -> Identities:
        """Take those of the images at these indices."""
        return Identities(self.names[indices], self.digests[indices])

    def join(self, other: Identities) -> Identities:
        """Put those of other images behind these."""
        return Identities(np.append(self.names, other.names), np.append(self.digests, other.digests))


class Part:
    """Images and labels that belong together: rows of a source of pixels, which taking and splitting do not copy.

    Attributes:
        labels: int32 `[n]`, indices into the data set's classes.
        rows: which images of the source these are.
        identities: which image each one is; None until the data set is read, as in an outline.
    """

    __slots__ = ("_is_whole", "_source", "identities", "labels", "rows")

    def __init__(
        self,
        images: Pixels | PixelSource,
        labels: Labels,
        rows: Rows | None = None,
        identities: Identities | None = None,
    ) -> None:
        """Put images and labels together.

        Args:
            images: uint8 `[n, height, width, channels]`, channels 1 (grey) or 3 (RGB), 0 to 255; or where they are.
            labels: int32, one an image.
            rows: which images of the source, in which order; all of them when left out.
            identities: one an image.

        Raises:
            DataError: they are none of that, or differ in number, or there are none.
        """
        self._source: PixelSource = ArrayPixels(images) if isinstance(images, np.ndarray) else images
        self._is_whole = rows is None
        self.rows: Rows = np.arange(self._source.shape[0]) if rows is None else rows
        self.labels = labels
        self.identities = identities
        count = len(self.rows)
        if labels.dtype != np.int32 or labels.shape != (count,) or not len(labels):
            raise DataError(
                f"labels are an int32 array with one label an image, at least one. Received {labels.dtype} "
                f"{list(labels.shape)} for {count} images."
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image; nothing is read for it."""
        return self._source.shape[1:]

    @property
    def images(self) -> Pixels:
        """All images, uint8 `[n, height, width, channels]`: the source's own array where this is all of it, else read.

        It takes the memory of all of them; `chunks` takes little.
        """
        if self._is_whole and isinstance(self._source, ArrayPixels):
            return self._source.array
        return np.concatenate(list(self.chunks()))

    @property
    def is_slow(self) -> bool:
        """Whether images are worth reading ahead of whoever needs them."""
        return self._source.is_slow

    def take(self, indices: Rows) -> Part:
        """Take the images at these indices, in their order, without reading or copying any."""
        identities = None if self.identities is None else self.identities.take(indices)
        return Part(self._source, self.labels[indices], self.rows[indices], identities)

    def join(self, other: Part) -> Part:
        """Put the images of another part behind these, without reading or copying any."""
        labels, identities = np.append(self.labels, other.labels), None
        if self.identities is not None and other.identities is not None:
            identities = self.identities.join(other.identities)
        if self._source is other._source:
            return Part(self._source, labels, np.append(self.rows, other.rows), identities)
        rows = np.append(self.rows, other.rows + self._source.shape[0])
        return Part(JoinedPixels(self._source, other._source), labels, rows, identities)

    def pixels(self, indices: Rows) -> Pixels:
        """Read the images at these indices, in their order: uint8 `[len(indices), height, width, channels]`.

        Raises:
            DataError: they cannot be read any more.
        """
        return self._source.read(self.rows[indices])

    def chunks(self) -> Iterator[Pixels]:
        """Read all images in their order, a few MB at a time; from a slow source in threads."""
        step = max(1, _CHUNK_BYTES // int(np.prod(self.shape)))
        spans = [np.arange(start, min(start + step, len(self))) for start in range(0, len(self), step)]
        return map_in_threads(self.pixels, spans) if self.is_slow else map(self.pixels, spans)

    def with_identities(self, name: str) -> Part:
        """Give each image its identity; rows that a split took are those of the training part's array.

        Args:
            name: of the part.

        Returns:
            The part itself where its images have identities.
        """
        if self.identities is not None:
            return self
        names = [f"{name if self._is_whole else 'train'} {row}" for row in self.rows.tolist()]
        rows = None if self._is_whole else self.rows
        return Part(self._source, self.labels, rows, identify(names, chain.from_iterable(self.chunks())))


def identify(names: Sequence[str], images: Iterable[NDArray[Any]]) -> Identities:
    """Identify images by their pixels, whatever type those have."""
    digests = [hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16).hexdigest() for image in images]
    return Identities(np.array(names, dtype=object), np.array(digests, dtype=np.bytes_))


@dataclass(frozen=True, slots=True)
class Images:
    """A data set as its source gives it: a part to train on, and those that the source sets apart."""

    classes: tuple[str, ...]
    train: Part
    test: Part | None
    validation: Part | None = None
    fingerprint: str = ""
    """Identifies the content, whatever size it was read at; empty until known."""
    notes: tuple[str, ...] = ()
    """What whoever trains on it should know: files that were left out, or that are in two parts."""
    reduction: Mapping[str, Any] = field(default_factory=dict)
    """How values became 8 bits where the file asks for a way of its own, as plain values by the names of the options:
    `{"range": [0.0, 2150.0]}`; `auto` becomes the values that it came to."""
    depth: Depth | None = None
    """What images are before they become 8 bits, where they have more, all alike; None where they have 8, or differ."""

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
        """Give the parts that there are, by name."""
        named = ((name, getattr(self, name)) for name in PARTS)
        return {name: part for name, part in named if part is not None}

    def map_parts(self, change: Callable[[str, Part], Part]) -> Images:
        """Change each part of the data set, which goes in with its name."""
        changes: dict[str, Any] = {name: change(name, part) for name, part in self.parts().items()}
        return replace(self, **changes)

    def with_fingerprint(self) -> Images:
        """Give each image its identity, and the data set the SHA-256 of class names, labels and pixels."""
        digest = hashlib.sha256(repr(self.classes).encode())
        for name, part in self.parts().items():
            digest.update(f"{name}{(len(part), *part.shape)}".encode())
            digest.update(np.ascontiguousarray(part.labels).data)
            for chunk in part.chunks():
                digest.update(np.ascontiguousarray(chunk).data)
        return replace(self.map_parts(lambda name, part: part.with_identities(name)), fingerprint=digest.hexdigest())


def make_blank_part(labels: Labels) -> Part:
    """Make a part of one black pixel an image: counts and splits can be made with it, and it costs no memory."""
    return Part(np.zeros((len(labels), 1, 1, 1), np.uint8), labels)


def compute_channel_statistics(part: Part) -> ChannelStatistics:
    """Compute mean and standard deviation of each channel over all images and pixels, in 0..255.

    Exact, from how often each value occurs: neither the order of images nor how they are read changes it.

    Returns:
        Two float64 arrays `[channels]`.
    """
    counts = np.zeros((part.shape[-1], 256), np.int64)
    for chunk in part.chunks():
        for channel in range(len(counts)):
            counts[channel] += np.bincount(chunk[..., channel].ravel(), minlength=256)
    return compute_statistics(counts)


def compute_statistics(counts: NDArray[np.int64]) -> ChannelStatistics:
    """Compute the statistics of channels by how often each value from 0 to 255 occurs, `[channels, 256]`."""
    values = np.arange(256, dtype=np.float64)
    total = counts[0].sum()
    mean = counts @ values / total
    return mean, np.sqrt((counts * (values - mean[:, None]) ** 2).sum(axis=1) / total)
