"""Keras' loss for a recipe, and what it is given."""

from __future__ import annotations

import keras

from hpo.spaces import Recipe
from hpo.spaces.sections.section import plain


def make_loss(recipe: Recipe) -> keras.losses.Loss:
    """The loss between class probabilities `[batch, classes]` and the targets that the recipe has.

    Labels are smoothed before they get here, and in training alone: `val_loss` is the same measure whatever the recipe
    smooths, mixes or weights.
    """
    loss = recipe.loss
    name = loss.one_hot_class if recipe.has_one_hot_targets else loss.sparse_class
    if name is None:
        raise ValueError(f"{loss.name} takes no such targets. Received {recipe.targets}.")
    made: keras.losses.Loss = getattr(keras.losses, name)(**plain(loss))
    return made
