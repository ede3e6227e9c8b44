"""`mnist` and `fashion_mnist`: 70,000 grey images of ten classes, by keras.datasets or from their four idx files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Strict

from hpo.data.parts.outline import Outline
from hpo.data.pixels.images import Images
from hpo.data.sets.arrays import images_of
from hpo.data.sets.idx import find_idx, read_idx
from hpo.data.sets.published import Publication, PublishedDataset
from hpo.errors import DataError

SHAPE, TRAIN_IMAGES = (28, 28, 1), 60_000
DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
IDX_BYTES = {
    "train-images-idx3-ubyte.gz": 26_421_880,
    "train-labels-idx1-ubyte.gz": 29_515,
    "t10k-images-idx3-ubyte.gz": 4_422_102,
    "t10k-labels-idx1-ubyte.gz": 5_148,
}
"""Of Fashion-MNIST."""


class IdxDataset(PublishedDataset):
    """A data set of `keras.datasets` that is also published as four idx files."""

    path: Annotated[Path, Strict(False)] | None = None
    """A folder with the four idx files, plain or `.gz`; left out, Keras downloads the data set."""

    def load(self, seed: int) -> Images:
        """Read the files, or what Keras downloads the first time; see `Dataset.load`."""
        if self.path is None:
            return super().load(seed)
        return self.shaped(self._images(self.path))

    def outline(self, seed: int) -> Outline:
        """See `Dataset.outline`; of a download, what is published."""
        if self.path is None:
            return super().outline(seed)
        images = self._images(self.path)
        return self.outline_of(images, images.train.shape, seed)

    def _images(self, folder: Path) -> Images:
        parts = {"train": _part(folder, "train"), "test": _part(folder, "t10k")}
        try:
            return images_of(parts, self.classes, test_share=0.0, seed=0)  # the test part is there
        except DataError as error:
            raise DataError(f"{folder}: {error}") from error


class Mnist(IdxDataset):
    """70,000 handwritten digits of 28 x 28 grey pixels, 10,000 of them for the test (LeCun et al., 1998).

    Keras downloads them once (11 MB) to `$KERAS_HOME/datasets`, by default `~/.keras/datasets`.
    """

    publication: ClassVar = Publication(
        "mnist",
        SHAPE,
        TRAIN_IMAGES,
        {"mnist.npz": 11_490_434},
        "put mnist.npz there as {folder}/mnist.npz, or set data.path to a folder with the four idx files",
    )

    dataset: Literal["mnist"] = "mnist"

    @property
    def classes(self) -> tuple[str, ...]:
        """The digits."""
        return DIGITS


class FashionMnist(IdxDataset):
    """70,000 pieces of clothing of 28 x 28 grey pixels, 10,000 of them for the test (Xiao, Rasul and Vollgraf, 2017).

    Keras downloads them once (31 MB) to `$KERAS_HOME/datasets`, by default `~/.keras/datasets`.
    """

    publication: ClassVar = Publication(
        "fashion_mnist",
        SHAPE,
        TRAIN_IMAGES,
        {f"fashion-mnist/{name}": size for name, size in IDX_BYTES.items()},
        "put the four files `*-ubyte.gz` into {folder}/fashion-mnist, or set data.path to a folder that has them",
    )

    dataset: Literal["fashion_mnist"] = "fashion_mnist"

    @property
    def classes(self) -> tuple[str, ...]:
        """In the order of the published labels."""
        return CLOTHES


def _part(folder: Path, name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    images = read_idx(find_idx(folder, name, "images"), axes=3)
    return images, read_idx(find_idx(folder, name, "labels"), axes=1)
