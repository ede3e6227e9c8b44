"""Every data set that ships with hpo keeps the contract of data sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from contract_dataset import DatasetContract

from hpo.catalog import DATASETS
from hpo.data import Dataset


class TestDigits(DatasetContract):
    name = "digits"

    @pytest.fixture
    def dataset(self) -> Dataset:
        from hpo.data.digits import Digits

        return Digits()


class _FolderContract(DatasetContract):
    name = "folder"
    required = frozenset({"path"})

    def fill(self, folder: Path, images: int) -> None:
        from PIL import Image

        random = np.random.default_rng(len(str(folder.name)))
        for name in ("cat", "dog", "emu"):
            (folder / name).mkdir(parents=True)
            for number in range(images):
                Image.fromarray(random.integers(0, 256, (6, 7, 3), np.uint8)).save(folder / name / f"{number}.png")


class TestFolderOfClasses(_FolderContract):
    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Dataset:
        from hpo.data.folder import Folder

        self.fill(tmp_path / "images", 20)
        return Folder(path=tmp_path / "images", validation=0.25)


class TestFolderOfParts(_FolderContract):
    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Dataset:
        from hpo.data.folder import Folder

        for part, images in (("train", 12), ("validation", 3), ("test", 4)):
            self.fill(tmp_path / part, images)
        return Folder(path=tmp_path, validation=0.25)


@pytest.mark.engine
class TestCifar10(DatasetContract):
    name = "cifar10"

    @pytest.fixture
    def dataset(self, monkeypatch: pytest.MonkeyPatch) -> Dataset:
        import keras

        from hpo.data.cifar10 import Cifar10

        def arrays(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
            random = np.random.default_rng(seed)
            return random.integers(0, 256, (n, 32, 32, 3), np.uint8), (np.arange(n) % 10).astype(np.uint8)[:, None]

        monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: (arrays(100, 1), arrays(20, 2)))
        return Cifar10()

    @pytest.mark.parametrize("image_size", [None, 4])
    def test_its_outline_says_what_trials_will_see(self, dataset, image_size: int | None, monkeypatch):
        """With as many images as are published, all of them black."""
        import keras

        def black(n: int) -> tuple[np.ndarray, np.ndarray]:
            return np.zeros((n, 32, 32, 3), np.uint8), (np.arange(n) % 10).astype(np.uint8)[:, None]

        monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: (black(50_000), black(10)))
        super().test_its_outline_says_what_trials_will_see(dataset, image_size)


def test_every_data_set_that_ships_is_held_to_the_contract():
    held = {contract.name for contract in (TestDigits, TestFolderOfClasses, TestFolderOfParts, TestCifar10)}
    assert held == set(DATASETS.built_in)
