"""Arrays in all the shapes in which people have them become bytes and indices, or are refused with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.data.sets.arrays import images_from_arrays
from hpo.errors import DataError

GREY = np.arange(12 * 4 * 5).reshape(12, 4, 5) % 256
LABELS = np.arange(12) % 3


def read(images=GREY, labels=LABELS, classes=None, **others):
    return images_from_arrays("arrays", {"train": (images, labels), **others}, classes, 0.25, 0)


@pytest.mark.parametrize(
    "images",
    [
        GREY.astype(np.uint8),
        GREY[..., None],
        GREY.astype(np.int64),
        GREY.astype(np.float32),
        GREY / 255,
        (GREY / 255).astype(np.float16).astype(np.float32).round(6),
        GREY.tolist(),
    ],
    ids=["bytes", "with a channel", "int64", "whole floats", "fractions", "half precision", "lists"],
)
def test_pixels_of_any_dtype_become_the_same_bytes(images):
    result = read(images, test=(images, LABELS))
    assert result.train.images.dtype == np.uint8
    assert result.train.images.shape == (12, 4, 5, 1)
    np.testing.assert_allclose(result.train.images[..., 0].astype(int), GREY, atol=1)


def test_booleans_are_black_and_white():
    assert set(np.unique(read(GREY > 100).train.images)) == {0, 255}


def test_bytes_are_not_copied():
    images = np.zeros((12, 4, 4, 3), np.uint8)
    assert read(images, test=(images, LABELS)).train.images is images


def test_floats_are_fractions_only_where_no_part_has_larger_ones():
    dark = np.ones((12, 4, 5), np.float32)
    assert read(dark, test=(GREY.astype(np.float32), LABELS)).train.images.max() == 1
    assert read(dark, test=(dark, LABELS)).train.images.max() == 255


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            GREY / 255 - 0.5,
            r"train: pixels are whole numbers from 0 to 255, or fractions.* Received float64 from -0.5 to",
        ),
        (GREY + 0.5, "fractions from 0 to 1. Received float64 from 0.5 to 239.5"),
        (GREY * 300, "Received int64 from 0 to 71700"),
        (np.where(GREY == 3, np.nan, 0.5), "Received float64 from nan to nan"),
        (np.zeros((12, 3, 8, 8)), r"Received shape \[12, 3, 8, 8\]. Move the channels to the end"),
        (np.zeros((12, 8, 8, 4)), r"Received shape \[12, 8, 8, 4\]"),
        (np.zeros((12, 8)), r"Received shape \[12, 8\]"),
        (np.zeros((0, 8, 8)), r"Received shape \[0, 8, 8, 1\]"),
        ([np.zeros((8, 8)), np.zeros((9, 9))], "images of different sizes"),
        (np.array([["a", "b"]]), "Received dtype <U1"),
    ],
)
def test_what_are_no_images_is_told(images, message):
    with pytest.raises(DataError, match=message):
        read(images)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (LABELS, ("0", "1", "2")),
        (LABELS.astype(np.float32), ("0", "1", "2")),
        (LABELS[:, None], ("0", "1", "2")),
        (np.eye(3)[LABELS], ("0", "1", "2")),
        (LABELS * 5 + 2, ("2", "7", "12")),
        (np.array(["ant", "bee", "cat"])[LABELS], ("ant", "bee", "cat")),
        (np.array(["ant", "bee", "cat"], object)[LABELS], ("ant", "bee", "cat")),
        (np.array([b"ant", b"bee", b"cat"])[LABELS], ("ant", "bee", "cat")),
    ],
    ids=["numbers", "floats", "a column", "one-hot", "gaps", "texts", "objects", "byte strings"],
)
def test_labels_of_any_kind_become_indices_of_classes(labels, classes):
    result = read(labels=labels, test=(GREY, labels))
    assert result.classes == classes
    assert result.train.labels.dtype == np.int32
    np.testing.assert_array_equal(result.train.labels, LABELS)


@pytest.mark.parametrize("labels", [LABELS, np.array(["z", "b", "m"])[LABELS]], ids=["numbers", "texts"])
def test_named_classes_keep_their_order(labels):
    result = read(labels=labels, classes=["z", "b", "m"], test=(GREY, labels))
    assert result.classes == ("z", "b", "m")
    np.testing.assert_array_equal(result.train.labels, LABELS)


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        (LABELS + 0.5, None, "train: labels are whole numbers or texts. Received 0.5"),
        (LABELS[:5], None, r"Received shape \[5\] for 12 images"),
        (np.full((12, 3), 0.3), None, "a row with a single 1.* in row 0"),
        (LABELS, ["a", "b"], "train: labels are from 0 to 1, as there are classes. Received 2"),
        (np.array(["a", "b", "c"])[LABELS], ["a", "b"], "labels are one of a, b, as there are classes. Received 'c'"),
        (LABELS, ["a", "a", "b"], "the names of classes differ"),
        (np.zeros(12, int), None, "two classes or more"),
        (LABELS * 1j, None, "Received dtype complex128"),
    ],
)
def test_what_are_no_labels_is_told(labels, classes, message):
    with pytest.raises(DataError, match=message):
        read(labels=labels, classes=classes)


def test_parts_are_alike():
    with pytest.raises(DataError, match=r"Received train \[4, 5, 1\], test \[4, 4, 1\]"):
        read(test=(GREY[:, :, :4], LABELS))
    with pytest.raises(DataError, match="Received train numbers, test texts"):
        read(test=(GREY, LABELS.astype(str)))
    with pytest.raises(DataError, match=r"has the part train, .* Received train, dev"):
        read(dev=(GREY, LABELS))


def test_a_test_part_is_split_off_where_there_is_none():
    result = read()
    assert result.test is not None
    assert (len(result.train), len(result.test), result.validation) == (9, 3, None)
    assert sorted(result.test.labels) == [0, 1, 2]
    np.testing.assert_array_equal(read().test.images, result.test.images)
