"""`cifar10`: 60,000 colour images of ten classes, by keras.datasets."""

from __future__ import annotations

from typing import Literal

import numpy as np

from hpo.data.dataset import Dataset, at_size
from hpo.data.images import Images, Part
from hpo.errors import DataError

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


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
                "or put cifar-10-batches-py.tar.gz where Keras looks for it, or use `dataset: folder`."
            ) from error
        return at_size(
            Images(CLASSES, _part(train_images, train_labels), _part(test_images, test_labels)), self.image_size
        )


def _part(images: np.ndarray, labels: np.ndarray) -> Part:
    return Part(images.astype(np.uint8, copy=False), labels.ravel().astype(np.int32))
