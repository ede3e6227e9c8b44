"""Batches in parts: which images each has, and how much they count."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

pytestmark = pytest.mark.engine


def cut(images: int, parts: int, *, is_weighted: bool = True, weights: bool = False) -> list[tuple[np.ndarray, ...]]:
    from hpo.training.feeding.parts import cut_part

    batch = (np.arange(images), np.arange(images) * 10, *([np.full(images, 2.0, np.float32)] if weights else []))
    return [cut_part(batch, parts, part, is_weighted=is_weighted) for part in range(parts)]


@pytest.mark.parametrize(
    ("images", "parts"), [(16, 2), (17, 2), (17, 4), (7, 4), (4, 4), (3, 4), (1, 2), (1, 8), (5, 8)]
)
def test_the_mean_over_the_parts_is_the_mean_over_the_batch(images: int, parts: int):
    losses = np.random.default_rng(0).random(images)
    means = [float(np.sum(weights * losses[chosen]) / len(chosen)) for chosen, _, weights in cut(images, parts)]
    assert np.mean(means) == pytest.approx(losses.mean())


@pytest.mark.parametrize("images", [16, 17, 31])
def test_each_image_is_in_one_part_in_its_order_and_parts_differ_by_at_most_one(images: int):
    parts = cut(images, 4, is_weighted=False)
    assert np.concatenate([chosen for chosen, _ in parts]).tolist() == list(range(images))
    assert all((targets == chosen * 10).all() for chosen, targets in parts)
    assert max(len(chosen) for chosen, _ in parts) - min(len(chosen) for chosen, _ in parts) <= 1
    assert all(len(one[0]) >= len(other[0]) for one, other in pairwise(parts))


def test_weights_of_classes_stay_in_proportion():
    for (_, _, plain), (_, _, weighted) in zip(cut(5, 2), cut(5, 2, weights=True), strict=True):
        assert weighted.tolist() == (2 * plain).tolist()


@pytest.mark.parametrize(
    ("images", "batch_size", "parts", "is_uneven"),
    [(64, 16, 4, False), (68, 16, 4, False), (66, 16, 4, True), (64, 17, 2, True), (8, 32, 4, False), (7, 32, 4, True)],
)
def test_weights_are_fed_only_where_parts_differ(images: int, batch_size: int, parts: int, is_uneven: bool):
    from hpo.training.feeding.parts import has_uneven_parts

    assert has_uneven_parts(images, batch_size, parts) is is_uneven


def test_parts_follow_each_other_batch_after_batch_and_each_pass_has_its_own_order(config_of, data):
    from hpo.training.feeding.feeding import training_batches

    config = config_of("batch_size: 24")
    whole, parts = (training_batches(data, config, 1, accumulation_steps=steps) for steps in (1, 3))
    assert len(parts) == 3 * len(whole)
    for _ in range(2):
        images = [np.concatenate([batches[index][0] for index in range(len(batches))]) for batches in (whole, parts)]
        assert np.array_equal(*images)
        whole.on_epoch_end()
        parts.on_epoch_end()
