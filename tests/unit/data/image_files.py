"""Image files for tests, those of kinds that Pillow does not write among them, and what becomes of them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from hpo.data.pixels.decoding import UndecodableError, open_image
from hpo.data.pixels.reduction import PLAIN, Reduction

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, OFFSETS = 256, 257, 258, 259, 262, 273
SAMPLES, ROWS, COUNTS, PLANES, FORMAT = 277, 278, 279, 284, 339
UNSIGNED, SIGNED, FLOAT = 1, 2, 3


def decode(content: bytes, color: str = "rgb", reduction: Reduction = PLAIN) -> Image.Image:
    """What hpo makes of an image file, as RGB or grey."""
    with open_image(content) as stored:
        image = stored.reduce(reduction)
    return image if color == "rgb" else image.convert("L")


def file_of(image: Image.Image, form: str, **options: object) -> bytes:
    """An image as Pillow writes it."""
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def refusal(content: bytes, **options: object) -> str:
    """Why an image file is refused."""
    with pytest.raises(UndecodableError) as caught:
        decode(content, **options)
    return str(caught.value)


def tiff(
    values: np.ndarray | bytes,
    size: tuple[int, int],
    bits: int,
    samples: int = 1,
    *,
    kind: int = UNSIGNED,
    planes: int = 1,
) -> bytes:
    """An uncompressed little-endian TIFF, by Pillow's own writer of tags.

    Args:
        values: what is stored, in that order.
        size: width and height.
        bits: of each value.
        samples: values a pixel.
        kind: unsigned, signed or float.
        planes: 1 for pixel by pixel, 2 for colour by colour.
    """
    content = values if isinstance(values, bytes) else values.tobytes()
    strips = samples if planes == 2 else 1
    length = len(content) // strips
    directory = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    for tag, value in {
        WIDTH: size[0],
        HEIGHT: size[1],
        BITS: (bits,) * samples,
        COMPRESSION: 1,
        PHOTOMETRIC: 2 if samples > 1 else 1,
        OFFSETS: tuple(strip * length for strip in range(strips)),
        SAMPLES: samples,
        ROWS: size[1],
        COUNTS: (length,) * strips,
        PLANES: planes,
        FORMAT: (kind,) * samples,
    }.items():
        directory[tag] = value
    file = BytesIO()
    directory.save(file)
    file.write(content)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG file of that size without pixels."""
    return png(struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"")


def png_of_16_bits(size: tuple[int, int], colour: tuple[int, int, int], *, is_transparent: bool = False) -> bytes:
    """An RGB PNG of one colour, 16 bits a channel, which Pillow reads and cannot write."""
    pixel = struct.pack(">HHH", *colour)
    rows = (b"\0" + pixel * size[0]) * size[1]
    return png(struct.pack(">IIBBBBB", *size, 16, 2, 0, 0, 0), rows, pixel if is_transparent else b"")


def grey_png(values: list[int], bits: int, transparent: int) -> bytes:
    """A grey PNG of one row, with a colour that is transparent."""
    row = "".join(f"{value:0{bits}b}" for value in values)
    row += "0" * (-len(row) % 8)
    header = struct.pack(">IIBBBBB", len(values), 1, bits, 0, 0, 0, 0)
    return png(header, b"\0" + int(row, 2).to_bytes(len(row) // 8, "big"), struct.pack(">H", transparent))


def png(header: bytes, rows: bytes, transparent: bytes = b"") -> bytes:
    """A PNG file of these rows, each behind the number of its filter."""
    key = [(b"tRNS", transparent)] if transparent else []
    return png_of_chunks([(b"IHDR", header), *key, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")])


def png_of_chunks(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG file of these chunks, with their checksums."""
    framed = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)
