"""Data sets that Keras downloads once: their numbers are published, so that nothing is read to know their outline."""

from __future__ import annotations

import os
import tempfile
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hpo.data.dataset import Dataset
from hpo.data.parts.outline import Outline, part_without_pixels
from hpo.data.pixels.images import Images, Part
from hpo.errors import DataError


@dataclass(frozen=True, slots=True)
class Publication:
    """What is published of a data set, and what of it Keras (3.15) keeps where.

    Attributes:
        module: its name in `keras.datasets`.
        shape: height, width and channels of its images.
        train_images: how many images its training part has.
        files: what Keras downloads, by its path below `$KERAS_HOME/datasets`, and the bytes of each file.
        remedy: what may be done without a network, for errors; `{folder}` stands for that folder.
    """

    module: str
    shape: tuple[int, int, int]
    train_images: int
    files: dict[str, int]
    remedy: str

    def read(self, **options: object) -> tuple[Part, Part]:
        """The training and the test part, downloaded the first time.

        Args:
            options: of the module's `load_data`.

        Raises:
            DataError: the download failed.
        """
        import keras

        try:
            train, test = getattr(keras.datasets, self.module).load_data(**options)
        except Exception as error:  # Keras raises a bare Exception when a download fails
            raise DataError(
                f"data.dataset: {self.module} is downloaded once by Keras. Received: {error}. Connect to the internet, "
                f"or {self.remedy.format(folder=downloads())}."
            ) from error
        return _part(*train), _part(*test)

    def is_here(self) -> bool:
        """Whether Keras has all of it; a file of another size is downloaded again."""
        files = ((downloads() / name, size) for name, size in self.files.items())
        return all(file.is_file() and file.stat().st_size == size for file, size in files)


class PublishedDataset(Dataset):
    """A data set of `keras.datasets`; a subclass says which classes it has and what is published of it."""

    publication: ClassVar[Publication]

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """As published, in the order of the labels."""

    @property
    def load_options(self) -> dict[str, Any]:
        """What Keras' `load_data` is given."""
        return {}

    def load(self, seed: int) -> Images:
        """Read the data set, downloading it the first time; see `Dataset.load`."""
        return self.shaped(Images(self.classes, *self.publication.read(**self.load_options)))

    def outline(self, seed: int) -> Outline:
        """What is published of the data set; see `Dataset.outline`. Nothing is read or downloaded."""
        labels = np.arange(self.publication.train_images, dtype=np.int32) % len(self.classes)  # about as many of each
        images = Images(self.classes, part_without_pixels(labels), None)
        return self.outline_of(images, self.publication.shape, seed, is_here=self.publication.is_here())


def downloads() -> Path:
    """Where Keras keeps downloads: in its home, or for want of a place to write, beside temporary files."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()
    if home.exists() and not os.access(home, os.W_OK):
        home = Path(tempfile.gettempdir()) / ".keras"
    return home / "datasets"


def _part(images: np.ndarray, labels: np.ndarray) -> Part:
    with_channels = images if images.ndim == 4 else images[..., np.newaxis]  # noqa: PLR2004 - grey ones have none
    return Part(with_channels.astype(np.uint8, copy=False), labels.ravel().astype(np.int32))
