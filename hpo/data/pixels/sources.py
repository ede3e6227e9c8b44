"""Pixels that are made when they are needed, of files or of arrays, and where they are stored."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpo.data.pixels.cache import Cache, CacheMode, NoRoomError, Writer
from hpo.data.pixels.decoding import UndecodableError, open_image
from hpo.data.pixels.images import ArrayPixels, Part, Pixels, PixelSource, Rows
from hpo.data.pixels.reduction import Reduction
from hpo.data.pixels.resizing import Resizing
from hpo.data.pixels.threads import ProgressLog
from hpo.errors import DataError

MEMORY_BYTES = 2 * 2**30
"""What cannot be cached is stored in memory up to this size, and decoded again in every epoch beyond it."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class FilePixels:
    """Image files, decoded and brought into shape anew each time.

    Attributes:
        files: whose images have the shape `image_shape` once they are.
        resizing: what brings them into it.
        reduction: what brings them to 8 bits before.
    """

    files: tuple[Path, ...]
    resizing: Resizing
    image_shape: tuple[int, int, int]
    reduction: Reduction
    is_slow = True

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """See `PixelSource.shape`."""
        return (len(self.files), *self.image_shape)

    def read(self, rows: Rows) -> Pixels:
        """See `PixelSource.read`."""
        pixels = np.empty((len(rows), *self.image_shape), np.uint8)
        for index, row in enumerate(rows.tolist()):
            pixels[index] = self._image(self.files[row])
        return pixels

    def _image(self, file: Path) -> Pixels:
        try:
            with open_image(file.read_bytes(), is_checked=True) as stored:
                pixels = self.resizing.apply(stored.reduce(self.reduction))
        except (OSError, UndecodableError) as error:
            raise DataError(f"{file}: it could be decoded when the run began. Received: {error} Restore it.") from error
        if pixels.shape != self.image_shape:
            raise DataError(
                f"{file}: an image stays as it was when the run began, {list(self.image_shape)}. "
                f"Received {list(pixels.shape)}. Restore it."
            )
        return pixels


@dataclass(frozen=True, slots=True, eq=False)
class ResizedPixels:
    """The images of another part, brought into shape anew each time."""

    part: Part
    resizing: Resizing
    is_slow = True

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """See `PixelSource.shape`."""
        return (len(self.part), *self.resizing.output_shape(*self.part.shape))

    def read(self, rows: Rows) -> Pixels:
        """See `PixelSource.read`."""
        return self.resizing.apply_batch(self.part.pixels(rows))


def store_pixels(
    source: PixelSource, key: str, mode: CacheMode, draft: Writer | None = None, memory_bytes: int = MEMORY_BYTES
) -> PixelSource:
    """Store the images of a source as a file asks.

    Args:
        source: of images that have to be decoded or resized.
        key: contains all that decides them.
        mode: `disk` and `auto`: a memory map of the shared cache, made now if it is not there; `memory`: an array;
            `stream`: the source itself.
        draft: the same images where they have been written already; it is adopted or discarded.
        memory_bytes: up to which size what cannot be cached is stored in memory.

    Returns:
        A source of the same values. What cannot be cached is stored in memory where it is small, else streamed, as is
        what is too large for the cache; the log says so.
    """
    if mode == "stream":
        return source
    if mode == "memory":
        return ArrayPixels(_load(source))
    cache = Cache()
    try:
        with cache.lock(key):
            pixels = cache.pixels(key)
            if pixels is None:
                _fill(cache, key, source, draft)
                pixels = cache.pixels(key)
    except NoRoomError as error:
        _log.warning("images are decoded anew in every epoch: %s", error.strerror)
        return source
    except OSError as error:
        reason = f"{cache.root} cannot be written ({error.strerror or error})"
        if math.prod(source.shape) <= memory_bytes:
            _log.warning("images are kept in this worker's memory: %s", reason)
            return ArrayPixels(_load(source))
        _log.warning("images are decoded anew in every epoch: %s", reason)
        return source
    finally:
        if draft is not None:
            draft.discard()
    return source if pixels is None else ArrayPixels(pixels)


def _fill(cache: Cache, key: str, source: PixelSource, draft: Writer | None) -> None:
    """Make the entry, of the draft where there is one."""
    if draft is not None:
        cache.adopt(key, draft)
        return
    writer = cache.writer(key, source.shape)
    try:
        for chunk in _read_chunks(source):
            writer.append(chunk)
        cache.adopt(key, writer)
    finally:
        writer.discard()


def _load(source: PixelSource) -> Pixels:
    images, start = np.empty(source.shape, np.uint8), 0
    for chunk in _read_chunks(source):
        images[start : start + len(chunk)] = chunk
        start += len(chunk)
    return images


def _read_chunks(source: PixelSource) -> Iterator[Pixels]:
    progress = ProgressLog("decoding images", source.shape[0])
    for chunk in Part(source, np.zeros(source.shape[0], np.int32)).chunks():
        yield chunk
        progress.add(len(chunk))
