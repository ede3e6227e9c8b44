"""From a data set to what a trial sees: a part to train on and a part to be compared on, and never the test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hpo.data.dataset import Dataset
from hpo.data.images import ChannelStatistics, Images, Part, channel_statistics
from hpo.data.splitting import trial_parts

KEPT_SIZES = 2


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


@dataclass(frozen=True)
class PreparedData:
    """A data set, read once and split.

    Attributes:
        fingerprint: identifies its content.
        trial: what trials see.
        test: what only the final score sees; None where the data set has no such part.
    """

    fingerprint: str
    trial: TrialData
    test: Part | None


class DataStore:
    """The data sets of one worker, each read once: all trials of a study share the arrays.

    Where `image_size` is a parameter, the two sizes used last are kept.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._kept: dict[tuple[str, int | None], PreparedData] = {}

    def prepared(self, dataset: Dataset) -> PreparedData:
        """A data set with its options, at its size.

        Raises:
            DataError: it cannot be read, or has no validation part of its own where the file asks for it.
        """
        key = _key(dataset)
        found = self._kept.pop(key, None)
        while len(self._kept) >= KEPT_SIZES:
            del self._kept[next(iter(self._kept))]  # the one used longest ago
        self._kept[key] = found or self._prepare(dataset, dataset.load(self._seed))
        return self._kept[key]

    def _prepare(self, dataset: Dataset, images: Images) -> PreparedData:
        train, validation = trial_parts(images, dataset.validation, self._seed)
        return PreparedData(images.fingerprint, TrialData(images.classes, train, validation), images.test)


def _key(dataset: Dataset) -> tuple[str, int | None]:
    """What decides the arrays: all options but those that act on the device."""
    return dataset.model_dump_json(exclude={"image_size", "normalization", "augmentation"}), dataset.image_size
