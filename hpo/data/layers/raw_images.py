"""What reading does to images, inside of a Keras model: for saved models, which take images as they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo.data.layers.resizing_in_model import resize_in_model
from hpo.data.pixels.reduction import BRIGHTEST, Depth, Reduction

if TYPE_CHECKING:
    import keras

    from hpo.data.pixels.resizing import Resize

_REDUCED = "in_8_bits"
"""The name of the layer after which images have 8 bits, as those that a study trains on."""
_RESIZED = "resize_"
"""How the names of layers begin that bring images to the size that networks see."""
_BYTE = 8


def raw_images(
    name: str, shape: tuple[int, int, int], resize: Resize, depth: Depth | None
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Make the input of a model that takes images as they are stored, and the same images as networks see them.

    Args:
        name: of the input.
        shape: height, width and channels of images that networks are trained on.
        resize: how images of other sizes get that one; see `Resizing`.
        depth: what images are as they are stored, where they have more than 8 bits.

    Returns:
        `[n, any height, any width, channels]`, uint8, or float32 where there is a depth; and `[n, *shape]`, whole
        numbers from 0 to 255. The layers between them have names of their own, whatever Keras has counted.
    """
    import keras

    *size, channels = shape
    stored, kind = (channels, "uint8") if depth is None else (depth.channels, depth.dtype)
    images = keras.Input((None, None, stored), dtype=kind, name=name)
    pixels = images if depth is None else _reduce(images, depth.reduction, channels)
    pixels = resize_in_model(pixels, (size[0], size[1]), resize)
    for number, operation in enumerate(keras.Model(images, pixels).operations[1:]):
        if operation.name != _REDUCED:
            operation.name = f"{_RESIZED}{number}"
    return images, pixels


def cut_to_bytes(model: keras.Model) -> keras.Model:
    """Cut a saved model to what takes images as a study trains on them; the model itself where it takes no others."""
    import keras

    if all(layer.name != _REDUCED for layer in model.layers):
        return model
    return keras.Model(model.get_layer(_REDUCED).output, model.output)


def split_at_network(model: keras.Model) -> tuple[keras.Model, keras.Model] | None:
    """Split a saved model where its network begins.

    Returns:
        What makes of images those that the network sees: float32 `[n, height, width, channels]`, whole numbers from 0
        to 255; and what predicts those. None where it resizes no images.
    """
    import keras

    numbers = [name.removeprefix(_RESIZED) for layer in model.layers if (name := layer.name).startswith(_RESIZED)]
    if not numbers:
        return None
    pixels = model.get_layer(f"{_RESIZED}{max(map(int, numbers))}").output
    return keras.Model(model.input, pixels), keras.Model(pixels, model.output)


def _reduce(values: keras.KerasTensor, reduction: Reduction, channels: int) -> keras.KerasTensor:
    """Bring stored values to whole numbers from 0 to 255, float32; a single channel is repeated.

    Equal to `Reduction.to_bytes` but where a value lies half way between two, which rounding errors decide.
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
    return layers.Activation("linear", dtype="float32", name=_REDUCED)(values)
