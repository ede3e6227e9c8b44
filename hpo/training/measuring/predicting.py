"""The part of a model that predicts: without augmentation, outside training, of one or several versions of an image."""

from __future__ import annotations

import inspect

import keras

from hpo.data import PredictionVersions, average_versions, is_augmentation, make_versions


def predict_symbolically(
    model: keras.Model, pixels: keras.KerasTensor, versions: PredictionVersions | None
) -> keras.KerasTensor:
    """Give what a model predicts for pixels, by its own layers, however the result is called then.

    Args:
        model: as `build_model` makes it.
        pixels: `[n, height, width, channels]` of the size that it takes.
        versions: of each image, of which probabilities are averaged; None for the image alone.
    """
    outputs = pixels if versions is None else make_versions(pixels, versions)
    made = _operations_between(pixels, outputs)
    for operation in model.operations[1:]:
        if not is_augmentation(operation):
            outputs = _predict(operation, outputs)
    if versions is not None:
        average = average_versions(outputs, versions.count)
        made += _operations_between(outputs, average)
        outputs = average
    for number, operation in enumerate(made):
        operation.name = f"versions_{number}"  # whatever Keras has counted
    return outputs


def predicting_model(model: keras.Model, versions: PredictionVersions) -> keras.Model:
    """Make the model that predicts versions of images of the size that another one is trained on."""
    images = keras.Input(model.input_shape[1:], dtype="uint8", name=model.input.name)
    return keras.Model(images, predict_symbolically(model, images, versions), name=model.name)


def _operations_between(inputs: keras.KerasTensor, outputs: keras.KerasTensor) -> list[keras.Operation]:
    return [] if inputs is outputs else list(keras.Model(inputs, outputs).operations[1:])


def _predict(operation: keras.Operation, pixels: keras.KerasTensor) -> keras.KerasTensor:
    """What a part of a model gives outside training."""
    if isinstance(operation.input, list):  # grey images, three times
        return operation([pixels] * len(operation.input))
    trains = "training" in inspect.signature(operation.call).parameters
    return operation(pixels, training=False) if trains else operation(pixels)
