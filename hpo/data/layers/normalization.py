"""Normalization as a Keras layer, part of the model: raw uint8 images go in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import keras

    from hpo.data.trial_data import Outline, TrialData


def to_network_colors(images: keras.KerasTensor, data: TrialData | Outline) -> keras.KerasTensor:
    """Give images the channels that networks see: grey ones are repeated where the file asks for RGB."""
    from keras import layers

    return layers.Concatenate(name="grey_to_rgb")([images] * 3) if data.grey_to_rgb else images


def make_normalization_layer(
    normalization: Literal["none", "unit", "standardize", "imagenet"],
    data: TrialData | Outline,
    imagenet_mean: Sequence[float],
    imagenet_deviation: Sequence[float],
) -> keras.layers.Layer:
    """Make the layer that brings pixels to the scale that the network sees.

    Args:
        normalization: which one; see `hpo.data.Dataset`.
        data: `standardize` is fitted on its training part, and on nothing else.
        imagenet_mean: what the model family's ImageNet weights expect to be subtracted, per RGB channel, in 0..255.
        imagenet_deviation: what they expect it to be divided by.

    Returns:
        A layer from pixels 0..255 to float32.
    """
    from keras import layers

    if normalization == "standardize":
        mean, deviation = data.statistics
        return layers.Normalization(mean=mean, variance=np.maximum(deviation, 1e-3) ** 2, name="standardize")
    if normalization == "imagenet":
        channels = data.shape[-1]
        mean, deviation = np.asarray(imagenet_mean), np.asarray(imagenet_deviation)
        if channels == 1:
            mean, deviation = mean.mean(keepdims=True), deviation.mean(keepdims=True)
        return layers.Normalization(mean=mean, variance=deviation**2, name="imagenet")
    return layers.Rescaling(1 / 255 if normalization == "unit" else 1.0, name=normalization)
