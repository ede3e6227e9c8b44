"""From the bytes of an image file to an upright image of 8 bits a channel, whatever mode the file has."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from hpo.data.findings import Kind

if TYPE_CHECKING:
    import PIL.Image

VERSION = 1
"""Raised when the same bytes give other pixels than before: what was decoded by another version is decoded again."""

ENDINGS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Of image files, in any case."""

_GREY_MODES = frozenset({"1", "L", "LA", "La"})
_ORIENTATION, _LYING = 0x0112, frozenset({5, 6, 7, 8})
"""The EXIF tag, and those of its values that swap height and width."""


class UndecodableError(ValueError):
    """Bytes that are no image, or none that is taken."""

    def __init__(self, kind: Kind, detail: str) -> None:
        self.kind: Kind = kind
        self.detail = detail
        super().__init__(detail)


def decode(content: bytes, color: Literal["rgb", "grey"] = "rgb") -> PIL.Image.Image:
    """An image file as 8 bits a channel, upright by its EXIF orientation.

    Transparency is dropped, of 16 bits the 8 high ones are kept, and of several frames or pages the first is taken.

    Args:
        content: the file's bytes.
        color: `grey` weighs red, green and blue by ITU-R 601, as Pillow does.

    Returns:
        An image of mode `RGB` or `L`.

    Raises:
        UndecodableError: it is damaged, too large to be meant, or has pixels whose range is not known.
    """
    from PIL import Image, ImageOps

    if not content:
        raise UndecodableError("damaged", "an empty file")
    try:
        with Image.open(BytesIO(content)) as opened:
            _check_pixels(opened)
            image = ImageOps.exif_transpose(opened)
        image = _of_8_bits(image).convert("RGB")  # first, so that grey is the same by whatever way it comes about
        return image if color == "rgb" else image.convert("L")
    except UndecodableError:
        raise
    except Exception as error:  # damaged files make decoders raise whatever they stumble over
        raise _undecodable(error) from error


@dataclass(frozen=True, slots=True)
class Header:
    """What an image file says of itself; no pixel is decoded for it.

    Attributes:
        height: once it stands upright.
        width: once it stands upright.
        is_grey: whether its mode has one channel; a palette has three.
        has_several_frames: whether it is an animation, or has several pages.
    """

    height: int
    width: int
    is_grey: bool
    has_several_frames: bool


def header_of(content: bytes | Path) -> Header:
    """What the bytes of an image file, or the file itself, say of the image.

    Raises:
        UndecodableError: it is no image; what follows the header may be damaged without this being seen.
    """
    from PIL import Image

    try:
        with Image.open(BytesIO(content) if isinstance(content, bytes) else content) as opened:
            _check_pixels(opened)
            width, height = opened.size
            if opened.getexif().get(_ORIENTATION) in _LYING:
                width, height = height, width
            is_grey = opened.mode in _GREY_MODES or opened.mode.startswith("I;16")
            return Header(height, width, is_grey, bool(getattr(opened, "is_animated", False)))
    except UndecodableError:
        raise
    except Exception as error:  # damaged files make decoders raise whatever they stumble over
        raise _undecodable(error) from error


def _of_8_bits(image: PIL.Image.Image) -> PIL.Image.Image:
    from PIL import Image

    if image.mode.startswith("I;16"):  # Pillow's own conversion cuts everything above 255 off
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise UndecodableError("damaged", "pixels of 32 bits, whose range is not known; 8 or 16 bits have one")
    if image.mode == "P":  # with a transparent palette Pillow converts by way of RGBA, and warns if it is left out
        return image.convert("RGBA")
    return image


def _check_pixels(opened: PIL.Image.Image) -> None:
    """Refuse what Pillow only warns of: an image just over its limit."""
    width, height = opened.size
    if width * height > _most_pixels():
        raise UndecodableError("too large", f"{width} x {height} pixels: as large as a decompression bomb")


def _most_pixels() -> int:
    from PIL import Image

    return Image.MAX_IMAGE_PIXELS or 2**62


def _undecodable(error: Exception) -> UndecodableError:
    """Pillow's error in our words; it names the buffer that it was given, which says nothing to a reader."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, Image.DecompressionBombError):
        return UndecodableError("too large", f"more than {2 * _most_pixels():,} pixels: a decompression bomb")
    if isinstance(error, OSError) and error.errno is not None:
        return UndecodableError("unreadable", error.strerror or str(error))
    text = " ".join(str(error).split())
    if not text or isinstance(error, UnidentifiedImageError):
        text = "no image that Pillow knows" if text else type(error).__name__
    return UndecodableError("damaged", text)
