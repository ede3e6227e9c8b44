"""Bringing stored values to 8 bits as operations of a Keras model: what `Reduction` does to grey images, inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo.data.pixels.reduction import BRIGHTEST, Reduction

if TYPE_CHECKING:
    import keras

STORED = "float32"
"""What values of more than 8 bits are given as: it holds those of 24 bits exactly, and every engine has it."""
IN_BYTES = "in_8_bits"
"""The name of the layer after which images are as a study trains on them."""
_BYTE = 8


def reduce_in_model(values: keras.KerasTensor, reduction: Reduction, channels: int) -> keras.KerasTensor:
    """Stored values from 0 to 255, as whole numbers.

    Equal to `Reduction.to_bytes` but where a value lies half way between two, which rounding errors decide.

    Args:
        values: float32 `[n, height, width, channels]`, or of one channel.
        reduction: with the ends of a range, or with bits.
        channels: how many there shall be; a single one is taken as often.

    Returns:
        float32 `[n, height, width, channels]`.
    """
    from keras import layers, ops

    if isinstance(reduction.ends, tuple):
        low, high = reduction.ends
        values = ops.round(ops.clip((values - low) * (BRIGHTEST / (high - low)), 0, BRIGHTEST))
    else:
        shift = max(0, (reduction.bits or _BYTE) - _BYTE)
        values = ops.clip(ops.floor(values / 2.0**shift), 0, BRIGHTEST)
    if values.shape[-1] != channels:
        values = ops.repeat(values, channels, axis=-1)
    return layers.Activation("linear", dtype="float32", name=IN_BYTES)(values)


def model_on_bytes(model: keras.Model) -> keras.Model:
    """The part of a saved model that takes images as a study trains on them; itself where it takes no others."""
    import keras

    if all(layer.name != IN_BYTES for layer in model.layers):
        return model
    return keras.Model(model.get_layer(IN_BYTES).output, model.output)
