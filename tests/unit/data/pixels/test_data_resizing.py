"""Images of any shape at the side that a file asks for."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from hpo.data.pixels.resizing import Resizing
from hpo.data.sets.digits import Digits

WIDE = np.zeros((1, 4, 8, 3), np.uint8)
WIDE[:, :, :2], WIDE[:, :, 2:6], WIDE[:, :, 6:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
"""Red, green in the middle half, blue."""


@pytest.mark.parametrize("channels", [1, 3])
def test_stretching_keeps_uint8_channels_and_flat_colours(channels: int):
    flat = np.broadcast_to(np.arange(10, 10 + channels, dtype=np.uint8), (3, 5, 7, channels))
    stretched = Resizing(8).apply_batch(flat)
    assert stretched.shape == (3, 8, 8, channels)
    assert stretched.dtype == np.uint8
    np.testing.assert_array_equal(stretched, np.broadcast_to(flat[:, :1, :1], stretched.shape))


def test_shrinking_averages_pixels_instead_of_dropping_them():
    checkerboard = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[None, :, :, None]
    inner = Resizing(8).apply_batch(checkerboard)[:, 1:-1, 1:-1]
    assert np.abs(inner.astype(int) - 127).max() <= 2


@pytest.mark.parametrize("resize", ["stretch", "pad", "crop"])
def test_images_of_the_right_size_are_not_copied(resize: str):
    pixels = np.zeros((2, 6, 6, 3), np.uint8)
    assert Resizing(6, resize).apply_batch(pixels) is pixels


def test_padding_keeps_the_ratio_and_fills_with_black():
    padded = Resizing(4, "pad").apply_batch(WIDE)[0]
    assert not padded[[0, 3]].any()
    assert padded[1:3, 0].argmax(axis=-1).tolist() == [0, 0]
    assert padded[1:3, 3].argmax(axis=-1).tolist() == [2, 2]


def test_cropping_keeps_the_ratio_and_the_middle():
    np.testing.assert_array_equal(Resizing(4, "crop").apply_batch(WIDE)[0], np.full((4, 4, 3), (0, 255, 0)))


def test_stretching_keeps_all_of_the_image():
    stretched = Resizing(4, "stretch").apply_batch(WIDE)[0]
    assert stretched[0].argmax(axis=-1).tolist() == [0, 1, 1, 2]


def test_tall_images_are_padded_at_their_sides():
    padded = Resizing(4, "pad").apply_batch(WIDE.transpose(0, 2, 1, 3))[0]
    assert not padded[:, [0, 3]].any()
    assert padded[:, 1:3].any(axis=-1).all()


@pytest.mark.parametrize(("width", "height"), [(200, 300), (50, 400), (300, 200), (61, 61)])
def test_the_width_comes_first_whatever_order_pillow_takes(width: int, height: int):
    bilinear = Image.Resampling.BILINEAR
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))
    expected = image.resize((64, height), bilinear).resize((64, 64), bilinear)
    np.testing.assert_array_equal(Resizing(64).apply(image), np.asarray(expected))


@pytest.mark.parametrize("size", [(31, 90), (90, 31), (5, 8), (64, 65), (7, 7)], ids=str)
def test_cropping_and_padding_are_those_of_pillow(size: tuple[int, int]):
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8))
    for resize, pillow in (("crop", ImageOps.fit), ("pad", ImageOps.pad)):
        expected = np.asarray(pillow(image, (16, 16), Image.Resampling.BILINEAR)).astype(int)
        assert np.abs(Resizing(16, resize).apply(image) - expected).max() <= 1, "the order of the passes makes 1 of 255"


def test_an_image_that_is_nearly_a_line_is_padded_to_a_line():
    padded = Resizing(8, "pad").apply(Image.new("L", (1, 300), 255))
    assert (padded > 0).any(axis=0).sum() == 1


def test_grey_weighs_the_colours_as_the_eye_does():
    grey = Resizing(None, channels="grey").apply_batch(WIDE)
    assert grey.shape == (1, 4, 8, 1)
    assert grey[0, 0, [0, 3, 7], 0].tolist() == [76, 150, 29]


def test_the_same_images_at_another_size_are_the_same_data_set():
    plain, stretched = Digits().load(seed=0), Digits(image_size=9, resize="crop").load(seed=0)
    assert {name: part.shape for name, part in stretched.parts().items()} == dict.fromkeys(plain.parts(), (9, 9, 1))
    assert (stretched.classes, stretched.fingerprint) == (plain.classes, plain.fingerprint)
    np.testing.assert_array_equal(stretched.test.labels, plain.test.labels)
