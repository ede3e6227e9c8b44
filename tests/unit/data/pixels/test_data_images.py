"""Parts, their fingerprint, and stretching."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hpo.data import Images, Part
from hpo.data.parts.splitting import split
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
    assert images().with_fingerprint().fingerprint == images().with_fingerprint().fingerprint


@pytest.mark.parametrize("name", ["train", "validation", "test"])
@pytest.mark.parametrize("change", [{"pixel": True}, {"label": True}])
def test_one_pixel_or_one_label_changes_the_fingerprint(name: str, change: dict[str, bool]):
    before = images()
    after = replace(before, **{name: changed(before.parts()[name], **change)})
    assert after.with_fingerprint().fingerprint != before.with_fingerprint().fingerprint


def test_class_names_and_the_names_of_parts_change_the_fingerprint():
    before = images()
    for after in (
        replace(before, classes=("a", "c")),
        Images(("a", "b"), before.train, before.validation, before.test),
    ):
        assert after.with_fingerprint().fingerprint != before.with_fingerprint().fingerprint


def test_the_memory_layout_of_arrays_does_not_change_the_fingerprint():
    before = images()
    fortran = Part(np.asfortranarray(before.train.images), before.train.labels)
    assert replace(before, train=fortran).with_fingerprint().fingerprint == before.with_fingerprint().fingerprint


class Counted:
    """A source that counts the images that were read from it."""

    is_slow = False

    def __init__(self, images: np.ndarray) -> None:
        self._images = images
        self.read_images = 0

    @property
    def shape(self) -> tuple[int, ...]:
        return self._images.shape

    def read(self, rows: np.ndarray) -> np.ndarray:
        self.read_images += len(rows)
        return self._images[rows]


def test_taking_and_splitting_read_no_pixels():
    source = Counted(part(40).images)
    whole = Part(source, part(40).labels)
    rest, share = split(whole, 0.25, seed=1, purpose="the test")
    again = share.take(np.asarray([3, 1]))
    assert (len(rest), len(share), whole.shape, source.read_images) == (30, 10, (5, 4, 3), 0)
    np.testing.assert_array_equal(again.pixels(np.asarray([1])), share.pixels(np.asarray([1])))
    assert source.read_images == 2


def test_the_pixels_of_a_part_are_those_of_its_rows_whichever_way_they_are_read():
    whole = part(9)
    taken = whole.take(np.asarray([8, 0, 4])).take(np.asarray([2, 0]))
    expected = whole.images[[4, 8]]
    np.testing.assert_array_equal(taken.images, expected)
    np.testing.assert_array_equal(np.concatenate(list(taken.chunks())), expected)
    np.testing.assert_array_equal(taken.pixels(np.asarray([1, 0])), expected[::-1])


def test_an_array_that_is_all_of_a_part_is_not_copied():
    pixels = np.zeros((2, 6, 6, 3), np.uint8)
    assert Part(pixels, np.zeros(2, np.int32)).images is pixels


def test_the_fingerprint_of_a_share_is_that_of_the_same_images_alone():
    whole = part(8)
    share = whole.take(np.arange(6))
    alone = Part(whole.images[:6].copy(), whole.labels[:6])
    fingerprints = {Images(("a", "b"), part, None).with_fingerprint().fingerprint for part in (share, alone)}
    assert len(fingerprints) == 1


def test_the_fingerprint_is_the_one_that_studies_have_recorded():
    """Studies go on only with data of the fingerprint that they began with."""
    pixels = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    images = Images(("a", "b"), Part(pixels, np.asarray([0, 1], np.int32)), None)
    assert images.with_fingerprint().fingerprint == "90204f60971f392108948b1508a4db2dfd2f64ab943ef638d7c7322483453c95"
