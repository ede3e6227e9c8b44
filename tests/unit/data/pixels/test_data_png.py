"""PNG files: their checksums, and the short way to the pixels of small plain ones."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from image_files import decode, file_of, png_of_chunks, refusal
from PIL import Image

from hpo.data.pixels.decoding import UndecodableError, open_image
from hpo.data.pixels.png import PlainPng, undo_filters

COLOURS = np.random.default_rng(0).integers(0, 256, (6, 10, 3), np.uint8)


def test_any_flipped_bit_of_a_png_is_noticed():
    sound = file_of(Image.fromarray(COLOURS), "PNG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
    decode(sound)
    for bit in range(8 * len(sound)):
        damaged = bytearray(sound)
        damaged[bit // 8] ^= 1 << bit % 8
        refusal(bytes(damaged))


def test_a_png_is_held_to_the_checksum_of_its_pixels_where_that_of_the_chunk_is_right():
    header = struct.pack(">IIBBBBB", 3, 3, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\1\2\3" * 3)
    for damaged in (pixels[:-1] + bytes([pixels[-1] ^ 1]), pixels[:-4]):
        content = png_of_chunks([(b"IHDR", header), (b"IDAT", damaged), (b"IEND", b"")])
        assert "broken PNG file: its compressed pixels" in refusal(content)


def test_a_png_without_its_end_is_named():
    assert "ends too soon" in refusal(file_of(Image.fromarray(COLOURS), "PNG")[:-12])


# The short way to the pixels of plain files

RGB_HEADER = (b"IHDR", struct.pack(">IIBBBBB", 10, 6, 8, 2, 0, 0, 0))
ROWS = b"".join(bytes([row % 5]) + COLOURS[row].tobytes() for row in range(6))
"""Each row by another filter."""
STREAM = zlib.compress(ROWS)
LAST = (b"IEND", b"")
PLAIN_PNGS = {
    "each filter": [RGB_HEADER, (b"IDAT", STREAM), LAST],
    "several chunks of pixels": [
        RGB_HEADER, (b"IDAT", STREAM[:9]), (b"IDAT", b""), (b"IDAT", STREAM[9:]), LAST,
    ],
    "grey": [(b"IHDR", struct.pack(">IIBBBBB", 30, 6, 8, 0, 0, 0, 0)), (b"IDAT", STREAM), LAST],
    "bytes behind the pixels": [RGB_HEADER, (b"IDAT", STREAM + b"abc"), LAST],
    "chunks of no pixel": [
        RGB_HEADER, (b"gAMA", struct.pack(">I", 45455)), (b"cHRM", bytes(32)), (b"sRGB", b"\0"),
        (b"pHYs", struct.pack(">IIB", 2835, 2835, 1)), (b"tIME", bytes([7, 234, 1, 1, 0, 0, 0])),
        (b"IDAT", STREAM), LAST,
    ],
}  # fmt: skip
OTHER_PNGS = {
    "a text": [RGB_HEADER, (b"tEXt", b"Software\0a"), (b"IDAT", STREAM), LAST],
    "a transparent colour": [RGB_HEADER, (b"tRNS", bytes(6)), (b"IDAT", STREAM), LAST],
    "a profile": [RGB_HEADER, (b"iCCP", b"a\0\0" + zlib.compress(b"none")), (b"IDAT", STREAM), LAST],
    "a chunk of another length": [RGB_HEADER, (b"pHYs", bytes(10)), (b"IDAT", STREAM), LAST],
    "an unknown chunk": [RGB_HEADER, (b"teSt", b"a"), (b"IDAT", STREAM), LAST],
    "a chunk between pixels": [RGB_HEADER, (b"IDAT", STREAM[:9]), (b"teSt", b""), (b"IDAT", STREAM[9:]), LAST],
    "a known chunk between pixels": [RGB_HEADER, (b"IDAT", STREAM[:9]), (b"sRGB", b"\0"), (b"IDAT", STREAM[9:]), LAST],
    "another first chunk": [(b"teSt", RGB_HEADER[1]), (b"IDAT", STREAM), LAST],
    "two headers": [RGB_HEADER, RGB_HEADER, (b"IDAT", STREAM), LAST],
    "a header that comes late": [(b"sRGB", b"\0"), RGB_HEADER, (b"IDAT", STREAM), LAST],
    "no pixels": [RGB_HEADER, LAST],
    "too few rows": [RGB_HEADER, (b"IDAT", zlib.compress(ROWS[:-1])), LAST],
    "too many rows": [RGB_HEADER, (b"IDAT", zlib.compress(ROWS * 2)), LAST],
    "a filter that there is not": [RGB_HEADER, (b"IDAT", zlib.compress(b"\5" + ROWS[1:])), LAST],
    "16 bits": [(b"IHDR", struct.pack(">IIBBBBB", 5, 6, 16, 2, 0, 0, 0)), (b"IDAT", STREAM), LAST],
    "interlaced": [(b"IHDR", struct.pack(">IIBBBBB", 10, 6, 8, 2, 0, 0, 1)), (b"IDAT", STREAM), LAST],
    "no height": [(b"IHDR", struct.pack(">IIBBBBB", 10, 0, 8, 2, 0, 0, 0)), (b"IDAT", STREAM), LAST],
    "no width": [(b"IHDR", struct.pack(">IIBBBBB", 0, 6, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(6))), LAST],
}


def describe(content: bytes) -> object:
    """What becomes of a file: its header and pixels, or why there are none."""
    try:
        with open_image(content) as stored:
            return stored.header, stored.image.mode, stored.image.size, stored.image.tobytes()
    except UndecodableError as error:
        return error.kind, error.detail


@pytest.mark.parametrize("name", [*PLAIN_PNGS, *OTHER_PNGS])
def test_a_png_is_the_same_by_the_short_way_and_by_pillow_alone(name: str, monkeypatch: pytest.MonkeyPatch):
    content = png_of_chunks({**PLAIN_PNGS, **OTHER_PNGS}[name])
    assert (PlainPng.parse(content, 10**6) is not None) == (name in PLAIN_PNGS)
    way = describe(content)
    monkeypatch.setattr(PlainPng, "parse", lambda *_: None)
    assert way == describe(content)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_pngs_as_pillow_writes_them_are_the_same_by_the_short_way(mode: str):
    random = np.random.default_rng(0)
    for side in (1, 2, 7, 32, 300):
        small = Image.fromarray(random.integers(0, 256, (2, 3, 3), np.uint8))
        image = small.resize((side + 1, side), Image.Resampling.BICUBIC).convert(mode)
        for level in (0, 1, 6, 9):
            file = PlainPng.parse(file_of(image, "PNG", compress_level=level), 10**6)
            assert file is not None
            plain = undo_filters([file])
            assert (plain.mode, plain.size, plain.tobytes()) == (mode, image.size, image.tobytes())


def test_large_pngs_go_the_way_of_all_others():
    content = file_of(Image.new("L", (2**10, 2**10)), "PNG")
    assert PlainPng.parse(content, 2**30) is None
    assert PlainPng.parse(file_of(Image.new("L", (10, 10)), "PNG"), 99) is None
