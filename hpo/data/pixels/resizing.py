"""How an image of any shape and mode gets the side and the channels that a file asks for."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import numpy as np

from hpo.data.pixels.images import Pixels

if TYPE_CHECKING:
    import PIL.Image

VERSION = 2
"""Raised when the same image gets other pixels than before: what was shaped by another version is shaped again."""

Resize = Literal["stretch", "pad", "crop"]
Channels = Literal["rgb", "grey", "as_is"]


@dataclass(frozen=True, slots=True)
class Resizing:
    """What is done to an image before it is kept.

    Attributes:
        image_size: the side that it gets, in pixels, or height and width, to which it is stretched; None leaves its
            size.
        resize: `stretch` both sides; `pad`: the longer side is brought to the size and black fills the rest, evenly;
            `crop`: the shorter side is, and the middle is kept. By Pillow's antialiased bilinear filter, the width
            first. `hpo.data.layers.resizing_in_model` does the same inside of a model.
        channels: `grey` has one, weighed by ITU-R 601; `rgb` three.
    """

    image_size: int | tuple[int, int] | None
    resize: Resize = "stretch"
    channels: Channels = "as_is"

    def output_shape(self, height: int, width: int, channels: int) -> tuple[int, int, int]:
        """Height, width and channels of what comes of an image."""
        channels = {"rgb": 3, "grey": 1, "as_is": channels}[self.channels]
        return (*(self._size or (height, width)), channels)

    def apply(self, image: PIL.Image.Image) -> Pixels:
        """Resize an image of mode `RGB` or `L` to pixels: uint8 `[height, width, 1 or 3]`."""
        mode = {"rgb": "RGB", "grey": "L", "as_is": image.mode}[self.channels]
        if image.mode != mode:
            image = image.convert(mode)
        pixels = np.asarray(self._resize(image))
        return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]  # noqa: PLR2004 - height, width, channels

    def apply_batch(self, images: Pixels) -> Pixels:
        """Resize uint8 images `[n, height, width, 1 or 3]`; `images` itself where nothing has to be done."""
        from PIL import Image

        shape = self.output_shape(*images.shape[1:])
        if shape == images.shape[1:]:
            return images
        shaped = np.empty((len(images), *shape), np.uint8)
        for index, pixels in enumerate(images):
            shaped[index] = self.apply(Image.fromarray(pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels))
        return shaped

    @property
    def _size(self) -> tuple[int, int] | None:
        """Height and width that images get."""
        return (self.image_size, self.image_size) if isinstance(self.image_size, int) else self.image_size

    def _resize(self, image: PIL.Image.Image) -> PIL.Image.Image:
        from PIL import Image

        (width, height), size = image.size, self._size
        if size is None or (height, width) == size:
            return image
        across, down = self._window(width, height, size[1]), self._window(height, width, size[0])
        # The width first, in a pass of its own: Pillow 13 takes the height first where that shrinks much more (200 x
        # 300 to 224 x 224), Pillow 12 never does, and each pass is rounded. A saved model does it in this order too.
        bilinear = Image.Resampling.BILINEAR
        image = image.resize((across.length, height), bilinear, box=(across.start, 0, across.end, height))
        image = image.resize((across.length, down.length), bilinear, box=(0, down.start, across.length, down.end))
        if (image.height, image.width) == size:
            return image
        padded = Image.new(image.mode, (size[1], size[0]))
        padded.paste(image, (across.offset, down.offset))
        return padded

    def _window(self, side: int, other: int, size: int) -> _Window:
        """Compute which part of an axis is shown where, as Pillow's `ImageOps.fit` and `ImageOps.pad` have it."""
        if self.resize == "crop":
            span = min(side, other)
            return _Window((side - span) / 2, span, 0, size)
        if self.resize == "pad":
            length = max(1, round(Fraction(size * side, max(side, other))))
            return _Window(0, side, round(Fraction(size - length, 2)), length)
        return _Window(0, side, 0, size)


@dataclass(frozen=True, slots=True)
class _Window:
    """Which part of an axis is shown, from `start` on and `span` long, and where: from `offset` on, `length` long."""

    start: float
    span: int
    offset: int
    length: int

    @property
    def end(self) -> float:
        """Where the part ends."""
        return self.start + self.span
