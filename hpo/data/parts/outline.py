"""What is known of a data set before its images are read: enough to build networks for it and to foresee their cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpo.data.pixels.images import ChannelStatistics


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
