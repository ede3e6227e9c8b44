"""What is kept of a trained model: what predicts, and not what only training needs."""

from __future__ import annotations

from pathlib import Path

import keras

from hpo.data.augmentation import is_augmentation


def save_for_prediction(model: keras.Model, path: Path) -> None:
    """Write a model, compiled as it is, without its augmentation and the numbers of its optimizer.

    Keras' layers of augmentation act unless they are told that nobody trains, so `model(images)` would change images
    (Keras 3.15; `model.predict` would not). On JAX, moreover, a model with some of them is not compiled.

    Args:
        model: trained; it shares its weights with what is written, and stays as it is.
        path: ends in `.keras`.
    """
    changing = [operation for operation in model.operations if is_augmentation(operation)]
    if not changing:
        model.save(path)
        return
    pixels = changing[0].input
    for operation in model.operations[
        model.operations.index(changing[-1]) + 1 :
    ]:  # each takes what the one before gives
        pixels = operation(pixels)
    served = keras.Model(model.input, pixels, name=model.name)
    compiled = model.get_compile_config()
    if compiled is not None:
        served.compile_from_config({**compiled, "jit_compile": "auto"})
    served.save(path)
