"""From a config to a compiled Keras model: raw uint8 images in, class probabilities out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import keras

from hpo.data import Dataset, Outline, TrialData, augmentation_layers, normalization_layer
from hpo.models import ImpossibleArchitectureError, ModelFamily
from hpo.spaces import Config
from hpo.spaces.recipe import Adam, Recipe, RmsProp, Sgd
from hpo.spaces.section import plain
from hpo.training.cost import Cost, cost_of
from hpo.training.symbolic import without_weights


@dataclass(frozen=True, slots=True)
class BuiltModel:
    """A model and what it costs to train; compiled, unless it was made by `symbolic_model`."""

    model: keras.Model
    cost: Cost

    @property
    def parameters(self) -> int:
        """How many numbers the network holds."""
        return self.cost.parameters


def build_model(config: Config, data: TrialData) -> BuiltModel:
    """Build and compile what a config describes.

    Normalization (fitted on the training part) and augmentation are layers of the model, so they run on the device
    and travel with it.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
        WeightsError: pre-trained weights could not be had.
    """
    dataset, family = _sections(config)
    model = _classifier(dataset, family, data, family.build(data.shape, len(data.classes)))
    return _compiled(model, config.training)


def build_untrained(config: Config, outline: Outline) -> BuiltModel:
    """Build and compile what a config describes without reading data or pre-trained weights.

    It is as large and as fast as the model that `build_model` makes; it is fitted to nothing.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
    """
    return _compiled(_untrained(config, outline), config.training)


def symbolic_model(config: Config, outline: Outline) -> BuiltModel:
    """What a config describes, to ask for its size and cost: a model whose weights have no values, in a few 10 ms.

    Raises:
        ImpossibleArchitectureError: these options give no network for images of this size.
        ValueError: Keras refuses the network.
    """
    try:
        model = without_weights(lambda: _untrained(config, outline))
    except ImpossibleArchitectureError:
        raise
    except ValueError:  # a builder that needs the values of its weights; or no network at all, which this says again
        model = _untrained(config, outline)
    return BuiltModel(model, _cost(model, config.training))


def _sections(config: Config) -> tuple[Dataset, ModelFamily]:
    dataset, family = config.data, config.model
    if not isinstance(dataset, Dataset) or not isinstance(family, ModelFamily):
        raise TypeError(
            "a registered data set is a subclass of hpo.data.Dataset, a model family one of hpo.models.ModelFamily. "
            f"Received {type(dataset).__name__} and {type(family).__name__}."
        )
    return dataset, family


def _untrained(config: Config, outline: Outline) -> keras.Model:
    dataset, family = _sections(config)
    return _classifier(dataset, family, outline, family.untrained(outline.shape, outline.classes))


def _classifier(dataset: Dataset, family: ModelFamily, data: TrialData | Outline, network: keras.Model) -> keras.Model:
    inputs = keras.Input(data.shape, dtype="uint8", name="images")
    normalize = normalization_layer(dataset, data, family.IMAGENET_MEAN, family.IMAGENET_STD)
    pixels = normalize(inputs)
    for layer in augmentation_layers(dataset.augmentation):
        pixels = layer(pixels)
    return keras.Model(inputs, network(pixels), name="classifier")


def _compiled(model: keras.Model, recipe: Recipe) -> BuiltModel:
    model.compile(
        optimizer=make_optimizer(recipe.optimizer, recipe.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return BuiltModel(model, _cost(model, recipe))


def _cost(model: keras.Model, recipe: Recipe) -> Cost:
    return cost_of(model, recipe.batch_size, optimizer_slots(recipe.optimizer))


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


def optimizer_slots(optimizer: Adam | RmsProp | Sgd) -> int:
    """How many numbers Keras' optimizer keeps for each trainable one of the network."""
    match optimizer:
        case Adam(amsgrad=amsgrad):
            return 3 if amsgrad else 2
        case RmsProp(momentum=momentum, centered=centered):
            return 1 + (momentum > 0) + centered
        case Sgd(momentum=momentum):
            return int(momentum > 0)
        case _:
            assert_never(optimizer)
