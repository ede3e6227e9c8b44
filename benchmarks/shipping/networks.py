"""Networks with random weights, as models that a study has kept: for what is measured of their use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras

from hpo.training.trial.saving import save_model

CLASSES = 10


def make_small_network(side: int) -> keras.Model:
    """Three convolutions: little to compute, so that reading files counts."""
    images = pixels = keras.Input((side, side, 3))
    for filters in (32, 64, 64):
        pixels = keras.layers.MaxPooling2D()(keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(pixels))
    return keras.Model(images, keras.layers.Dense(CLASSES, activation="softmax")(keras.layers.Flatten()(pixels)))


def make_mobilenet(side: int) -> keras.Model:
    """What people fine-tune where time counts."""
    return keras.applications.MobileNetV2((side, side, 3), weights=None, classes=CLASSES)


NETWORKS: dict[str, tuple[int, Callable[[int], keras.Model]]] = {
    "3 convolutions, 32 x 32": (32, make_small_network),
    "MobileNetV2, 96 x 96": (96, make_mobilenet),
}


def save(network: keras.Model, path: Path) -> None:
    """Write a network as a study keeps its models."""
    side = network.input_shape[1]
    about = {"classes": list(map(str, range(CLASSES))), "color_mode": "rgb", "image_size": [side, side]}
    save_model(network, path, about=about)
