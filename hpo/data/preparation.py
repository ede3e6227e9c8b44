"""From a data set to what a trial sees: a part to train on and a part to be compared on, and never the test."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from hpo.data.dataset import Dataset
from hpo.data.parts.outline import Outline
from hpo.data.parts.splitting import trial_parts
from hpo.data.parts.summary import DataSummary, summarize
from hpo.data.pixels.cache import Cache, key_of
from hpo.data.pixels.images import ChannelStatistics, Images, Part, channel_statistics
from hpo.data.pixels.reduction import Depth

_log = logging.getLogger(__name__)
KEPT_SIZES = 2
WORTH_KEEPING = 2**26
"""Bytes of images from which on their statistics take a tenth of a second and more."""


@dataclass(frozen=True)
class TrialData:
    """What a trial may see of a data set; all trials of a worker share it."""

    classes: tuple[str, ...]
    train: Part
    validation: Part
    grey_to_rgb: bool = False
    """Whether the images are grey and a layer of the model makes them RGB."""
    reduction: Mapping[str, Any] = field(default_factory=dict)
    """See `Images.reduction`."""
    depth: Depth | None = None
    """See `Images.depth`."""
    key: str = ""
    """Says all that decides the training images; where it does, their statistics are kept for other workers."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images that networks see."""
        return (*self.train.shape[:2], 3) if self.grey_to_rgb else self.train.shape

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of what goes into the model."""
        return self.train.shape

    @property
    def outline(self) -> Outline:
        """What a network is made for."""
        counts = len(self.train), len(self.validation)
        return Outline(self.shape, self.classes, *counts, is_here=True, grey_to_rgb=self.grey_to_rgb)

    @cached_property
    def statistics(self) -> ChannelStatistics:
        """Of the training part, and of nothing else, for each channel that networks see.

        Computed once for all trials, and of large data sets once for all workers.
        """
        mean, deviation = _kept_statistics(self.train, self.key)
        return (mean.repeat(3), deviation.repeat(3)) if self.grey_to_rgb else (mean, deviation)


@dataclass(frozen=True)
class PreparedData:
    """A data set, read once and split.

    Attributes:
        fingerprint: identifies its content.
        trial: what trials see.
        test: what only the final score sees; None where the data set has no such part.
        summary: how many images there are of what, and what to know of them.
    """

    fingerprint: str
    trial: TrialData
    test: Part | None
    summary: DataSummary

    def parts(self) -> dict[str, Part]:
        """The parts that there are, by name."""
        return _parts(self.trial.train, self.trial.validation, self.test)


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
        parts = _parts(train, validation, images.test)
        summary = summarize(dataset.dataset, images.classes, parts, images.notes)
        _log.info("%s", summary)
        for note in summary.notes:
            _log.warning("%s", note)
        grey_to_rgb = dataset.grey_to_rgb(train.shape[-1])
        key = key_of("statistics", images.fingerprint, _key(dataset), self._seed)
        data = TrialData(images.classes, train, validation, grey_to_rgb, images.reduction, images.depth, key)
        return PreparedData(images.fingerprint, data, images.test, summary)


def _parts(train: Part, validation: Part, test: Part | None) -> dict[str, Part]:
    parts = {"train": train, "validation": validation}
    return parts if test is None else {**parts, "test": test}


def _kept_statistics(part: Part, key: str) -> ChannelStatistics:
    if not key or len(part) * math.prod(part.shape) < WORTH_KEEPING:
        return channel_statistics(part)
    cache = Cache()
    with suppress(TypeError, ValueError):  # there are none, or the file is damaged
        mean, deviation = json.loads(cache.text(key) or "")
        return np.array(mean, np.float64), np.array(deviation, np.float64)
    statistics = channel_statistics(part)
    cache.keep_text(key, json.dumps([each.tolist() for each in statistics]))
    return statistics


def _key(dataset: Dataset) -> tuple[str, int | None]:
    """What decides the arrays: all options but those that act on the device."""
    return dataset.model_dump_json(exclude={"image_size", "normalization", "augmentation"}), dataset.image_size
