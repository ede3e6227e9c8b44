"""What a trial sees of a data set, never its test part; and what is known of that before any image is read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from hpo.data.parts.splitting import split_fold
from hpo.data.pixels.cache import Cache, make_key
from hpo.data.pixels.images import ChannelStatistics, Part, compute_channel_statistics
from hpo.data.pixels.reduction import Depth

LARGE = 2**26
"""Bytes of images from which on their statistics take a tenth of a second and more."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A data set without its pixels.

    Attributes:
        shape: height, width and channels of the images that networks see.
        class_names: of all classes, in the order of their indices.
        train_images: how many images a trial is trained on, the validation part not among them.
        validation_images: how many images trials are compared on.
        is_here: whether reading the images needs no download.
        grey_to_rgb: whether the images are grey and a layer of the model makes them RGB.
    """

    shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    train_images: int
    validation_images: int
    is_here: bool
    grey_to_rgb: bool = False

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of what goes into the model."""
        return (*self.shape[:2], 1) if self.grey_to_rgb else self.shape

    @property
    def statistics(self) -> ChannelStatistics:
        """Stand-ins for those of the images, which nobody has read: mean 0 and deviation 1 for each channel."""
        channels = self.shape[-1]
        return np.zeros(channels), np.ones(channels)


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
    """Says all that decides the images of both parts; where it does, what is computed of them is kept for others."""
    versions: Part | None = None
    """Several versions of each training image, all of the first, then all of the second, where they are kept: of which
    one is drawn for each image in each epoch."""

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

    def take_fold(self, folds: int, fold: int, seed: int) -> TrialData:
        """Split all images that a trial may see anew, and hold one fold out for validation; see `split_fold`."""
        train, validation = split_fold(self.train.join(self.validation), folds, fold, seed, self.classes)
        key = make_key("fold", self.key, folds, fold, seed) if self.key else ""
        return replace(self, train=train, validation=validation, key=key)

    @cached_property
    def statistics(self) -> ChannelStatistics:
        """Of the training part, and of nothing else, for each channel that networks see.

        Computed once for all trials, and of large data sets once for all workers.
        """
        mean, deviation = _load_statistics(self.train, self.key)
        return (mean.repeat(3), deviation.repeat(3)) if self.grey_to_rgb else (mean, deviation)


def _load_statistics(part: Part, key: str) -> ChannelStatistics:
    if not key or len(part) * math.prod(part.shape) < LARGE:
        return compute_channel_statistics(part)
    cache = Cache()
    with suppress(TypeError, ValueError):  # there are none, or the file is damaged
        mean, deviation = json.loads(cache.text(key) or "")
        return np.array(mean, np.float64), np.array(deviation, np.float64)
    statistics = compute_channel_statistics(part)
    cache.write_text(key, json.dumps([values.tolist() for values in statistics]))
    return statistics
