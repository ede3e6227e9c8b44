"""From the bytes of an image file to an upright image of 8 bits a channel, whatever mode the file has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from hpo.data.checksums import png_damage
from hpo.data.findings import Kind
from hpo.data.formats import formats, identify
from hpo.data.reduction import PLAIN, Reduction
from hpo.data.threads import Room

if TYPE_CHECKING:
    import PIL.Image

VERSION = 2
"""Raised when the same bytes give other pixels than before: what was decoded by another version is decoded again."""
PIXELS_AT_ONCE = 2**27
"""Pixels that are being decoded at a time, in all threads of a process; a larger image is decoded alone."""

_room = Room(PIXELS_AT_ONCE)
_GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "F"})
_ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
_ORIENTATION, _UPRIGHT, _LYING = 0x0112, 1, frozenset({5, 6, 7, 8})
"""The EXIF tag, its value for an upright image, and those of its values that swap height and width."""
_BYTE, _TWO_BYTES = 8, 16


class UndecodableError(ValueError):
    """Bytes that are no image, or none that is taken."""

    def __init__(self, kind: Kind, detail: str) -> None:
        self.kind: Kind = kind
        self.detail = detail
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class Header:
    """What an image file says of itself; no pixel is decoded for it.

    Attributes:
        height: once it stands upright.
        width: once it stands upright.
        mode: of its pixels, in Pillow's words.
        format: likewise.
        bits: of each stored value; None where the file does not say which values are black and white.
        has_several_frames: whether it is an animation, or has several pages.
        is_turned: whether its EXIF orientation says that it does not lie as it should be seen.
        is_transparent: whether it has an alpha channel, or names a transparent colour.
    """

    height: int
    width: int
    mode: str
    format: str
    bits: int | None
    has_several_frames: bool
    is_turned: bool
    is_transparent: bool

    @property
    def is_grey(self) -> bool:
        """Whether its mode has one channel; a palette has three."""
        return self.mode in _GREY_MODES or self.mode.startswith("I;16")

    @property
    def is_deep(self) -> bool:
        """Whether Pillow gives its values as they are stored, in more than 8 bits; colours it cuts to 8 itself."""
        return self.mode in ("I", "F") or self.mode.startswith("I;16")


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image file that has been decoded, before it is reduced to opaque pixels of 8 bits.

    Attributes:
        header: what the file says of itself.
        image: upright, in the file's own mode.
    """

    header: Header
    image: PIL.Image.Image

    @property
    def values(self) -> NDArray[Any]:
        """The stored values of an image that is deep: `[height, width]`, uint16, int32, uint32 or float32."""
        values = np.asarray(self.image)
        if self.header.mode == "I" and self.header.format == "TIFF" and not _is_signed(self.image):
            values = values.view(np.uint32)  # Pillow (13) has no mode for them
        return values.astype(values.dtype.newbyteorder("="), copy=False)

    def reduced(self, reduction: Reduction) -> PIL.Image.Image:
        """The image in mode `RGB`, 8 bits a channel.

        Raises:
            UndecodableError: the range of its values is not known, or some are no finite numbers.
        """
        from PIL import Image

        if not self.header.is_deep:
            return reduction.opaque(self.image)
        if not reduction.knows_range(self.header.bits):
            kind = "floats" if self.header.mode == "F" else "whole numbers"
            raise UndecodableError(
                "damaged",
                f"pixels are {kind} of 32 bits, whose range is not known; set data.range to auto, or to what is black "
                "and white",
            )
        values = self.values
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise UndecodableError("damaged", "pixels are finite numbers; some are infinite or NaN")
        try:
            grey = Image.fromarray(reduction.to_bytes(values, self.header.bits))
        except ValueError as error:
            raise UndecodableError("damaged", str(error)) from error
        key = self.image.info.get("transparency")
        if reduction.background is not None and isinstance(key, int):
            grey.putalpha(Image.fromarray(values != key).convert("L"))
        return reduction.opaque(grey)


