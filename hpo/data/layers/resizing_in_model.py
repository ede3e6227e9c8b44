"""Resizing as operations of a Keras model: what `Resizing` does to an image of any size, for a model that takes any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import keras

    from hpo.data.pixels.resizing import Resize

    Tensor: TypeAlias = keras.KerasTensor

_FIXED_POINT = 2**22
"""Pillow's weights are multiples of 1 / 2^22."""
_COARSE = 2**8
"""Sums of 8-bit pixels by multiples of 1 / 2^8 are exact in float32, in TF32 and in bfloat16."""


def resize_in_model(images: Tensor, size: tuple[int, int], resize: Resize) -> Tensor:
    """Resize images, whatever size they have, as `hpo.data.pixels.resizing.Resizing` does.

    Nothing but Keras' own operations, on integers where places are computed: a saved model loads without this package,
    behaves alike on every engine, and can be exported with free sizes. Images of that size stay as they are, to the
    bit. Others equal Pillow's to the bit but where a value lies half way between two, which rounding errors decide:
    those differ by 1 of 255.

    Keras' own antialiased resizing (3.15) is another filter's rounding and cannot be exported.

    Args:
        images: uint8 `[n, any height, any width, channels]`.
        size: height and width of what comes of them.
        resize: see `Resizing`; `pad` and `crop` make squares.

    Returns:
        float32 `[n, *size, channels]`, whole numbers from 0 to 255.
    """
    from keras import layers, ops

    height, width = size
    channels = images.shape[-1]
    # The places are counted in the graph, since sizes are known when an image is there: 1, 2, 3, ...
    rows = ops.cumsum(ops.ones_like(images[0, :, 0, 0], dtype="int32"))
    columns = ops.cumsum(ops.ones_like(images[0, 0, :, 0], dtype="int32"))
    across = _compute_weights(columns, _place_window(columns, rows, width, resize), width)
    down = _compute_weights(rows, _place_window(rows, columns, height, resize), height)
    pixels = ops.cast(images, "float32")
    pixels = _weigh(across, pixels)
    pixels = layers.Reshape((-1, width * channels), dtype="float32")(pixels)
    pixels = _weigh(down, pixels)
    return layers.Reshape((height, width, channels), dtype="float32")(pixels)


@dataclass(frozen=True, slots=True)
class _Window:
    """What part of an axis becomes what part of the new one, in whole numbers.

    Attributes:
        doubled_start: twice the place in the image at which the part begins, which may be half a pixel.
        span: how long the part is.
        offset: where the new axis begins to show it; black is before it, and behind it.
        length: how long it is there.
    """

    doubled_start: Tensor
    span: Tensor
    offset: Tensor
    length: Tensor


def _place_window(places: Tensor, others: Tensor, size: int, resize: Resize) -> _Window:
    """Compute the window of an axis from the places of both axes; see `Resizing`."""
    from keras import ops

    side, other = ops.max(places), ops.max(others)
    nothing = side - side
    if resize == "crop":
        span = ops.minimum(side, other)
        return _Window(side - span, span, nothing, nothing + size)
    if resize == "pad":
        # Halves are rounded to even numbers, as `Resizing` does; the longer side gets the size, which this comes to.
        longer = ops.maximum(side, other)
        quotient = (2 * size * side + longer) // (2 * longer)
        is_half = ops.equal(2 * size * side + longer, 2 * longer * quotient)
        length = ops.maximum(quotient - ops.cast(is_half, "int32") * (quotient % 2), 1)
        half = (size - length) // 2
        return _Window(nothing, side, half + ((size - length) % 2) * (half % 2), length)
    return _Window(nothing, side, nothing, nothing + size)


def _compute_weights(places: Tensor, window: _Window, size: int) -> tuple[Tensor, Tensor]:
    """Compute what each pixel of an axis counts for each new one, `[size, side]`: coarse, and what that leaves.

    A triangle as wide as a new pixel, or as an old one where those are wider, about the middle of each new pixel.
    """
    from keras import ops

    new = ops.subtract(np.arange(size, dtype=np.int32)[:, np.newaxis], window.offset)
    distance = (2 * places - 1 - window.doubled_start) * window.length - (2 * new + 1) * window.span
    reach = 2 * ops.maximum(window.span, window.length)
    triangle = ops.cast(ops.maximum(reach - ops.abs(distance), 0), "float32")
    shows = ops.cast(ops.logical_and(new >= 0, new < window.length), "float32")
    weights = shows * triangle / ops.maximum(ops.sum(triangle, axis=1, keepdims=True), 1)
    weights = ops.floor(weights * _FIXED_POINT + 0.5) / _FIXED_POINT
    coarse = ops.floor(weights * _COARSE) / _COARSE
    return coarse, weights - coarse


def _weigh(weights: tuple[Tensor, Tensor], pixels: Tensor) -> Tensor:
    """Sum pixels by their weights, rounded: the whole part and the rest are, so that neither loses digits."""
    from keras import ops

    coarse, rest = (ops.matmul(part, pixels) for part in weights)
    whole = ops.floor(coarse)
    # What is 0 or more already: between sums alone, TensorFlow's graphs (2.20) change their order, and lose digits.
    fraction = ops.maximum(coarse - whole, 0)
    return whole + ops.floor(fraction + rest + 0.5)
