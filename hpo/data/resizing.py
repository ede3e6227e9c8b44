"""How an image of any shape gets the side that a file asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import PIL.Image


def resized(image: PIL.Image.Image, size: int | None) -> PIL.Image.Image:
    """The image at `size` x `size` pixels, by Pillow's antialiased bilinear filter; as it is for None."""
    from PIL import Image

    if size is None or image.size == (size, size):
        return image
    return image.resize((size, size), Image.Resampling.BILINEAR)
