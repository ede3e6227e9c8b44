"""`mnist` and `fashion_mnist`: 70,000 grey images of ten classes, by keras.datasets or from their four idx files."""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Strict

from hpo.data.dataset import ArrayDataset
from hpo.data.pixels.images import Images
from hpo.data.sets.arrays import images_from_arrays
from hpo.data.sets.published import PublishedDataset
from hpo.data.trial_data import Outline
from hpo.errors import DataError

CLOTHES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
_UNSIGNED_BYTES = 0x08


class IdxDataset(PublishedDataset):
    """A data set of `keras.datasets` that is also published as four idx files."""

    shape: ClassVar = (28, 28, 1)
    train_images: ClassVar = 60_000

    path: Annotated[Path, Strict(False)] | None = None
    """A folder with the four idx files, plain or `.gz`; left out, Keras downloads the data set."""

    def read(self, seed: int) -> Images:
        """Read the files, or what Keras downloads the first time; see `ArrayDataset.read`."""
        folder = self.path
        if folder is None:
            return super().read(seed)
        parts = {
            part: (_read_idx(folder, f"{name}-images", axes=3), _read_idx(folder, f"{name}-labels", axes=1))
            for part, name in (("train", "train"), ("test", "t10k"))
        }
        return images_from_arrays(folder, parts, self.classes, test_share=0.0, seed=0)  # the test part is there

    def outline(self, seed: int) -> Outline:
        """See `Dataset.outline`; of a download, what is published."""
        return super().outline(seed) if self.path is None else ArrayDataset.outline(self, seed)


class Mnist(IdxDataset):
    """70,000 handwritten digits of 28 x 28 grey pixels, 10,000 of them for the test (LeCun et al., 1998).

    Keras downloads them once (11 MB) to `$KERAS_HOME/datasets`, by default `~/.keras/datasets`.
    """

    module: ClassVar = "mnist"
    files: ClassVar = {"mnist.npz": 11_490_434}
    remedy: ClassVar = "put mnist.npz there as {folder}/mnist.npz, or set data.path to a folder with the four idx files"
    class_names: ClassVar = tuple("0123456789")

    dataset: Literal["mnist"] = "mnist"


class FashionMnist(IdxDataset):
    """70,000 pieces of clothing of 28 x 28 grey pixels, 10,000 of them for the test (Xiao, Rasul and Vollgraf, 2017).

    Keras downloads them once (31 MB) to `$KERAS_HOME/datasets`, by default `~/.keras/datasets`.
    """

    module: ClassVar = "fashion_mnist"
    files: ClassVar = {
        "fashion-mnist/train-images-idx3-ubyte.gz": 26_421_880,
        "fashion-mnist/train-labels-idx1-ubyte.gz": 29_515,
        "fashion-mnist/t10k-images-idx3-ubyte.gz": 4_422_102,
        "fashion-mnist/t10k-labels-idx1-ubyte.gz": 5_148,
    }
    remedy: ClassVar = (
        "put the four files `*-ubyte.gz` into {folder}/fashion-mnist, or set data.path to a folder that has them"
    )
    class_names: ClassVar = CLOTHES

    dataset: Literal["fashion_mnist"] = "fashion_mnist"


def _read_idx(folder: Path, name: str, axes: int) -> NDArray[np.uint8]:
    """Read the bytes of a file that is called `NAME-idx3-ubyte`, `NAME-idx3-ubyte.gz`, or with a dot before idx.

    The header is two zero bytes, the type of the numbers, the number of axes, and the length of each as a big-endian
    number of 32 bits (LeCun, Cortes and Burges, "The MNIST database").

    Raises:
        DataError: there is no such file, it cannot be read, or holds something else.
    """
    names = [f"{name}{mark}idx{axes}-ubyte{ending}" for mark in "-." for ending in ("", ".gz")]
    path = next((folder / file for file in names if (folder / file).is_file()), None)
    if path is None:
        raise DataError(
            f"{folder}: it holds {names[0]} or {names[1]}. Received a folder without it. Put all four files of "
            "the database there."
        )
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
