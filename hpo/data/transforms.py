"""Normalization and augmentation as Keras layers, part of the model: raw uint8 images go in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hpo.data.dataset import Augmentation, Dataset

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from hpo.data.images import Pixels

_CHUNK = 4096


def augmentation_layers(augmentation: Augmentation | None) -> list[keras.layers.Layer]:
    """The layers that change training images at random; they do nothing at validation, test and prediction."""
    from keras import layers

    if augmentation is None:
        return []
    found: list[keras.layers.Layer] = []
    if augmentation.flip:
        mode = "horizontal_and_vertical" if augmentation.flip == "both" else augmentation.flip
        found.append(layers.RandomFlip(mode, name="random_flip"))
    if augmentation.shift:
        found.append(
            layers.RandomTranslation(augmentation.shift, augmentation.shift, fill_mode="nearest", name="random_shift")
        )
    if augmentation.rotation:
        found.append(layers.RandomRotation(augmentation.rotation / 360, fill_mode="nearest", name="random_rotation"))
    return found


def normalization_layer(
    dataset: Dataset,
    training_images: Pixels,
    imagenet_mean: Sequence[float],
    imagenet_std: Sequence[float],
) -> keras.layers.Layer:
    """The layer that brings pixels to the scale that the network sees.

    Args:
        dataset: says which normalization.
        training_images: uint8 `[n, height, width, channels]`; `standardize` is fitted on them, and on nothing else.
        imagenet_mean: what the model family's ImageNet weights expect to be subtracted, per RGB channel, in 0..255.
        imagenet_std: what they expect it to be divided by.

    Returns:
        A layer from pixels 0..255 to float32.
    """
    from keras import layers

    if dataset.normalization == "standardize":
        mean, deviation = channel_statistics(training_images)
        return layers.Normalization(mean=mean, variance=np.maximum(deviation, 1e-3) ** 2, name="standardize")
    if dataset.normalization == "imagenet":
        channels = training_images.shape[-1]
        mean, deviation = np.asarray(imagenet_mean), np.asarray(imagenet_std)
        if channels == 1:
            mean, deviation = mean.mean(keepdims=True), deviation.mean(keepdims=True)
        return layers.Normalization(mean=mean, variance=deviation**2, name="imagenet")
    return layers.Rescaling(1 / 255 if dataset.normalization == "unit" else 1.0, name=dataset.normalization)


def channel_statistics(images: Pixels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each channel over all images and pixels, in 0..255.

    Args:
        images: uint8 `[n, height, width, channels]`; read in chunks, so a large array needs little memory besides.

    Returns:
        Two float64 arrays `[channels]`.
    """
    channels = images.shape[-1]
    total, squares, count = np.zeros(channels), np.zeros(channels), images.size // channels
    for start in range(0, len(images), _CHUNK):
        pixels = images[start : start + _CHUNK].reshape(-1, channels).astype(np.float64)
        total += pixels.sum(axis=0)
        squares += (pixels**2).sum(axis=0)
    mean = total / count
    return mean, np.sqrt(np.maximum(squares / count - mean**2, 0.0))
