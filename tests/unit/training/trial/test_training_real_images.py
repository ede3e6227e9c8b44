"""Real images, where a copy of them lies beside the checkout."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from hpo.data import DataStore
from hpo.data.sets.folder import Folder

ARCHIVE = Path(__file__).parents[4].parent / "shared/data/cifar10-png-12k.tar.xz"

pytestmark = [
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.skipif(not ARCHIVE.is_file(), reason="12,000 images of CIFAR-10 do not lie beside the checkout"),
]


def test_a_small_network_learns_from_a_folder_of_real_photographs(tmp_path, config_of, accuracy, watcher):
    from hpo.training.trial.trial import run_trial

    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    dataset = Folder(path=tmp_path / "c10", validation=0.2)
    store = DataStore(seed=0)
    images = dataset.load(0)
    assert len(images.classes) == 10
    assert images.train.images.shape == (10_000, 32, 32, 3)
    assert np.bincount(images.test.labels).tolist() == [200] * 10
    np.testing.assert_allclose(images.train.images.mean(axis=(0, 1, 2)), [125.3, 123.0, 113.9], atol=2)

    training = "epochs: 3, batch_size: 64, learning_rate: 1e-3"
    config = config_of(training, "depth: 3, filters: 16, dense_units: 64", "normalization: standardize")
    outcome = run_trial(config, store.prepare(dataset).trial, (accuracy,), 0, watcher())
    assert outcome.learned.best_value > 0.45
