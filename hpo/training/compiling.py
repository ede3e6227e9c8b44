"""From a recipe to a compiled model: optimizer, loss and metrics."""

from __future__ import annotations

from typing import assert_never

import keras

from hpo.data import Outline
from hpo.spaces.recipe import Adam, Recipe, RmsProp, Sgd
from hpo.spaces.section import plain
from hpo.training.own_compilation import compile_as, own_compilation


def compile_model(model: keras.Model, recipe: Recipe, outline: Outline) -> None:
    """Give a model what it is trained with; compiling it again begins with a fresh optimizer.

    Args:
        model: from images to class probabilities.
        recipe: says how it is trained.
        outline: of the data that it is trained on.

    Raises:
        ValueError: the network in it was compiled with what Keras cannot make anew.
    """
    own = own_compilation(model)
    if own is not None:  # of the recipe it has epochs, batch size and early stopping, see hpo.models.keras_tuner
        compile_as(model, own)
        return
    model.compile(
        optimizer=make_optimizer(recipe.optimizer, recipe.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )


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
