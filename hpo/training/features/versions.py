"""Versions of training images, changed at random, of which features are kept: `data.cache_augmented`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from hpo.data import Augmentation, Pixels
from hpo.training.features.cut import Cut
from hpo.training.network.generators import read_generators, write_generators

FeatureArray = NDArray[Any]
"""`[n, ...]`, of whichever dtype the engine gives."""
_AXES = {"horizontal": [2], "vertical": [1], "both": [1, 2]}
"""Of images `[n, height, width, channels]`, those along which a flip mirrors them."""


@dataclass(frozen=True, slots=True)
class Versions:
    """So many versions of each training image.

    Attributes:
        count: how many there are.
        mirrored_axes: along which axes they are mirrored, version by version: all that a flip can make of an image;
            empty where they are drawn.
        batch_size: in which they are drawn: it decides which they are, so it is the same for all trials.
    """

    count: int
    mirrored_axes: tuple[tuple[int, ...], ...] = ()
    batch_size: int = 32

    def features_of(
        self, cut: Cut, batches: Callable[[], Iterator[Pixels]], predict: Callable[[Cut, Pixels], FeatureArray]
    ) -> Iterator[FeatureArray]:
        """Compute the features of all images in one version after the other, batch by batch.

        Args:
            cut: its base has the layers of augmentation.
            batches: gives all images.
            predict: computes features of images that are not changed.
        """
        if self.mirrored_axes:
            for axes in self.mirrored_axes:
                for pixels in batches():
                    yield predict(cut, np.flip(pixels, axes))
            return
        states = [(state, keras.ops.convert_to_numpy(state)) for state in cut.random_states]
        generators = read_generators()
        try:
            for version in range(self.count):
                for number, (state, _) in enumerate(states):
                    draws = np.random.SeedSequence([version, number]).generate_state(1)
                    state.assign(np.array([draws[0] >> 1, 0], np.uint32))
                for pixels in batches():
                    yield keras.ops.convert_to_numpy(cut.base(pixels, training=True))
        finally:
            for state, value in states:
                state.assign(value)
            write_generators(generators)


def make_versions(augmentation: Augmentation, count: int) -> Versions:
    """Decide on the versions of an image: all that a flip can make of it where it is alone and there may be as many.

    Args:
        augmentation: changes images one by one.
        count: how many versions there may be.
    """
    changes = {name for name, value in augmentation if value}
    axes = _AXES[augmentation.flip] if augmentation.flip and changes == {"flip"} else []
    every = [
        tuple(axis for axis, is_mirrored in zip(axes, choice, strict=True) if is_mirrored)
        for choice in product((False, True), repeat=len(axes))
    ]
    return Versions(len(every), tuple(every)) if axes and len(every) <= count else Versions(count)
