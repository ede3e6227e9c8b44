"""`cifar10`: 60,000 colour images of ten classes, by keras.datasets."""

from __future__ import annotations

from typing import ClassVar, Literal

from hpo.data.sets.published import Publication, PublishedDataset

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class Cifar10(PublishedDataset):
    """60,000 RGB images of 32 x 32 pixels in ten classes, 10,000 of them for the test (Krizhevsky, 2009).

    Keras downloads them once (170 MB) to `$KERAS_HOME/datasets`, by default `~/.keras/datasets`.
    """

    publication: ClassVar = Publication(
        "cifar10",
        (32, 32, 3),
        50_000,
        {"cifar-10-batches-py-target_archive": 170_498_071},
        "put cifar-10-python.tar.gz there as {folder}/cifar-10-batches-py-target_archive, or use `dataset: folder`",
    )

    dataset: Literal["cifar10"] = "cifar10"

    @property
    def classes(self) -> tuple[str, ...]:
        """In the order of the published labels."""
        return CLASSES
