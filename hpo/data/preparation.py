"""From a data set to what a trial sees: a part to train on and a part to be compared on, and never the test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hpo.data.dataset import Dataset
from hpo.data.images import ChannelStatistics, Images, Part, channel_statistics
from hpo.data.splitting import split
from hpo.errors import DataError

DEFAULT_VALIDATION = 0.1
"""The share of the training part where a file says nothing, and the data set has no validation part of its own."""


@dataclass(frozen=True)
class TrialData:
    """What a trial may see of a data set; all trials of a worker share it."""

    classes: tuple[str, ...]
    train: Part
    validation: Part

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        height, width, channels = self.train.images.shape[1:]
        return height, width, channels

    @cached_property
    def statistics(self) -> ChannelStatistics:
        """Of the training part, and of nothing else; computed once for all trials."""
        return channel_statistics(self.train.images)


class DataStore:
    """The data sets of one worker, each read once: all trials of a study share the arrays."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._images: dict[tuple[str, int | None], Images] = {}
        self._trial_data: dict[tuple[str, int | None], TrialData] = {}

    def images(self, dataset: Dataset) -> Images:
        """All parts of a data set, the test included: for scoring alone."""
        key = _key(dataset)
        if key not in self._images:
            self._images[key] = dataset.load(self._seed)
        return self._images[key]

    def trial_data(self, dataset: Dataset) -> TrialData:
        """What a trial may see.

        Raises:
            DataError: the data set cannot be read, or has no validation part of its own where the file asks for it.
        """
        key = _key(dataset)
        if key not in self._trial_data:
            self._trial_data[key] = self._prepare(dataset, self.images(dataset))
        return self._trial_data[key]

    def _prepare(self, dataset: Dataset, images: Images) -> TrialData:
        share = dataset.validation
        if share is None:
            share = DEFAULT_VALIDATION if images.validation is None else "validation"
        if isinstance(share, float):
            train, validation = split(images.train, share, self._seed, "validation")
            return TrialData(images.classes, train, validation)
        if images.validation is None:
            raise DataError(
                "data.validation: `validation` is the name of a part. Received a data set without it. "
                "Give a share, such as 0.1."
            )
        return TrialData(images.classes, images.train, images.validation)


def _key(dataset: Dataset) -> tuple[str, int | None]:
    """What decides the arrays: all options but those that act on the device."""
    return dataset.model_dump_json(exclude={"image_size", "normalization", "augmentation"}), dataset.image_size
