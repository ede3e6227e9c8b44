"""From a recipe to a compiled model: optimizer, loss and metrics."""

from __future__ import annotations

import math

import keras

from hpo.data import Outline
from hpo.models.foreign import own_compilation
from hpo.spaces.sections.recipe import Recipe
from hpo.spaces.sections.section import plain
from hpo.training.network.accumulation import accumulate_gradients
from hpo.training.network.metrics import make_metrics
from hpo.training.network.optimizers import make_optimizer
from hpo.training.network.own_compilation import compile_as

_COMPILABLE_ON_JAX = (
    keras.layers.RandomPerspective,
    keras.layers.RandomRotation,
    keras.layers.RandomShear,
    keras.layers.RandomTranslation,
    keras.layers.RandomZoom,
)
"""Layers for which Keras (3.15) leaves a whole model uncompiled on every engine, since TensorFlow's XLA has no such
operation. JAX has it. (Its RandomCrop cuts at places that no compiler knows.)"""


def compile_model(model: keras.Model, recipe: Recipe, outline: Outline, accumulation_steps: int = 1) -> None:
    """Give a model what it is trained with; compiling it again begins with a fresh optimizer.

    Args:
        model: from images to class probabilities; its layers are frozen as they are to be.
        recipe: says how it is trained: schedules are as long as its epochs.
        outline: of the data that it is trained on.
        accumulation_steps: in how many parts batches are given to it; see `accumulate_gradients`.

    Raises:
        ValueError: the network in it was compiled with what Keras cannot make anew.
    """
    _let_jax_compile(model)
    own = own_compilation(model)
    if own is not None:  # of the recipe it has epochs, batch size and early stopping
        compile_as(model, own)
    else:
        steps_per_epoch = math.ceil(outline.train_images / recipe.batch_size)
        model.compile(
            optimizer=make_optimizer(recipe, steps_per_epoch, model.trainable_weights),
            loss=_make_loss(recipe),
            metrics=make_metrics(recipe, outline.classes),
        )
    accumulate_gradients(model.optimizer, accumulation_steps)


def _make_loss(recipe: Recipe) -> keras.losses.Loss:
    """The loss between class probabilities `[batch, classes]` and the targets that the recipe has.

    Labels are smoothed before they get here, and in training alone: `val_loss` is the same measure whatever the recipe
    smooths, mixes or weights.
    """
    name = recipe.loss.one_hot_class if recipe.has_one_hot_targets else recipe.loss.sparse_class
    if name is None:
        raise ValueError(f"{recipe.loss.name} takes no such targets. Received {recipe.targets}.")
    loss: keras.losses.Loss = getattr(keras.losses, name)(**plain(recipe.loss))
    return loss


def _let_jax_compile(model: keras.Model) -> None:
    """On JAX, run models with layers of augmentation compiled: uncompiled, an epoch takes many times as long."""
    if keras.backend.backend() == "jax":
        for layer in model._flatten_layers():
            if isinstance(layer, _COMPILABLE_ON_JAX):
                layer.supports_jit = True
