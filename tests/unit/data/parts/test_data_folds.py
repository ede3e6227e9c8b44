"""Folds of the images that a trial may see."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.data import Part, TrialData
from hpo.errors import DataError

CLASSES = ("a", "b")


def make_part(first, count, labels=None):
    """Images whose pixels are their numbers, from `first` on."""
    pixels = np.arange(first, first + count, dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Part(pixels, (np.arange(count) % 2 if labels is None else np.array(labels)).astype(np.int32))


def numbers(part):
    return part.images.ravel().tolist()


@pytest.fixture
def data():
    """Twenty images to train on, ten for validation, of a source of their own."""
    return TrialData(CLASSES, make_part(0, 20), make_part(100, 10))


def test_every_image_is_held_out_once_with_each_class_in_proportion(data):
    folds = [data.take_fold(5, fold, seed=3) for fold in range(5)]
    held_out = [numbers(fold.validation) for fold in folds]
    assert sorted(number for fold in held_out for number in fold) == [*range(20), *range(100, 110)]
    for fold in folds:
        assert sorted(numbers(fold.train) + numbers(fold.validation)) == [*range(20), *range(100, 110)]
        assert np.bincount(fold.validation.labels).tolist() == [3, 3]
        assert [number % 2 for number in numbers(fold.train)] == fold.train.labels.tolist()


def test_a_seed_gives_the_same_folds_and_another_one_others(data):
    assert numbers(data.take_fold(5, 1, seed=3).validation) == numbers(data.take_fold(5, 1, seed=3).validation)
    assert numbers(data.take_fold(5, 1, seed=3).validation) != numbers(data.take_fold(5, 1, seed=4).validation)


def test_parts_of_one_source_are_joined_without_another_one():
    whole = make_part(0, 10)
    joined = whole.take(np.array([3, 4, 5])).join(whole.take(np.array([9, 0])))
    assert (numbers(joined), joined.labels.tolist()) == ([3, 4, 5, 9, 0], [1, 0, 1, 1, 0])
    assert joined.pixels(np.array([4, 0])).ravel().tolist() == [0, 3]


def test_images_keep_their_names(data):
    named = TrialData(CLASSES, data.train.with_identities("train"), data.validation.with_identities("validation"))
    fold = named.take_fold(3, 0, seed=0)
    first = numbers(fold.validation)[0]
    name = fold.validation.identities.names[0]
    assert name == (f"train {first}" if first < 100 else f"validation {first - 100}")


def test_statistics_of_a_fold_are_kept_apart(data):
    keyed = TrialData(CLASSES, data.train, data.validation, key="statistics")
    assert len({keyed.key, keyed.take_fold(2, 0, 0).key, keyed.take_fold(2, 1, 0).key}) == 3


def test_a_class_with_too_few_images_is_refused():
    data = TrialData(CLASSES, make_part(0, 8, [0] * 6 + [1] * 2), make_part(100, 2, [0, 1]))
    with pytest.raises(DataError, match=r"Received 4 folds, and fewer images of b \(3\)"):
        data.take_fold(4, 0, seed=0)
