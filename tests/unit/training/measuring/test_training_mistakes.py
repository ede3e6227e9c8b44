"""The mistakes that are kept beside a model are its worst, small, and of the part that it predicted."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.data import Part
from hpo.training.measuring.mistakes import MAX_MISTAKES, MAX_SIDE, choose_mistakes


def make_part(count, side=8, channels=1):
    images = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, side, 2 * side, channels))
    return Part(np.ascontiguousarray(images), np.zeros(count, np.int32))


def predict(chances):
    """What a model predicts that gives the right class, 0, these chances."""
    chances = np.array(chances, np.float32)
    return np.stack([chances, 1 - chances], axis=1)


def test_mistakes_are_the_images_whose_class_is_held_least_likely_the_worst_first():
    rows, images = choose_mistakes(make_part(5), predict([0.9, 0.4, 0.1, 0.6, 0.3]))
    assert rows.tolist() == [2, 4, 1]
    assert images[:, 0, 0, 0].tolist() == [2, 4, 1]


def test_a_model_without_a_mistake_leaves_no_image():
    rows, images = choose_mistakes(make_part(3), predict([0.9, 0.8, 0.7]))
    assert len(rows) == len(images) == 0
    assert images.shape[1:] == (8, 16, 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_no_more_than_a_hundred_small_images_are_kept_in_their_proportions(channels):
    rows, images = choose_mistakes(make_part(150, side=100, channels=channels), predict(np.linspace(0, 0.4, 150)))
    assert len(rows) == MAX_MISTAKES
    assert images.shape == (MAX_MISTAKES, MAX_SIDE // 2, MAX_SIDE, channels)
    assert images.dtype == np.uint8
    assert images[7, 0, 0, 0] == rows[7] == 7
