"""Trials on files of images: decoded anew in every epoch, and of real photographs."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hpo.data import DataStore
from hpo.data.sets.folder import Folder
from hpo.training import Completed

pytestmark = pytest.mark.engine

ARCHIVE = Path(__file__).parents[4].parent / "shared/data/cifar10-png-12k.tar.xz"


def test_a_trial_is_the_same_whether_images_stream_or_come_from_the_cache(run, config_of, tmp_path: Path):
    random = np.random.default_rng(0)
    for name in ("dark", "bright"):
        (tmp_path / name).mkdir()
        for number in range(40):
            pixels = random.integers(0, 200, (8, 8, 1)).repeat(3, axis=2) + 55 * (name == "bright")
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / name / f"{number}.png")

    def trial(cache: str):
        data = DataStore(0).prepare(Folder(path=tmp_path, cache=cache)).trial
        assert data.train.is_slow == (cache == "stream")
        outcome = run(config_of("epochs: 3"), on=data)
        assert isinstance(outcome, Completed)
        return outcome.learned.history

    assert trial("stream") == trial("disk")


@pytest.mark.long
@pytest.mark.skipif(not ARCHIVE.is_file(), reason="12,000 images of CIFAR-10 do not lie beside the checkout")
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
