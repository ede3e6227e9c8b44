"""Where the pixels of a data set are kept while trials use them: in the shared cache, in memory, or nowhere."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator

import numpy as np

from hpo.data.pixels.cache import Cache, CacheMode, NoRoomError, Writer
from hpo.data.pixels.headway import Headway
from hpo.data.pixels.images import ArrayPixels, Part, Pixels, PixelSource

MEMORY_BYTES = 2 * 2**30
"""What cannot be cached is kept in memory up to this size, and decoded anew in every epoch beyond it."""
_log = logging.getLogger(__name__)


def kept(source: PixelSource, key: str, mode: CacheMode, draft: Writer | None = None) -> PixelSource:
    """The images of a source, kept as a file asks.

    Args:
        source: of images that have to be decoded or brought into shape.
        key: says all that decides them.
        mode: `disk` and `auto`: a memory map of the shared cache, made now if it is not there; `memory`: an array;
            `stream`: the source itself.
        draft: the same images where they have been written already; it is used up.

    Returns:
        A source of the same values. What cannot be cached is kept in memory where it is small, else streamed; the log
        says so. So does `auto` with what is too large for the cache.
    """
    if mode == "stream":
        return source
    if mode == "memory":
        return ArrayPixels(_in_memory(source))
    cache = Cache()
    try:
        with cache.locked(key):
            found = cache.pixels(key)
            if found is None:
                _fill(cache, key, source, draft)
                found = cache.pixels(key)
    except NoRoomError as error:
        _log.warning("images are decoded anew in every epoch: %s", error.strerror)
        return source
    except OSError as error:
        return _without_cache(source, f"{cache.root} cannot be written ({error.strerror or error})")
    finally:
        if draft is not None:
            draft.discard()
    return source if found is None else ArrayPixels(found)


def _fill(cache: Cache, key: str, source: PixelSource, draft: Writer | None) -> None:
    """Make the entry, of the draft where there is one."""
    if draft is not None:
        cache.adopt(key, draft)
        return
    writer = cache.writer(key, source.shape)
    try:
        for chunk in _chunks(source):
            writer.append(chunk)
        cache.adopt(key, writer)
    finally:
        writer.discard()


def _in_memory(source: PixelSource) -> Pixels:
    images, start = np.empty(source.shape, np.uint8), 0
    for chunk in _chunks(source):
        images[start : start + len(chunk)] = chunk
        start += len(chunk)
    return images


def _chunks(source: PixelSource) -> Iterator[Pixels]:
    headway = Headway("decoding images", source.shape[0])
    for chunk in Part(source, np.zeros(source.shape[0], np.int32)).chunks():
        yield chunk
        headway.add(len(chunk))


def _without_cache(source: PixelSource, reason: str) -> PixelSource:
    if math.prod(source.shape) <= MEMORY_BYTES:
        _log.warning("images are kept in this worker's memory: %s", reason)
        return ArrayPixels(_in_memory(source))
    _log.warning("images are decoded anew in every epoch: %s", reason)
    return source
