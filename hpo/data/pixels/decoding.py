"""From the bytes of an image file to an upright image of 8 bits a channel, whatever mode the file has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpo.data.pixels.findings import Kind
from hpo.data.pixels.formats import formats, identify
from hpo.data.pixels.pillow_faults import (
    BITS_PER_SAMPLE,
    correct_transparent_colour,
    describe_misreading,
    is_signed,
    may_have_exif,
    quiet,
    read_tag,
)
from hpo.data.pixels.png import PlainPng, find_png_damage, undo_filters
from hpo.data.pixels.reduction import Depth, Reduction
from hpo.data.pixels.threads import MemoryBudget

if TYPE_CHECKING:
    import PIL.Image

VERSION = 2
"""Raised when the same bytes give other pixels than before: what was decoded by another version is decoded again."""
PIXELS_AT_ONCE = 2**27
"""Pixels that are being decoded at a time, in all threads of a process; a larger image is decoded alone."""

_BUDGET = MemoryBudget(PIXELS_AT_ONCE)
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
        height, width: in pixels, once it stands upright.
        mode, format: in Pillow's words.
        bits: of each stored value; None where the file does not say which values are black and white.
        has_several_frames: whether it is an animation, or has several pages.
        orientation: by its EXIF block, from 1 (upright) to 8.
        is_transparent: whether it has an alpha channel, or names a transparent colour.
    """

    height: int
    width: int
    mode: str
    format: str
    bits: int | None
    has_several_frames: bool
    orientation: int
    is_transparent: bool

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def is_turned(self) -> bool:
        """Whether its pixels are stored otherwise than they should be seen."""
        return self.orientation != _UPRIGHT

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
        if self.header.mode == "I" and self.header.format == "TIFF" and not is_signed(self.image):
            values = values.view(np.uint32)  # Pillow (13) has no mode for them
        return values.astype(values.dtype.newbyteorder("="), copy=False)

    def reduce(self, reduction: Reduction) -> PIL.Image.Image:
        """Bring the image to mode `RGB`, 8 bits a channel.

        Raises:
            UndecodableError: the range of its values is not known, some are no finite numbers, or its transparent
                colour is damaged.
        """
        from PIL import Image

        if not self.header.is_deep:
            with _translate_errors(b""):  # a transparent colour may be damaged, which Pillow finds no sooner
                return reduction.opaque(self.image)
        values = self.values
        if not reduction.knows_range(self.header.bits, is_float=values.dtype.kind == "f"):
            bits = read_tag(self.image, BITS_PER_SAMPLE, 32)
            kind = f"{'floats' if self.header.mode == 'F' else 'whole numbers'} of {bits} bits"
            raise UndecodableError(
                "damaged",
                f"pixels are {kind}, whose range is not known; set data.range to auto, or to the values of black and "
                "white",
            )
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


@contextmanager
def open_image(content: bytes, *, is_checked: bool = False, budget: MemoryBudget = _BUDGET) -> Iterator[StoredImage]:
    """Decode an image file. Memory for its pixels is held until the block ends, and waited for at its beginning.

    Small plain PNG files wait for none.

    Args:
        content: the file's bytes.
        is_checked: whether its checksums were found to hold before.
        budget: of pixels; that of the process when left out.

    Raises:
        UndecodableError: it is damaged, too large to be meant, or none that Pillow decodes rightly.
    """
    from PIL import Image

    plain = PlainPng.parse(content, pixel_limit())
    if plain is not None:
        yield _take_plain(plain)
        return
    damage = None if is_checked else "an empty file" if not content else find_png_damage(content)
    if damage is not None:
        raise UndecodableError("damaged", damage)
    with ExitStack() as stack:
        with _translate_errors(content), quiet:
            image = stack.enter_context(Image.open(BytesIO(content), formats=formats()))
            header = _read_header_of(image)
            stack.enter_context(budget.hold(header.height * header.width))
            stored = StoredImage(header, _turn_upright(image, header.orientation))
        yield stored


def take_image(image: PIL.Image.Image) -> StoredImage:
    """Take an image that somebody else has opened or made, as a file with it would be taken; loads all its pixels.

    Raises:
        UndecodableError: it is damaged, too large to be meant, or none that Pillow decodes rightly.
    """
    with _translate_errors(b""), quiet:
        header = _read_header_of(image)
        return StoredImage(header, _turn_upright(image, header.orientation))


def read_header(content: bytes | Path) -> Header:
    """Read what the bytes of an image file, or the file itself, say of the image.

    Raises:
        UndecodableError: it is no image; what follows the header may be damaged without this being seen.
    """
    from PIL import Image

    file = BytesIO(content) if isinstance(content, bytes) else content
    with _translate_errors(content), quiet, Image.open(file, formats=formats()) as image:
        return _read_header_of(image)