def decode(content: bytes, color: Literal["rgb", "grey"] = "rgb", reduction: Reduction = PLAIN) -> PIL.Image.Image:
    """An image file as 8 bits a channel, upright by its EXIF orientation; of several frames or pages the first.

    Args:
        content: the file's bytes.
        color: `grey` weighs red, green and blue by ITU-R 601, as Pillow does.
        reduction: what is done to more bits and to transparency; left out, of more bits the 8 high ones are kept, and
            transparency is dropped.

    Returns:
        An image of mode `RGB` or `L`.

    Raises:
        UndecodableError: it is damaged, too large to be meant, or has pixels whose range is not known.
    """
    with stored_image(content) as stored:
        image = stored.reduced(reduction)  # RGB first: grey is the same by whatever way it comes about
        return image if color == "rgb" else image.convert("L")


@contextmanager
def stored_image(content: bytes, *, is_checked: bool = False) -> Iterator[StoredImage]:
    """An image file, decoded. Memory for its pixels is held until the block ends, and waited for at its beginning.

    Args:
        content: the file's bytes.
        is_checked: whether its checksums were found to hold before.

    Raises:
        UndecodableError: it is damaged, too large to be meant, or none that Pillow decodes rightly.
    """
    from PIL import Image

    if not content:
        raise UndecodableError("damaged", "an empty file")
    damage = None if is_checked else png_damage(content)
    if damage is not None:
        raise UndecodableError("damaged", damage)
    try:
        opened = Image.open(BytesIO(content), formats=formats())
        header = _header_of(opened)
    except UndecodableError:
        raise
    except Exception as error:  # damaged files make decoders raise whatever they stumble over
        raise _undecodable(error, content) from error
    with opened, _room.taken(header.height * header.width):
        try:
            image = _upright(opened)
        except Exception as error:
            raise _undecodable(error, content) from error
        yield StoredImage(header, image)


def header_of(content: bytes | Path) -> Header:
    """What the bytes of an image file, or the file itself, say of the image.

    Raises:
        UndecodableError: it is no image; what follows the header may be damaged without this being seen.
    """
    from PIL import Image

    try:
        with Image.open(BytesIO(content) if isinstance(content, bytes) else content, formats=formats()) as opened:
            return _header_of(opened)
    except UndecodableError:
        raise
    except Exception as error:  # damaged files make decoders raise whatever they stumble over
        raise _undecodable(error, content) from error


def _header_of(opened: PIL.Image.Image) -> Header:
    """The header of an image that has not been loaded.

    Raises:
        UndecodableError: it is too large, or Pillow would misread it.
    """
    width, height = opened.size
    if width * height > _most_pixels():
        raise UndecodableError("too large", f"{width} x {height} pixels: as large as a decompression bomb")
    misread = _misread(opened)
    if misread is not None:
        raise UndecodableError("damaged", misread)
    orientation = _orientation(opened)
    if orientation in _LYING and opened.format != "TIFF":  # of which Pillow gives the upright size
        width, height = height, width
    return Header(
        height,
        width,
        opened.mode,
        opened.format or "?",
        _bits(opened),
        has_several_frames=bool(getattr(opened, "is_animated", False)),
        is_turned=orientation != _UPRIGHT,
        is_transparent=opened.mode in _ALPHA_MODES or "transparency" in opened.info,
    )


def _orientation(opened: PIL.Image.Image) -> int:
    """The EXIF orientation; what cannot be read, or is none of the eight, says nothing."""
    try:
        value = opened.getexif().get(_ORIENTATION)
    except Exception:  # whatever a damaged block makes Pillow raise
        return _UPRIGHT
    return value if type(value) is int and _UPRIGHT <= value <= max(_LYING) else _UPRIGHT


def _upright(opened: PIL.Image.Image) -> PIL.Image.Image:
    """The image with all its pixels, turned by its orientation."""
    from PIL.Image import Transpose

    orientation = _orientation(opened)
    opened.load()
    if orientation == _UPRIGHT or opened.format == "TIFF":  # which Pillow turns as it loads
        return opened
    turns = (
        Transpose.FLIP_LEFT_RIGHT,
        Transpose.ROTATE_180,
        Transpose.FLIP_TOP_BOTTOM,
        Transpose.TRANSPOSE,
        Transpose.ROTATE_270,
        Transpose.TRANSVERSE,
        Transpose.ROTATE_90,
    )
    return opened.transpose(turns[orientation - _UPRIGHT - 1])


