"""Data sets that Keras downloads once: their numbers are published, so that nothing is read to know their outline."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hpo.data.dataset import ArrayDataset
from hpo.data.pixels.images import Images, Part, make_blank_part
from hpo.data.trial_data import Outline
from hpo.errors import DataError


class PublishedDataset(ArrayDataset):
    """A data set of `keras.datasets`; a subclass says what is published of it."""

    module: ClassVar[str]
    """Its name in `keras.datasets`."""
    shape: ClassVar[tuple[int, int, int]]
    """Height, width and channels of its images."""
    train_images: ClassVar[int]
    """How many images its training part has."""
    files: ClassVar[dict[str, int]]
    """What Keras (3.15) downloads: paths below `$KERAS_HOME/datasets`, and the bytes of each file."""
    remedy: ClassVar[str]
    """What may be done without a network, for errors; `{folder}` stands for that folder."""
    class_names: ClassVar[tuple[str, ...]]
    """As published, in the order of the labels."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the labels."""
        return self.class_names

    @property
    def load_options(self) -> dict[str, Any]:
        """What Keras' `load_data` is given."""
        return {}

    def read(self, seed: int) -> Images:
        """Read the data set, downloading it the first time; see `ArrayDataset.read`."""
        import keras

        try:
            train, test = getattr(keras.datasets, self.module).load_data(**self.load_options)
        except Exception as error:  # Keras raises a bare Exception when a download fails
            raise DataError(
                f"data.dataset: {self.module} is downloaded once by Keras. Received: {error}. Connect to the internet, "
                f"or {self.remedy.format(folder=_find_downloads())}."
            ) from error
        return Images(self.classes, _make_part(*train), _make_part(*test))

    def outline(self, seed: int) -> Outline:
        """Outline what is published of the data set; see `Dataset.outline`. Nothing is read or downloaded."""
        labels = np.arange(self.train_images, dtype=np.int32) % len(self.classes)  # about as many of each
        images = Images(self.classes, make_blank_part(labels), None)
        files = ((_find_downloads() / name, size) for name, size in self.files.items())
        # A file of another size is downloaded again.
        is_here = all(file.is_file() and file.stat().st_size == size for file, size in files)
        return self.outline_of(images, self.shape, seed, is_here=is_here)


def _find_downloads() -> Path:
    """Find where Keras keeps downloads: in its home, or for want of a place to write, beside temporary files."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()
    if home.exists() and not os.access(home, os.W_OK):
        home = Path(tempfile.gettempdir()) / ".keras"
    return home / "datasets"


def _make_part(images: np.ndarray, labels: np.ndarray) -> Part:
    with_channels = images if images.ndim == 4 else images[..., np.newaxis]  # noqa: PLR2004 - grey ones have none
    return Part(with_channels.astype(np.uint8, copy=False), labels.ravel().astype(np.int32))
