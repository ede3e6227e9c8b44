"""Single image files of every kind: read as they are meant, or refused by what they are."""

from __future__ import annotations

import random
import struct
import zlib
from threading import Event, Thread

import numpy as np
import pytest
from image_files import FLOAT, SIGNED, decode, file_of, grey_png, png_of_16_bits, png_of_chunks, refusal, tiff
from PIL import Image

from hpo.data.pixels.decoding import UndecodableError, open_image, read_header
from hpo.data.pixels.formats import endings
from hpo.data.pixels.pillow_faults import misreads_planes
from hpo.data.pixels.reduction import Reduction
from hpo.data.pixels.threads import MemoryBudget

ORIENTATION = 0x0112
COLOURS = np.random.default_rng(0).integers(0, 256, (6, 10, 3), np.uint8)
GREYS = np.arange(0, 60_000, 1000, np.uint16).reshape(6, 10)
ON_WHITE = Reduction(background="white")


# EXIF

EXIF_BLOCKS = {
    "of nothing": b"",
    "of other bytes": b"garbage",
    "cut": b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01\x03\0",
    "that points out of the file": b"Exif\0\0II*\0\xff\xff\xff\x7f",
    "with a value out of the file": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\xff\xff\xff\x7f\0\0\0\0",
    "of orientation 0": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0",
    "of orientation 9": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0\0\0\0\0",
    "of a text": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x02\0\0\x006\0\0\0\0\0\0\0",
    "of a fraction": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x05\0\x01\0\0\0\x1a\0\0\0\0\0\0\0\x06\0\0\0\x01\0\0\0",
}


@pytest.mark.parametrize("block", EXIF_BLOCKS.values(), ids=EXIF_BLOCKS)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_exif_that_cannot_be_read_or_is_no_orientation_turns_nothing(block: bytes, form: str):
    content = file_of(Image.fromarray(COLOURS), form, exif=block)
    header = read_header(content)
    assert (header.height, header.width, header.is_turned) == (6, 10, False)
    plain = np.asarray(decode(file_of(Image.fromarray(COLOURS), form)))
    np.testing.assert_array_equal(np.asarray(decode(content)), plain)


def test_whatever_bytes_an_exif_block_holds_the_image_is_read():
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = "maker"
    sound, draw = exif.tobytes(), random.Random(0)
    for _ in range(60):
        block = bytearray(sound)
        for _ in range(draw.randint(1, 6)):
            block[draw.randrange(6, len(block))] = draw.randrange(256)
        content = file_of(Image.fromarray(COLOURS), "JPEG", exif=bytes(block))
        header = read_header(content)
        assert decode(content).size == (header.width, header.height)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_every_orientation_is_turned_once_and_told_with_its_size(orientation: int, form: str):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    content = file_of(Image.fromarray(COLOURS), form, exif=exif, **({"lossless": True} if form == "WEBP" else {}))
    turned = {
        1: COLOURS,
        2: COLOURS[:, ::-1],
        3: COLOURS[::-1, ::-1],
        4: COLOURS[::-1],
        5: COLOURS.swapaxes(0, 1),
        6: np.rot90(COLOURS, -1),
        7: np.rot90(COLOURS, 2).swapaxes(0, 1),
        8: np.rot90(COLOURS),
    }[orientation]
    np.testing.assert_array_equal(np.asarray(decode(content)), turned)
    header = read_header(content)
    assert (header.height, header.width) == turned.shape[:2]
    assert header.is_turned == (orientation != 1)


def test_the_orientation_of_deep_images_is_taken_too():
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    pixels = np.asarray(decode(file_of(Image.fromarray(GREYS), "PNG", exif=exif), "grey"))
    np.testing.assert_array_equal(pixels, np.rot90(GREYS >> 8, -1))


def test_a_header_is_read_without_any_pixel(monkeypatch: pytest.MonkeyPatch):
    from PIL import ImageFile

    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda image: pytest.fail("pixels were decoded"))
    for form in ("PNG", "JPEG", "TIFF"):
        assert read_header(file_of(Image.fromarray(COLOURS), form)).height == 6


# TIFF


def test_twelve_bits_of_a_tiff_keep_their_own_8_high_bits():
    values = np.array([[0, 15, 16, 2048], [4095, 4080, 255, 1]], np.uint16)
    rows = [int("".join(f"{value:012b}" for value in row), 2).to_bytes(6, "big") for row in values.tolist()]
    content = tiff(b"".join(rows), (4, 2), bits=12)
    assert read_header(content).bits == 12
    np.testing.assert_array_equal(np.asarray(decode(content, "grey")), values >> 4)


