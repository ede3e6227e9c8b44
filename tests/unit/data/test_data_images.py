"""Parts, their fingerprint, and stretching."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hpo.data import Images, Part
from hpo.data.images import resize
from hpo.errors import DataError


def part(n: int = 6, seed: int = 0, channels: int = 3) -> Part:
    random = np.random.default_rng(seed)
    return Part(random.integers(0, 256, (n, 5, 4, channels), np.uint8), (np.arange(n) % 2).astype(np.int32))


def images() -> Images:
    return Images(("a", "b"), part(seed=1), part(seed=2), part(seed=3))


def changed(of: Part, *, pixel: bool = False, label: bool = False) -> Part:
    pixels, labels = of.images.copy(), of.labels.copy()
    if pixel:
        pixels[-1, -1, -1, -1] ^= 1
    if label:
        labels[-1] = 1 - labels[-1]
    return Part(pixels, labels)


@pytest.mark.parametrize(
    ("pixels", "received"),
    [
        (np.zeros((2, 4, 4, 3), np.float32), "float32"),
        (np.zeros((2, 4, 4), np.uint8), r"\[2, 4, 4\]"),
        (np.zeros((2, 4, 4, 4), np.uint8), r"\[2, 4, 4, 4\]"),
    ],
)
def test_images_are_uint8_with_one_or_three_channels(pixels: np.ndarray, received: str):
    with pytest.raises(DataError, match=f"images are uint8 arrays.*Received .*{received}"):
        Part(pixels, np.zeros(2, np.int32))


@pytest.mark.parametrize("labels", [np.zeros(2, np.int64), np.zeros((2, 1), np.int32), np.zeros(3, np.int32)])
def test_there_is_one_int32_label_an_image(labels: np.ndarray):
    with pytest.raises(DataError, match="labels are an int32 array with one label an image"):
        Part(np.zeros((2, 4, 4, 3), np.uint8), labels)


def test_a_part_has_at_least_one_image():
    with pytest.raises(DataError, match="at least one"):
        Part(np.zeros((0, 4, 4, 3), np.uint8), np.zeros(0, np.int32))


def test_a_data_set_has_two_classes_or_more():
    with pytest.raises(DataError, match=r"two classes or more\. Received \['only'\]"):
        Images(("only",), part(), None)


@pytest.mark.parametrize("label", [-1, 2])
def test_labels_are_indices_of_classes(label: int):
    wrong = Part(np.zeros((1, 4, 4, 3), np.uint8), np.asarray([label], np.int32))
    with pytest.raises(DataError, match="test: labels are from 0 to 1"):
        Images(("a", "b"), part(), wrong)


def test_taking_images_keeps_each_with_its_label():
    whole = part()
    taken = whole.take(np.asarray([5, 0]))
    np.testing.assert_array_equal(taken.images, whole.images[[5, 0]])
    np.testing.assert_array_equal(taken.labels, whole.labels[[5, 0]])


def test_equal_content_has_an_equal_fingerprint():
    assert images().fingerprinted().fingerprint == images().fingerprinted().fingerprint


@pytest.mark.parametrize("name", ["train", "validation", "test"])
@pytest.mark.parametrize("change", [{"pixel": True}, {"label": True}])
def test_one_pixel_or_one_label_changes_the_fingerprint(name: str, change: dict[str, bool]):
    before = images()
    after = replace(before, **{name: changed(before.parts()[name], **change)})
    assert after.fingerprinted().fingerprint != before.fingerprinted().fingerprint


def test_class_names_and_the_names_of_parts_change_the_fingerprint():
    before = images()
    for after in (
        replace(before, classes=("a", "c")),
        Images(("a", "b"), before.train, before.validation, before.test),
    ):
        assert after.fingerprinted().fingerprint != before.fingerprinted().fingerprint


def test_the_memory_layout_of_arrays_does_not_change_the_fingerprint():
    before = images()
    fortran = Part(np.asfortranarray(before.train.images), before.train.labels)
    assert replace(before, train=fortran).fingerprinted().fingerprint == before.fingerprinted().fingerprint


def test_stretched_images_keep_classes_labels_and_fingerprint():
    before = images().fingerprinted()
    after = before.resized(9)
    assert {name: p.images.shape for name, p in after.parts().items()} == dict.fromkeys(before.parts(), (6, 9, 9, 3))
    assert (after.classes, after.fingerprint) == (before.classes, before.fingerprint)
    np.testing.assert_array_equal(after.validation.labels, before.validation.labels)


@pytest.mark.parametrize("channels", [1, 3])
def test_stretching_keeps_uint8_channels_and_flat_colours(channels: int):
    flat = np.broadcast_to(np.arange(10, 10 + channels, dtype=np.uint8), (3, 5, 7, channels))
    stretched = resize(flat, 8)
    assert stretched.shape == (3, 8, 8, channels)
    assert stretched.dtype == np.uint8
    np.testing.assert_array_equal(stretched, np.broadcast_to(flat[:, :1, :1], stretched.shape))


def test_shrinking_averages_pixels_instead_of_dropping_them():
    checkerboard = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[None, :, :, None]
    inner = resize(checkerboard, 8)[:, 1:-1, 1:-1]
    assert np.abs(inner.astype(int) - 127).max() <= 2


def test_images_of_the_right_size_are_not_copied():
    pixels = np.zeros((2, 6, 6, 3), np.uint8)
    assert resize(pixels, 6) is pixels
