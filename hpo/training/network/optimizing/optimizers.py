"""Keras' optimizer for a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from hpo.spaces import Recipe
from hpo.spaces.sections.section import plain
from hpo.spaces.sections.training.optimizers import Muon
from hpo.training.network.optimizing.learning_rates import scale_base_rate
from hpo.training.network.optimizing.schedules import make_learning_rate


def make_optimizer(
    recipe: Recipe, steps_per_epoch: int, weights: list[keras.Variable], base: Sequence[keras.Variable] = ()
) -> keras.optimizers.Optimizer:
    """What trains a model as its recipe says.

    Args:
        recipe: says how.
        steps_per_epoch: how many batches make an epoch: schedules are counted in steps.
        weights: those that are trained. Weight decay leaves out those of fewer than two dimensions: biases, and what
            normalization scales and shifts by.
        base: the variables that `learning_rates` has another learning rate for.
    """
    options: dict[str, Any] = plain(recipe.optimizer)
    if recipe.decay != recipe.optimizer.own_weight_decay:
        options["weight_decay"] = recipe.decay
        if isinstance(recipe.optimizer, Muon):
            options["adam_weight_decay"] = recipe.decay
    if recipe.gradient_clipping is not None:
        clipping = recipe.gradient_clipping
        options |= {"clipnorm": clipping.norm, "clipvalue": clipping.value, "global_clipnorm": clipping.global_norm}
    if recipe.ema is not None:
        options |= {"use_ema": True, "ema_momentum": recipe.ema.momentum}
    make = getattr(keras.optimizers, recipe.optimizer.keras_class)
    optimizer: keras.optimizers.Optimizer = make(make_learning_rate(recipe, steps_per_epoch), **options)
    if recipe.base_share is not None:
        scale_base_rate(optimizer, recipe.base_share, base)
    if recipe.decay:
        optimizer.exclude_from_weight_decay(var_list=[weight for weight in weights if len(weight.shape) < 2])  # noqa: PLR2004
    return keras.optimizers.LossScaleOptimizer(optimizer) if recipe.precision == "mixed_float16" else optimizer