@pytest.mark.parametrize("samples", [3, 4])
def test_deep_colours_in_separate_planes_are_read_rightly_or_refused_by_name(samples: int):
    colours = np.random.default_rng(1).integers(0, 65536, (samples, 4, 5)).astype("<u2")
    content = tiff(colours, (5, 4), bits=16, samples=samples, planes=2)
    if misreads_planes():
        assert "16-bit colours in separate planes, which Pillow" in refusal(content)
    else:
        np.testing.assert_array_equal(np.asarray(decode(content)), np.moveaxis(colours[:3] >> 8, 0, -1))
    together = np.ascontiguousarray(np.moveaxis(colours[:3], 0, -1))
    np.testing.assert_array_equal(np.asarray(decode(tiff(together, (5, 4), bits=16, samples=3))), together >> 8)


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        (np.ones((2, 3), np.float64), FLOAT, "no image that Pillow knows: a TIFF of 64-bit floats"),
        (np.ones((2, 3), np.float16), FLOAT, "no image that Pillow knows: a TIFF of 16-bit floats"),
        (np.ones((2, 3), np.int8), SIGNED, "a TIFF of signed 8-bit integers"),
        (np.ones((2, 3), np.float32), FLOAT, "floats of 32 bits, whose range is not known; set data.range"),
        (np.ones((2, 3), np.int16), SIGNED, "whole numbers of 16 bits, whose range is not known; set data.range"),
    ],
)
def test_a_tiff_that_is_not_taken_says_what_it_is(values: np.ndarray, kind: int, message: str):
    assert message in refusal(tiff(values, (3, 2), bits=8 * values.itemsize, kind=kind))


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"\xff\xd8\xff\xc3\x00\x0b\x10\x00\x08\x00\x09\x01\x01\x11\x00", "a lossless JPEG of 9 x 8 pixels, 16 bits"),
        (b"\xff\xd8\xff\xc1\x00\x0b\x0c\x00\x08\x00\x09\x01\x01\x11\x00", "a JPEG of 9 x 8 pixels, 12 bits"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "an HEIC file"),
        (b"\xff\x0a\0\0", "a JPEG XL file"),
        (b"%PDF-1.7", "a PDF file"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a pointer of Git LFS, whose file was not fetched"),
        (b'<?xml version="1.0"?>\n<svg xmlns="">', "an SVG file"),
        (b"\0" * 100, "nothing but zero bytes"),
    ],
)
def test_a_file_that_pillow_does_not_know_is_told_by_its_beginning(start: bytes, message: str):
    assert refusal(start).startswith(f"no image that Pillow knows: {message}")


def test_a_file_of_another_program_is_not_handed_to_it():
    content = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\nshowpage\n"
    assert refusal(content) == "no image that Pillow knows: a PostScript file"


# Transparency


def test_a_transparent_colour_that_pillow_cannot_apply_is_damage():
    colours, palette = ((b"IHDR", struct.pack(">IIBBBBB", 3, 1, 8, kind, 0, 0, 0)) for kind in (2, 3))
    pixels = (b"IDAT", zlib.compress(bytes(4)))
    chunks = [colours, (b"tRNS", bytes(6)), palette, (b"PLTE", bytes(768)), pixels, (b"IEND", b"")]
    with (
        open_image(png_of_chunks(chunks)) as stored,
        pytest.raises(UndecodableError, match="Transparency for P mode") as error,
    ):
        stored.reduce(Reduction())
    assert error.value.kind == "damaged"


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_a_transparent_grey_is_that_of_the_file_at_every_depth(bits: int):
    values = list(range(min(2**bits, 6)))
    for key in values:
        content = grey_png(values, bits, key)
        assert read_header(content).is_transparent
        dropped = np.asarray(decode(content, "grey"))[0].tolist()
        filled = [255 if value == key else grey for value, grey in zip(values, dropped, strict=True)]
        assert np.asarray(decode(content, "grey", ON_WHITE))[0].tolist() == filled


def images_with_transparency() -> dict[str, bytes]:
    """Two pixels each, the first of them transparent, the second of colour 90."""
    palette, alpha = Image.new("P", (2, 1)), Image.new("L", (2, 1), 255)
    palette.putpalette([30, 30, 30, 90, 90, 90])
    palette.putdata([0, 1])
    alpha.putpixel((0, 0), 0)
    grey, colour = palette.convert("L"), palette.convert("RGB")
    return {
        "alpha of grey": file_of(Image.merge("LA", (grey, alpha)), "PNG"),
        "alpha of colour": file_of(Image.merge("RGBA", (*colour.split(), alpha)), "PNG"),
        "alpha of WebP": file_of(Image.merge("RGBA", (*colour.split(), alpha)), "WEBP", lossless=True),
        "alpha of a TIFF": file_of(Image.merge("RGBA", (*colour.split(), alpha)), "TIFF"),
        "palette with a key": file_of(palette, "PNG", transparency=0),
        "palette with alpha": file_of(palette, "PNG", transparency=bytes([0, 255])),
        "GIF": file_of(palette, "GIF", transparency=0),
        "key of colour": file_of(colour, "PNG", transparency=(30, 30, 30)),
        "key of grey": file_of(grey, "PNG", transparency=30),
        "key of deep colour": png_of_16_bits((1, 1), (0x1E00, 0x1E00, 0x1E01), is_transparent=True),
    }


