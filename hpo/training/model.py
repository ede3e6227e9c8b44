"""From a config to a compiled Keras model: raw uint8 images in, class probabilities out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import keras

from hpo.data import Dataset, TrialData, augmentation_layers, normalization_layer
from hpo.models import ModelFamily
from hpo.spaces import Config
from hpo.spaces.recipe import Adam, RmsProp, Sgd
from hpo.spaces.section import plain


@dataclass(frozen=True, slots=True)
class BuiltModel:
    """A compiled model and the size of its network."""

    model: keras.Model
    parameters: int


def build_model(config: Config, data: TrialData) -> BuiltModel:
    """Build and compile what a config describes.

    Normalization (fitted on the training part) and augmentation are layers of the model, so they run on the device
    and travel with it.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
        WeightsError: pre-trained weights could not be had.
    """
    dataset, family = config.data, config.model
    if not isinstance(dataset, Dataset) or not isinstance(family, ModelFamily):
        raise TypeError(
            "a registered data set is a subclass of hpo.data.Dataset, a model family one of hpo.models.ModelFamily. "
            f"Received {type(dataset).__name__} and {type(family).__name__}."
        )
    network = family.build(data.shape, len(data.classes))
    inputs = keras.Input(data.shape, dtype="uint8", name="images")
    normalize = normalization_layer(dataset, data, family.IMAGENET_MEAN, family.IMAGENET_STD)
    pixels = normalize(inputs)
    for layer in augmentation_layers(dataset.augmentation):
        pixels = layer(pixels)
    model = keras.Model(inputs, network(pixels), name="classifier")
    model.compile(
        optimizer=make_optimizer(config.training.optimizer, config.training.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return BuiltModel(model, int(network.count_params()))


def make_optimizer(optimizer: Adam | RmsProp | Sgd, learning_rate: float) -> keras.optimizers.Optimizer:
    """Keras' optimizer for what a file names."""
    match optimizer:
        case Adam():
            made = keras.optimizers.Adam
        case RmsProp():
            made = keras.optimizers.RMSprop
        case Sgd():
            made = keras.optimizers.SGD
        case _:
            assert_never(optimizer)
    return made(learning_rate=learning_rate, **plain(optimizer))
