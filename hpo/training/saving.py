"""What is kept of a trained model: a file that plain Keras loads, of what predicts and not what only training needs."""

from __future__ import annotations

from pathlib import Path

import keras

from hpo.data.augmentation import is_augmentation


def save_model(model: keras.Model, path: Path) -> None:
    """Write a model without optimizer, loss, metrics and augmentation: from raw uint8 images to class probabilities.

    Keras' layers of augmentation act unless they are told that nobody trains, so `model(images)` would change images
    (Keras 3.15; `model.predict` would not).

    Args:
        model: as `build_model` makes it, compiled or not; it shares its weights with what is written.
        path: ends in `.keras`. Keras alone loads what is written there, on any engine.
    """
    served = model.output
    changing = [operation for operation in model.operations if is_augmentation(operation)]
    if changing:
        served = changing[0].input
        for operation in model.operations[model.operations.index(changing[-1]) + 1 :]:
            served = operation(served)  # each takes what the one before gives
    keras.Model(model.input, served, name=model.name).save(path)
