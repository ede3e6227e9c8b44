"""Mixup and CutMix: images, targets and weights are shared alike, and a seed decides it all."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.data import Augmentation
from hpo.data.layers.mixing import MixedBatch, mix


def batch_of(n: int = 6, size: int = 8) -> MixedBatch:
    """Images of one value each, their targets one-hot, their weights their numbers."""
    images = np.repeat(np.arange(n, dtype=np.uint8) * 40, size * size).reshape(n, size, size, 1)
    return MixedBatch(images, np.eye(n, dtype=np.float32), np.arange(1, n + 1, dtype=np.float32))


def augmentation(**how: float) -> Augmentation:
    return Augmentation.model_validate({name: {"alpha": alpha} for name, alpha in how.items()})


@pytest.mark.parametrize("how", [{"mixup": 1.0}, {"cutmix": 1.0}, {"mixup": 0.3, "cutmix": 2.0}], ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_an_image_is_mixed_in_the_shares_of_its_targets(how, seed: int):
    given = batch_of()
    mixed = mix(given, augmentation(**how), np.random.default_rng(seed))
    assert (mixed.images.dtype, mixed.targets.dtype, mixed.weights.dtype) == (np.uint8, np.float32, np.float32)
    assert mixed.images.shape == given.images.shape
    np.testing.assert_allclose(mixed.targets.sum(axis=1), 1, rtol=1e-6)
    values = given.images[:, 0, 0, 0].astype(np.float64)
    # half a level: pixels are rounded
    np.testing.assert_allclose(mixed.images.mean(axis=(1, 2, 3)), mixed.targets @ values, atol=0.51)
    np.testing.assert_allclose(mixed.weights, mixed.targets @ given.weights, rtol=1e-5)
    np.testing.assert_array_equal(given.images, batch_of().images)


def test_mixup_blends_every_pixel_and_cutmix_pastes_one_box():
    blended = mix(batch_of(), augmentation(mixup=5.0), np.random.default_rng(1)).images
    assert all(len(np.unique(image)) == 1 for image in blended)
    pasted = mix(batch_of(), augmentation(cutmix=5.0), np.random.default_rng(1)).images
    own = batch_of().images
    changed = (pasted != own).any(axis=(0, 3))
    rows, columns = changed.any(axis=1).nonzero()[0], changed.any(axis=0).nonzero()[0]
    assert changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
    assert set(np.unique(pasted)) <= set(np.unique(own))


def test_with_both_some_batches_have_the_one_and_some_the_other():
    random = np.random.default_rng(0)
    kinds = set()
    for _ in range(20):
        mixed = mix(batch_of(), augmentation(mixup=5.0, cutmix=5.0), random).images
        kinds.add(all(len(np.unique(image)) == 1 for image in mixed))
    assert kinds == {True, False}


def test_a_seed_decides_the_mix_and_without_either_nothing_is_mixed():
    how = augmentation(mixup=1.0, cutmix=1.0)
    one, same, other = (mix(batch_of(), how, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.images, same.images)
    assert not np.array_equal(one.targets, other.targets)
    given = batch_of()
    assert mix(given, Augmentation(), np.random.default_rng(1)) is given


def test_one_image_alone_is_mixed_with_itself():
    given = batch_of(1)
    mixed = mix(given, augmentation(cutmix=1.0), np.random.default_rng(3))
    np.testing.assert_array_equal(mixed.images, given.images)
    np.testing.assert_array_equal(mixed.targets, given.targets)
