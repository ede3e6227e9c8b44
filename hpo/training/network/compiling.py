"""From a recipe to a compiled model: optimizer, loss and metrics."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import keras

from hpo.data import Outline
from hpo.models.foreign import own_compilation
from hpo.spaces.sections.recipe import Recipe
from hpo.spaces.sections.section import plain
from hpo.training.network.metrics import make_metrics
from hpo.training.network.optimizing.accumulation import accumulate_gradients
from hpo.training.network.optimizing.optimizers import make_optimizer
from hpo.training.network.optimizing.schedules import make_learning_rate
from hpo.training.network.own_compilation import compile_as
from hpo.training.network.steps import compile_steps

_COMPILABLE_ON_JAX = (
    keras.layers.RandomPerspective,
    keras.layers.RandomRotation,
    keras.layers.RandomShear,
    keras.layers.RandomTranslation,
    keras.layers.RandomZoom,
)
"""Layers for which Keras (3.15) leaves a whole model uncompiled on every engine, since TensorFlow's XLA has no such
operation. JAX has it. (Its RandomCrop cuts at places that no compiler knows.)"""


def compile_model(
    model: keras.Model,
    recipe: Recipe,
    outline: Outline,
    accumulation_steps: int = 1,
    base: Sequence[keras.Variable] = (),
) -> None:
    """Give a model what it is trained with; compiling it again begins with a fresh optimizer.

    Args:
        model: from images to class probabilities; its layers are frozen as they are to be.
        recipe: says how it is trained: schedules are as long as its epochs.
        outline: of the data that it is trained on.
        accumulation_steps: in how many parts batches are given to it; see `accumulate_gradients`.
        base: the variables that `learning_rates` of the recipe has another learning rate for.

    Raises:
        ValueError: the network in it was compiled with what Keras cannot make anew.
    """
    _let_jax_compile(model)
    own = own_compilation(model)
    if own is not None:  # of the recipe it has epochs, batch size and early stopping
        compile_as(model, own)
        _build(model.optimizer, model, accumulation_steps)
    else:
        model.compile(
            optimizer=_make_optimizer(model, recipe, outline, accumulation_steps, base),
            loss=_make_loss(recipe),
            metrics=make_metrics(recipe, outline.classes),
        )
    compile_steps(model)


def reset_compiled(
    model: keras.Model,
    recipe: Recipe,
    outline: Outline,
    accumulation_steps: int = 1,
    base: Sequence[keras.Variable] = (),
) -> None:
    """Bring a compiled model into the state that `compile_model` would give it, and keep its compiled functions.

    Args:
        model: was compiled with another recipe that has the same `compilation_key`; has the weights to begin with.
        recipe: see `compile_model`, as for the others.
        outline: likewise.
        accumulation_steps: likewise.
        base: likewise.
    """
    # Not zeros: some optimizers begin with other numbers, or with the weights; and the learning rate is among them.
    fresh = _make_optimizer(model, recipe, outline, accumulation_steps, base)
    for variable, value in zip(model.optimizer.variables, fresh.variables, strict=True):
        variable.assign(value)
    model.reset_metrics()


def compilation_key(recipe: Recipe, outline: Outline, accumulation_steps: int = 1) -> str:
    """Say, as JSON, all that decides how a model is compiled: where it is equal, only values of variables differ.

    A learning rate that no schedule computes is a variable of the optimizer, and so is the ratio of two.
    """
    # None of it reaches the model.
    left_out = {"average_last_epochs", "checkpoint", "early_stopping", "label_smoothing", "phases", "repeats"}
    steps = _count_steps(recipe, outline)
    if isinstance(make_learning_rate(recipe, steps), float):
        left_out |= {"batch_size", "epochs", "learning_rate", "learning_rates", "schedule"}
        steps = 0
    values = recipe.model_dump(mode="json", exclude=left_out)
    variants = recipe.has_one_hot_targets, recipe.base_share is not None, outline.classes
    return json.dumps([values, *variants, steps, accumulation_steps], sort_keys=True)


def _make_optimizer(
    model: keras.Model, recipe: Recipe, outline: Outline, accumulation_steps: int, base: Sequence[keras.Variable]
) -> keras.optimizers.Optimizer:
    optimizer = make_optimizer(recipe, _count_steps(recipe, outline), model.trainable_weights, base)
    _build(optimizer, model, accumulation_steps)
    return optimizer


def _build(optimizer: keras.optimizers.Optimizer, model: keras.Model, accumulation_steps: int) -> None:
    """Make the variables of an optimizer.

    Keras (3.15) makes them in the first training step, and on TensorFlow traces that step again when it has. An
    optimizer that it builds inside one that scales the loss does not list those that it adds by itself, as Nadam does.
    """
    accumulate_gradients(optimizer, accumulation_steps)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer.inner_optimizer.build(model.trainable_variables)
    optimizer.build(model.trainable_variables)


def _count_steps(recipe: Recipe, outline: Outline) -> int:
    """Count the steps of an epoch."""
    return math.ceil(outline.train_images / recipe.batch_size)


def compile_head(head: keras.Model, model: keras.Model, recipe: Recipe, outline: Outline) -> None:
    """Compile a part of a model, which has all that is trained of it, to be trained by the model's own optimizer."""
    head.compile(optimizer=model.optimizer, loss=_make_loss(recipe), metrics=make_metrics(recipe, outline.classes))
    compile_steps(head)


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