def find_common_depth(headers: Iterable[Header], reduction: Reduction) -> Depth | None:
    """Describe images as they are stored, where all of them are deep and one rule brings them to 8 bits."""
    kinds = {(header.is_deep, reduction.bits or header.bits) for header in headers}
    if not all(is_deep for is_deep, _ in kinds):
        return None
    if reduction.ends is not None:
        return Depth(reduction)
    bits = next(iter(kinds))[1] if len(kinds) == 1 else None
    return None if bits is None else Depth(Reduction(bits=bits))


def _read_header_of(image: PIL.Image.Image) -> Header:
    """Read the header of an image that has not been loaded.

    Raises:
        UndecodableError: it is too large, or Pillow would describe_misreading it.
    """
    width, height = image.size
    if width * height > pixel_limit():
        raise UndecodableError("too large", f"{width} x {height} pixels: as large as a decompression bomb")
    fault = describe_misreading(image)
    if fault is not None:
        raise UndecodableError("damaged", fault)
    orientation = _read_orientation(image)
    if orientation in _LYING and image.format != "TIFF":  # of which Pillow gives the upright size
        width, height = height, width
    return Header(
        height,
        width,
        image.mode,
        image.format or "?",
        _count_bits(image),
        has_several_frames=bool(getattr(image, "is_animated", False)),
        orientation=orientation,
        is_transparent=image.mode in _ALPHA_MODES or "transparency" in image.info,
    )


def _take_plain(file: PlainPng) -> StoredImage:
    """Decode a PNG file that has been taken apart."""
    header = Header(
        file.height, file.width, file.mode, "PNG", _BYTE,
        has_several_frames=False, orientation=_UPRIGHT, is_transparent=False,
    )  # fmt: skip
    return StoredImage(header, undo_filters([file]))


def _read_orientation(image: PIL.Image.Image) -> int:
    """Read the EXIF orientation; what cannot be read, or is none of the eight, says nothing."""
    if not may_have_exif(image):
        return _UPRIGHT
    try:
        value = image.getexif().get(_ORIENTATION)
    except Exception:  # whatever a damaged block makes Pillow raise
        return _UPRIGHT
    return value if type(value) is int and _UPRIGHT <= value <= max(_LYING) else _UPRIGHT


def _turn_upright(image: PIL.Image.Image, orientation: int) -> PIL.Image.Image:
    """Load all pixels of an image, and turn it by its orientation."""
    from PIL.Image import Transpose

    correct_transparent_colour(image)
    image.load()
    if orientation == _UPRIGHT or image.format == "TIFF":  # which Pillow turns as it loads
        return image
    turns = (
        Transpose.FLIP_LEFT_RIGHT, Transpose.ROTATE_180, Transpose.FLIP_TOP_BOTTOM, Transpose.TRANSPOSE,
        Transpose.ROTATE_270, Transpose.TRANSVERSE, Transpose.ROTATE_90,
    )  # fmt: skip
    return image.transpose(turns[orientation - _UPRIGHT - 1])


def _count_bits(image: PIL.Image.Image) -> int | None:
    """Say how many bits each stored value has, as far as the file says so."""
    if image.mode in ("I", "F"):
        return _TWO_BYTES if image.mode == "I" and image.format == "PPM" else None  # Pillow brings it to 65,535
    if image.format == "TIFF":
        return read_tag(image, BITS_PER_SAMPLE, 1)
    arguments = str(getattr(image, "tile", None))
    return _TWO_BYTES if image.mode.startswith("I;16") or ";16" in arguments else _BYTE


def pixel_limit() -> int:
    """Give the number of pixels from which on a file is taken for a decompression bomb, by Pillow's setting."""
    from PIL import Image

    return Image.MAX_IMAGE_PIXELS or 2**62


@contextmanager
def _translate_errors(content: bytes | Path) -> Iterator[None]:
    """Let whatever damaged files make Pillow raise become an `UndecodableError`, in our words.

    Pillow names the buffer that it was given, which says nothing to a reader.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        yield
    except UndecodableError:
        raise
    except Image.DecompressionBombError as error:
        text = f"more than {2 * pixel_limit():,} pixels: a decompression bomb"
        raise UndecodableError("too large", text) from error
    except UnidentifiedImageError as error:
        what = identify(content if isinstance(content, bytes) else content.read_bytes())
        text = f"no image that Pillow knows{'' if what is None else f': {what}'}"
        raise UndecodableError("damaged", text) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise UndecodableError("unreadable", error.strerror or str(error)) from error
        raise UndecodableError("damaged", " ".join(str(error).split()) or type(error).__name__) from error
