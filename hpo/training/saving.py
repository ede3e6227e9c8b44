"""A trained model as a file that plain Keras loads."""

from __future__ import annotations

from pathlib import Path

import keras


def save_model(model: keras.Model, path: Path) -> None:
    """Write a model without optimizer, loss and metrics: from raw uint8 images to class probabilities, and no more.

    Args:
        model: a functional model of one input and one output, compiled or not.
        path: ends in `.keras`. Keras alone loads what is written there, on any engine.
    """
    keras.Model(model.input, model.output, name=model.name).save(path)
