"""Where Pillow misreads valid files, decodes more than is asked, or warns of harmless things."""

from __future__ import annotations

import warnings
from functools import cache
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import PIL.Image

BITS_PER_SAMPLE, _COMPRESSION, _PLANES, _SAMPLE_FORMAT = 258, 259, 284, 339
"""Tags of TIFF."""
_UNCOMPRESSED, _SEPARATE, _UNSIGNED, _SIGNED = 1, 2, 1, 2
_EXIF_IN_PNG = (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp")
_BYTE, _TWO_BYTES, _WHITE = 8, 16, 255


def read_tag(image: PIL.Image.Image, tag: int, default: int) -> int:
    """Read the value of a tag of TIFF, the first where it has several."""
    value = getattr(image, "tag_v2", {}).get(tag, default)
    return int(value[0] if isinstance(value, tuple) else value)


def is_signed(image: PIL.Image.Image) -> bool:
    """Say whether the values of a TIFF are signed whole numbers."""
    return read_tag(image, _SAMPLE_FORMAT, _UNSIGNED) == _SIGNED


def describe_misreading(image: PIL.Image.Image) -> str | None:
    """Say what is special about a file that Pillow takes and gives other pixels of than it has."""
    from PIL import __version__

    if image.format != "TIFF":
        return None
    if is_signed(image) and image.mode == "L":
        return "a TIFF of signed 8-bit integers, which Pillow takes for unsigned ones"
    is_deep = read_tag(image, BITS_PER_SAMPLE, 1) == _TWO_BYTES and len(image.getbands()) > 1
    is_plain = read_tag(image, _COMPRESSION, _UNCOMPRESSED) == _UNCOMPRESSED
    if is_deep and is_plain and read_tag(image, _PLANES, 1) == _SEPARATE and misreads_planes():
        return (
            f"an uncompressed TIFF of 16-bit colours in separate planes, which Pillow {__version__} reads as noise; "
            "save it with its colours together (PlanarConfiguration 1)"
        )
    return None


@cache
def misreads_planes() -> bool:
    """Say whether the installed Pillow misreads 16-bit colours in separate planes, as 11.0 to 13.0 do."""
    from PIL import Image
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    planes = np.asarray([[[0x1020, 0x3040]], [[0x5060, 0x7080]], [[0x90A0, 0xB0C0]]], "<u2")
    directory = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    width, height, photometric, offsets, samples, rows, counts = 256, 257, 262, 273, 277, 278, 279
    for tag, value in {
        width: 2, height: 1, BITS_PER_SAMPLE: (16, 16, 16), _COMPRESSION: 1, photometric: 2, offsets: (0, 4, 8),
        samples: 3, rows: 1, counts: (4, 4, 4), _PLANES: 2,
    }.items():  # fmt: skip
        directory[tag] = value
    file = BytesIO()
    directory.save(file)
    file.write(planes.tobytes())
    with Image.open(file, formats=("TIFF",)) as image:
        return not np.array_equal(np.asarray(image), np.moveaxis(planes >> 8, 0, -1))


def may_have_exif(image: PIL.Image.Image) -> bool:
    """Say whether EXIF may be there: Pillow (13) decodes all pixels of a PNG to see if some comes behind them."""
    file = getattr(image, "fp", None)
    if image.format != "PNG" or "exif" in image.info or file is None:
        return True
    place = file.tell()
    file.seek(0)
    content = file.read()
    file.seek(place)
    return any(name in content for name in _EXIF_IN_PNG)


def correct_transparent_colour(image: PIL.Image.Image) -> None:
    """Bring the transparent colour of a PNG to 8 bits: Pillow (11 to 13) does so with the pixels alone."""
    key, arguments = image.info.get("transparency"), str(getattr(image, "tile", None))
    if image.format != "PNG":
        return
    if isinstance(key, int) and image.mode == "L":
        bits = next((bits for bits in (2, 4) if f"L;{bits}'" in arguments), _BYTE)
        image.info["transparency"] = key * _WHITE // (2**bits - 1)
    elif isinstance(key, tuple) and "RGB;16" in arguments:
        image.info["transparency"] = tuple(value >> _BYTE for value in key)


class _Quiet:
    """Keeps Pillow's warnings back, in whichever thread: what they say of files is said by their names, or harmless.

    Python's own `catch_warnings` leaves filters behind where threads overlap.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.filterwarnings("ignore", module="PIL")
            self._inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._filters.__exit__(None, None, None)


quiet = _Quiet()
"""Held while Pillow opens or loads an image."""
