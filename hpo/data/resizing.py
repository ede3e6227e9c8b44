"""How an image of any shape and mode gets the side and the channels that a file asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from hpo.data.images import Pixels

if TYPE_CHECKING:
    import PIL.Image

VERSION = 1
"""Raised when the same image gets other pixels than before: what was shaped by another version is shaped again."""

Resize = Literal["stretch", "pad", "crop"]
Channels = Literal["rgb", "grey", "as_is"]


@dataclass(frozen=True, slots=True)
class Shaping:
    """What is done to an image before it is kept.

    Attributes:
        image_size: the side that it gets, in pixels; None leaves its size.
        resize: `stretch` both sides; `pad`: the longer side is brought to the size and black fills the rest, evenly;
            `crop`: the shorter side is, and the middle is kept. By Pillow's antialiased bilinear filter.
        channels: `grey` has one, weighed by ITU-R 601; `rgb` three.
    """

    image_size: int | None
    resize: Resize = "stretch"
    channels: Channels = "as_is"

    def shape_of(self, height: int, width: int, channels: int) -> tuple[int, int, int]:
        """Height, width and channels of what comes of an image."""
        wanted = {"rgb": 3, "grey": 1, "as_is": channels}[self.channels]
        if self.image_size is None:
            return height, width, wanted
        return self.image_size, self.image_size, wanted

    def of(self, image: PIL.Image.Image) -> Pixels:
        """The pixels of an image of mode `RGB` or `L`: uint8 `[height, width, 1 or 3]`."""
        if self.channels != "as_is":
            image = image.convert("RGB" if self.channels == "rgb" else "L")
        pixels = np.asarray(self._sized(image))
        return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]  # noqa: PLR2004 - height, width, channels

    def of_batch(self, images: Pixels) -> Pixels:
        """The same for uint8 images `[n, height, width, 1 or 3]`; `images` itself where nothing has to be done."""
        from PIL import Image

        shape = self.shape_of(*images.shape[1:])
        if shape == images.shape[1:]:
            return images
        shaped = np.empty((len(images), *shape), np.uint8)
        for index, pixels in enumerate(images):
            shaped[index] = self.of(Image.fromarray(pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels))
        return shaped

    def _sized(self, image: PIL.Image.Image) -> PIL.Image.Image:
        from PIL import Image, ImageOps

        if self.image_size is None or image.size == (self.image_size, self.image_size):
            return image
        size, method = (self.image_size, self.image_size), Image.Resampling.BILINEAR
        if self.resize == "pad":
            return ImageOps.pad(image, size, method)
        if self.resize == "crop":
            return ImageOps.fit(image, size, method)
        return image.resize(size, method)
