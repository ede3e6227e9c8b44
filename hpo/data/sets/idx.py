"""Files in the idx format of the MNIST database: an array of bytes behind a header, plain or compressed by gzip."""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpo.errors import DataError

_UNSIGNED_BYTES = 0x08


def read_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """The array that a file holds.

    The header is two zero bytes, the type of the numbers, the number of axes, and the length of each as a big-endian
    number of 32 bits (LeCun, Cortes and Burges, "The MNIST database").

    Args:
        path: of a file whose name may end in `.gz`.
        axes: how many it has: 3 for images, 1 for labels.

    Raises:
        DataError: it cannot be read, or is no such file.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:  # what is no gzip, or is cut short
        raise DataError(f"{path}: it is an idx file. Received: {error}. Download it again.") from error
    start = 4 + 4 * axes
    if len(content) < start or content[:4] != bytes((0, 0, _UNSIGNED_BYTES, axes)):
        raise DataError(
            f"{path}: it is an idx file of bytes with {axes} {'axis' if axes == 1 else 'axes'}, which begins with "
            f"0000080{axes}. Received {content[:4].hex() or 'an empty file'}."
        )
    shape = struct.unpack_from(f">{axes}I", content, 4)
    if len(content) - start != math.prod(shape):
        raise DataError(
            f"{path}: its header says how many numbers follow: {math.prod(shape):,}. "
            f"Received {len(content) - start:,}. Download it again."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def find_idx(folder: Path, part: str, content: str) -> Path:
    """A file of one of the names that such files have, as `train-images-idx3-ubyte.gz`.

    Args:
        folder: where it is.
        part: `train` or `t10k`.
        content: `images` or `labels`.

    Raises:
        DataError: it is not there.
    """
    axes = 3 if content == "images" else 1
    published = f"{part}-{content}-idx{axes}-ubyte"
    names = [f"{name}{ending}" for name in (published, published.replace("-idx", ".idx")) for ending in ("", ".gz")]
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise DataError(
            f"{folder}: it holds {published} or {published}.gz. Received a folder without it. Put all four files of "
            "the database there."
        )
    return found
