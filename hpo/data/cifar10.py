"""`cifar10`: 60,000 colour images of ten classes, by keras.datasets."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Literal

import numpy as np

from hpo.data.dataset import Dataset
from hpo.data.images import Images, Part
from hpo.data.outline import Outline, part_without_pixels
from hpo.errors import DataError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE, TRAIN_IMAGES = (32, 32, 3), 50_000
"""What is published of the training part; each class has as many images as any other."""
ARCHIVE, ARCHIVE_BYTES = "cifar-10-batches-py-target_archive", 170_498_071
"""Under which name Keras (3.15) keeps the published `cifar-10-python.tar.gz`, and its size."""


class Cifar10(Dataset):
    """60,000 RGB images of 32 x 32 pixels in ten classes, 10,000 of them for the test (Krizhevsky, 2009).

    Keras downloads them once (170 MB) to `$KERAS_HOME/datasets`, by default `~/.keras/datasets`.
    """

    dataset: Literal["cifar10"] = "cifar10"

    def load(self, seed: int) -> Images:
        """Read the data set, downloading it the first time; see `Dataset.load`."""
        import keras

        try:
            (train_images, train_labels), (test_images, test_labels) = keras.datasets.cifar10.load_data()
        except Exception as error:  # Keras raises a bare Exception when a download fails
            raise DataError(
                f"data.dataset: cifar10 is downloaded once by Keras. Received: {error}. Connect to the internet, "
                f"or put cifar-10-python.tar.gz there as {_archive()}, or use `dataset: folder`."
            ) from error
        return self.shaped(Images(CLASSES, _part(train_images, train_labels), _part(test_images, test_labels)))

    def outline(self, seed: int) -> Outline:
        """What is published of the data set; see `Dataset.outline`. Nothing is read or downloaded."""
        train = part_without_pixels(np.arange(TRAIN_IMAGES, dtype=np.int32) % len(CLASSES))
        archive = _archive()
        is_here = archive.is_file() and archive.stat().st_size == ARCHIVE_BYTES  # a shorter one is downloaded again
        return self.outline_of(Images(CLASSES, train, None), SHAPE, seed, is_here=is_here)


def _archive() -> Path:
    """Where Keras keeps the download: in its home, or for want of a place to write, beside temporary files."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()
    if home.exists() and not os.access(home, os.W_OK):
        home = Path(tempfile.gettempdir()) / ".keras"
    return home / "datasets" / ARCHIVE


def _part(images: np.ndarray, labels: np.ndarray) -> Part:
    return Part(images.astype(np.uint8, copy=False), labels.ravel().astype(np.int32))
