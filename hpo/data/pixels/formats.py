"""Which image formats are taken, by which endings of names, and what a file of another format is."""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from functools import cache
from io import BytesIO

_ENDINGS = {
    "AVIF": (".avif",),
    "BMP": (".bmp",),
    "DIB": (".dib",),
    "GIF": (".gif",),
    "ICO": (".ico",),
    "JPEG": (".jfif", ".jpe", ".jpeg", ".jpg"),
    "JPEG2000": (".j2c", ".j2k", ".jp2", ".jpc", ".jpf", ".jpx"),
    "MPO": (".mpo",),
    "PCX": (".pcx",),
    "PNG": (".apng", ".png"),
    "PPM": (".pbm", ".pfm", ".pgm", ".pnm", ".ppm"),
    "QOI": (".qoi",),
    "SGI": (".sgi",),
    "SUN": (".ras",),
    "TGA": (".tga",),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
}
"""By Pillow's names of formats. Those are left out that Pillow hands to another program (EPS) or has no pixels of."""
_CODECS = {"AVIF": "avif", "JPEG2000": "jpg_2000", "WEBP": "webp"}
"""What Pillow may have been built without."""


@cache
def formats() -> tuple[str, ...]:
    """List the formats that the installed Pillow reads, by its own names."""
    from PIL import Image

    Image.init()
    return tuple(name for name in _ENDINGS if name in Image.OPEN and _is_built_in(name))


@cache
def endings() -> frozenset[str]:
    """Endings of image files, in lower case."""
    return frozenset(ending for name, own in _ENDINGS.items() if _is_built_in(name) for ending in own)


def _is_built_in(name: str) -> bool:
    from PIL import features

    codec = _CODECS.get(name)
    return codec is None or (codec in (*features.modules, *features.codecs) and bool(features.check(codec)))


_SIGNATURES = (
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL file"),
    (rb"....ftyp(?:heic|heix|hevc|heim|heis|mif1|msf1)", "an HEIC file"),
    (rb"....ftyp(?:avif|avis)", "an AVIF file"),
    (rb"....ftyp", "a video"),
    (rb"\x1aE\xdf\xa3", "a video"),
    (rb"II\xbc", "a JPEG XR file"),
    (rb"v/1\x01", "an OpenEXR file"),
    (rb"8BPS", "a Photoshop file"),
    (rb"%PDF", "a PDF file"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript file"),
    (rb"SIMPLE  =", "a FITS file"),
    (rb".{128}DICM", "a DICOM file"),
    (rb"\x89HDF", "an HDF5 file"),
    (rb"\x93NUMPY", "a NumPy file"),
    (rb"PK\x03\x04", "a zip archive"),
    (rb"\x1f\x8b", "a gzip file"),
    (rb"version https://git-lfs", "a pointer of Git LFS, whose file was not fetched"),
    (rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<!DOCTYPE svg[^>]*>\s*)?<svg", "an SVG file"),
    (rb"\0+$", "nothing but zero bytes"),
    (rb"\x89PNG\r\n\x1a\n", "a damaged PNG file"),
    (rb"GIF8[79]a", "a damaged GIF file"),
    (rb"RIFF....WEBP", "a damaged WebP file"),
    (rb"BM.{4}\0\0\0\0", "a BMP file of an unknown kind, or damaged"),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 file"),
)
"""How files begin, in the order in which they are looked at."""
_BEGINNING = 4096


def identify(content: bytes) -> str | None:
    """Say what a file is that Pillow does not take, as far as its beginning shows: `a TIFF of 64-bit floats`."""
    with suppress(Exception):  # a damaged header may say anything
        if content[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            return _tiff(content)
        if content[:2] == b"\xff\xd8":
            return _jpeg(content)
    beginning = content[:_BEGINNING]
    return next((name for start, name in _SIGNATURES if re.match(start, beginning, re.DOTALL | re.IGNORECASE)), None)


# TIFF

_BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _PLANAR, _SAMPLE_FORMAT = 258, 259, 262, 277, 284, 339
_NUMBERS = {1: "unsigned integers", 2: "signed integers", 3: "floats", 5: "complex integers", 6: "complex numbers"}
_INTERPRETATIONS = {
    0: "grey", 1: "grey", 2: "RGB", 3: "palette", 4: "mask", 5: "CMYK", 6: "YCbCr", 8: "CIELab", 9: "ICCLab",
    10: "ITULab", 32803: "raw camera", 32844: "LogL", 32845: "LogLuv", 34892: "raw camera",
}  # fmt: skip
_GREY = 1


def _tiff(content: bytes) -> str:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    file = BytesIO(content)
    header = file.read(8)
    if b"+" in header[:4]:  # BigTIFF
        header += file.read(8)
    directory = ImageFileDirectory_v2(header)
    file.seek(directory.next)
    directory.load(file)
    bits = directory.get(_BITS, (1,))
    kind = _NUMBERS.get(directory.get(_SAMPLE_FORMAT, (1,))[0], "numbers of an unknown kind")
    samples = directory.get(_SAMPLES, len(bits))
    interpretation = _INTERPRETATIONS.get(directory.get(_PHOTOMETRIC, _GREY), "unknown")
    per_pixel = f", {samples} a pixel" if samples > 1 else ""
    return f"a TIFF of {bits[0]}-bit {kind}{per_pixel} ({interpretation}, compression {directory.get(_COMPRESSION, 1)})"


# JPEG

_FRAMES = {
    0xC0: "a", 0xC1: "a", 0xC2: "a progressive", 0xC3: "a lossless", 0xC5: "a hierarchical", 0xC6: "a hierarchical",
    0xC7: "a lossless hierarchical", 0xC9: "an arithmetically coded", 0xCA: "an arithmetically coded",
    0xCB: "an arithmetically coded lossless", 0xCD: "an arithmetically coded", 0xCE: "an arithmetically coded",
    0xCF: "an arithmetically coded lossless", 0xF7: "a lossless (JPEG-LS)",
}  # fmt: skip
"""What JPEG files are, by the marker of their frame (ITU-T T.81, table B.1; T.87 for JPEG-LS)."""


def _jpeg(content: bytes) -> str:
    position = 2
    while position + 5 < len(content):
        marker = content[position + 1]
        if content[position] != 0xFF or marker == 0xFF:  # noqa: PLR2004 - every marker begins with it
            position += 1
            continue
        if marker in _FRAMES:
            bits, height, width = struct.unpack_from(">BHH", content, position + 4)
            return f"{_FRAMES[marker]} JPEG of {width} x {height} pixels, {bits} bits a sample"
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    return "a JPEG without a picture"