# What Pillow says of values, and where it misreads them

_BITS, _COMPRESSION, _PLANES, _SAMPLE_FORMAT = 258, 259, 284, 339
"""Tags of TIFF."""
_UNCOMPRESSED, _SEPARATE, _UNSIGNED, _SIGNED = 1, 2, 1, 2


def _tag(image: PIL.Image.Image, tag: int, default: int) -> int:
    found = getattr(image, "tag_v2", {}).get(tag, default)
    return int(found[0] if isinstance(found, tuple) else found)


def _is_signed(image: PIL.Image.Image) -> bool:
    return _tag(image, _SAMPLE_FORMAT, _UNSIGNED) == _SIGNED


def _bits(opened: PIL.Image.Image) -> int | None:
    """How many bits each stored value has, as far as the file says so."""
    if opened.mode in ("I", "F"):
        return _TWO_BYTES if opened.mode == "I" and opened.format == "PPM" else None  # Pillow brings it to 65,535
    if opened.format == "TIFF":
        return _tag(opened, _BITS, 1)
    arguments = str(getattr(opened, "tile", None))
    return _TWO_BYTES if opened.mode.startswith("I;16") or ";16" in arguments else _BYTE


def _misread(opened: PIL.Image.Image) -> str | None:
    """What is special about a file that Pillow takes and gives other pixels of than it has."""
    from PIL import __version__

    if opened.format != "TIFF":
        return None
    if _is_signed(opened) and opened.mode == "L":
        return "a TIFF of signed 8-bit integers, which Pillow takes for unsigned ones"
    is_deep = _tag(opened, _BITS, 1) == _TWO_BYTES and len(opened.getbands()) > 1
    is_plain = _tag(opened, _COMPRESSION, _UNCOMPRESSED) == _UNCOMPRESSED
    if is_deep and is_plain and _tag(opened, _PLANES, 1) == _SEPARATE and _misreads_planes():
        return (
            f"an uncompressed TIFF of 16-bit colours in separate planes, which Pillow {__version__} reads as noise; "
            "save it with its colours together (PlanarConfiguration 1)"
        )
    return None


@cache
def _misreads_planes() -> bool:
    """Whether the installed Pillow misreads 16-bit colours in separate planes, as 11.0 to 13.0 do."""
    from PIL import Image
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    planes = np.asarray([[[0x1020, 0x3040]], [[0x5060, 0x7080]], [[0x90A0, 0xB0C0]]], "<u2")
    directory = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    width, height, photometric, offsets, samples, rows, counts = 256, 257, 262, 273, 277, 278, 279
    for tag, value in {
        width: 2, height: 1, _BITS: (16, 16, 16), _COMPRESSION: 1, photometric: 2, offsets: (0, 4, 8), samples: 3,
        rows: 1, counts: (4, 4, 4), _PLANES: 2,
    }.items():  # fmt: skip
        directory[tag] = value
    file = BytesIO()
    directory.save(file)
    file.write(planes.tobytes())
    with Image.open(file, formats=("TIFF",)) as opened:
        return not np.array_equal(np.asarray(opened), np.moveaxis(planes >> 8, 0, -1))


def _most_pixels() -> int:
    from PIL import Image

    return Image.MAX_IMAGE_PIXELS or 2**62


def _undecodable(error: Exception, content: bytes | Path) -> UndecodableError:
    """Pillow's error in our words; it names the buffer that it was given, which says nothing to a reader."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, Image.DecompressionBombError):
        return UndecodableError("too large", f"more than {2 * _most_pixels():,} pixels: a decompression bomb")
    if isinstance(error, OSError) and error.errno is not None:
        return UndecodableError("unreadable", error.strerror or str(error))
    text = " ".join(str(error).split())
    if not isinstance(error, UnidentifiedImageError):
        return UndecodableError("damaged", text or type(error).__name__)
    what = identify(content if isinstance(content, bytes) else content.read_bytes())
    return UndecodableError("damaged", f"no image that Pillow knows{'' if what is None else f': {what}'}")