@pytest.mark.parametrize(("background", "behind"), [("white", 255), ("black", 0)])
@pytest.mark.parametrize("name", images_with_transparency())
def test_transparent_pixels_are_laid_on_the_background(name: str, background: str, behind: int):
    content = images_with_transparency()[name]
    assert read_header(content).is_transparent
    pixels = np.asarray(decode(content, reduction=Reduction(background=background)))
    assert pixels[0, 0].tolist() == [behind] * 3
    assert pixels[0, 1:].tolist() == [[90] * 3][: pixels.shape[1] - 1]


# Bits


def test_values_of_32_bits_are_read_where_their_range_is_given():
    values = np.array([[0, 0.25, 0.5, 1, 2]], np.float32)
    content = tiff(values, (5, 1), bits=32, kind=FLOAT)
    assert np.asarray(decode(content, "grey", Reduction((0, 1))))[0].tolist() == [0, 64, 128, 255, 255]
    values = np.array([[-1000, 0, 3000]], np.int16)
    content = tiff(values, (3, 1), bits=16, kind=SIGNED)
    assert np.asarray(decode(content, "grey", Reduction((-1000, 1000))))[0].tolist() == [0, 128, 255]
    values = np.array([[0, 2**31, 2**32 - 1]], np.uint32)
    content = tiff(values, (3, 1), bits=32)
    assert np.asarray(decode(content, "grey", Reduction((0, 2**32 - 1))))[0].tolist() == [0, 128, 255]


def test_values_that_are_no_numbers_are_named():
    content = tiff(np.array([[0, np.nan]], np.float32), (2, 1), bits=32, kind=FLOAT)
    assert "finite numbers" in refusal(content, reduction=Reduction((0, 1)))


@pytest.mark.parametrize("size", [(20, 30), (300, 300)])
def test_a_range_and_a_number_of_bits_decide_what_is_black_and_white(size: tuple[int, int]):
    values = np.random.default_rng(2).integers(0, 5000, size).astype(np.uint16)
    content = file_of(Image.fromarray(values), "PNG")
    np.testing.assert_array_equal(np.asarray(decode(content, "grey")), values >> 8)
    by_bits = np.asarray(decode(content, "grey", Reduction(bits=12)))
    np.testing.assert_array_equal(by_bits, np.minimum(values >> 4, 255))
    by_range = np.asarray(decode(content, "grey", Reduction((1000, 3000))))
    np.testing.assert_array_equal(by_range, np.rint(np.clip((values - 1000.0) / 2000 * 255, 0, 255)))


@pytest.mark.parametrize("maxval", [255, 1023, 65535])
def test_a_portable_grey_map_is_scaled_by_its_greatest_value(maxval: int):
    values = np.linspace(0, maxval, 8).astype(">u2" if maxval > 255 else np.uint8)
    pixels = np.asarray(decode(b"P5 8 1 %d\n" % maxval + values.tobytes(), "grey"))[0]
    assert np.abs(pixels - values.astype(float) * 255 / maxval).max() <= 1


# Endings and memory


@pytest.mark.parametrize("ending", ["avif", "jfif", "jpe", "jp2", "pbm", "pgm", "pnm", "ppm", "tga", "qoi", "apng"])
def test_endings_that_pillow_reads_are_those_of_images(ending: str):
    assert f".{ending}" in endings()


@pytest.mark.parametrize("ending", ["txt", "eps", "pdf", "h5", "svg", "heic", "mpg", "npz"])
def test_endings_of_other_files_are_not(ending: str):
    assert f".{ending}" not in endings()


def test_images_that_the_memory_has_no_room_for_wait_for_one_another():
    budget = MemoryBudget(COLOURS.shape[0] * COLOURS.shape[1] + 1)
    content, entered, done = file_of(Image.fromarray(COLOURS), "TIFF"), Event(), []

    def read() -> None:
        with open_image(content, budget=budget):
            done.append(1)

    with open_image(content, budget=budget):
        thread = Thread(target=lambda: (entered.set(), read()))
        thread.start()
        assert entered.wait(5)
        thread.join(0.2)
        assert not done
    thread.join(5)
    assert done


def test_a_single_image_larger_than_all_the_room_is_read():
    for form in ("PNG", "TIFF"):
        with open_image(file_of(Image.fromarray(COLOURS), form), budget=MemoryBudget(1)) as stored:
            assert stored.header.size == (6, 10)
