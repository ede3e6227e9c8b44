"""What a recipe has done between epochs: Keras' callbacks for it."""

from __future__ import annotations

import keras

from hpo.spaces import Objective, Recipe
from hpo.spaces.sections.schedules import ReduceOnPlateau


def recipe_callbacks(recipe: Recipe, objective: Objective) -> list[keras.callbacks.Callback]:
    """Averaged weights, early stopping, and the schedule where it depends on what is learned.

    Args:
        recipe: how the model is trained.
        objective: the learned one, which early stopping follows.

    Returns:
        The callbacks in the order in which they are to run: between the end of an epoch and the beginning of the next
        the model has its averaged weights, where the recipe averages them. `BestEpoch`, which keeps the weights that
        were validated, stands before them all.
    """
    callbacks: list[keras.callbacks.Callback] = []
    if recipe.ema is not None:
        callbacks.append(keras.callbacks.SwapEMAWeights(swap_on_epoch=True))
    if recipe.early_stopping is not None:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                objective.metric,
                mode="max" if objective.direction == "maximize" else "min",
                patience=recipe.early_stopping.patience,
                min_delta=recipe.early_stopping.min_delta,
            )
        )
    if isinstance(recipe.schedule, ReduceOnPlateau):
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau(
                "val_loss",
                factor=recipe.schedule.factor,
                patience=recipe.schedule.patience,
                min_delta=recipe.schedule.min_delta,
                cooldown=recipe.schedule.cooldown,
                min_lr=recipe.schedule.min_learning_rate,
            )
        )
    return callbacks
