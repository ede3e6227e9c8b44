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
    if not any(map(is_augmentation, model.layers)):
        model.save(path)
        return
    inputs = pixels = keras.Input(model.input_shape[1:], dtype=model.input.dtype, name=model.input.name)
    for operation in model.operations[1:]:  # one after the other, the input first
        if not is_augmentation(operation):
            pixels = operation(pixels)
    served = keras.Model(inputs, pixels, name=model.name)
    compiled = model.get_compile_config()
    if compiled is not None:
        served.compile_from_config({**compiled, "jit_compile": "auto"})
    served.save(path)
