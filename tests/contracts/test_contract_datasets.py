"""Every data set that ships with hpo keeps the contract of data sets."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hpo.catalog import DATASETS, OWN_CODE
from hpo.data import Dataset, DataStore
from hpo.testing import DatasetContract
from hpo.testing.dataset import SEED


class TestDigits(DatasetContract):
    name = "digits"

    @pytest.fixture
    def dataset(self) -> Dataset:
        from hpo.data.sets.digits import Digits

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
        from hpo.data.sets.folder import Folder

        self.fill(tmp_path / "images", 20)
        return Folder(path=tmp_path / "images", validation=0.25)


class TestFolderOfParts(_FolderContract):
    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Dataset:
        from hpo.data.sets.folder import Folder

        for part, images in (("train", 12), ("validation", 3), ("test", 4)):
            self.fill(tmp_path / part, images)
        return Folder(path=tmp_path, validation=0.25)


@pytest.mark.engine
class TestCifar10(DatasetContract):
    name = "cifar10"

    @pytest.fixture
    def dataset(self, monkeypatch: pytest.MonkeyPatch) -> Dataset:
        import keras

        from hpo.data.sets.cifar import Cifar10

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


@pytest.mark.engine
class TestCifar100(DatasetContract):
    name = "cifar100"

    @pytest.fixture
    def dataset(self, monkeypatch: pytest.MonkeyPatch) -> Dataset:
        import keras

        from hpo.data.sets.cifar import Cifar100

        def load_data(label_mode: str) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
            images = np.random.default_rng(1).integers(0, 256, (250, 32, 32, 3), np.uint8)
            labels = (np.arange(250) % {"fine": 100, "coarse": 20}[label_mode])[:, None]
            return (images[:200], labels[:200]), (images[200:], labels[200:])

        monkeypatch.setattr(keras.datasets.cifar100, "load_data", load_data)
        return Cifar100(labels="coarse")

    @pytest.mark.parametrize("image_size", [None, 10])
    def test_its_outline_says_what_trials_will_see(self, dataset, image_size: int | None):
        """Of as many images as are published: the shape is that of what was loaded."""
        dataset = dataset.model_copy(update={"image_size": image_size})
        assert dataset.outline(SEED).shape == DataStore(SEED).prepare(dataset).trial.shape


class _IdxContract(DatasetContract):
    @pytest.fixture
    def files(self, tmp_path: Path) -> Path:
        for part, n in (("train", 40), ("t10k", 20)):
            images = np.random.default_rng(n).integers(0, 256, (n, 6, 7), np.uint8)
            for content, array in (("images-idx3", images), ("labels-idx1", (np.arange(n) % 10).astype(np.uint8))):
                header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
                (tmp_path / f"{part}-{content}-ubyte").write_bytes(header + array.tobytes())
        return tmp_path


class TestMnist(_IdxContract):
    name = "mnist"

    @pytest.fixture
    def dataset(self, files: Path) -> Dataset:
        from hpo.data.sets.mnist import Mnist

        return Mnist(path=files, validation=0.25)


class TestFashionMnist(_IdxContract):
    name = "fashion_mnist"

    @pytest.fixture
    def dataset(self, files: Path) -> Dataset:
        from hpo.data.sets.mnist import FashionMnist

        return FashionMnist(path=files, validation=0.25)


class TestNpz(DatasetContract):
    name = "npz"
    required = frozenset({"path"})

    @pytest.fixture
    def dataset(self, tmp_path: Path) -> Dataset:
        from hpo.data.sets.npz import Npz

        images = np.random.default_rng(0).integers(0, 256, (40, 6, 7), np.uint8)
        np.savez(tmp_path / "data.npz", images=images, labels=np.arange(40) % 3)
        return Npz(path=tmp_path / "data.npz")


@pytest.mark.thorough
class TestHuggingFace(_FolderContract):
    name = "hf:NAME"
    required = frozenset({"dataset"})

    @pytest.fixture
    def dataset(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
        import datasets

        from hpo.data.sets.huggingface import HuggingFace

        monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
        monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
        self.fill(tmp_path / "pets", 20)
        return HuggingFace(dataset=f"hf:{tmp_path / 'pets'}")

    def test_it_is_registered_under_the_name_that_it_defaults_to(self, section):
        assert DATASETS.get(section.dataset) is type(section)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which TensorFlow Datasets has a small data set, `pets_of_contract`."""
    import tensorflow_datasets as tfds

    class PetsOfContract(tfds.core.GeneratorBasedBuilder):
        """Noise in two classes."""

        VERSION = tfds.core.Version("1.0.0")
        pkg_dir_path = tmp_path_factory.mktemp("builder")

        def _info(self):
            features = {"image": tfds.features.Image(shape=(6, 7, 3)), "label": tfds.features.ClassLabel(num_classes=2)}
            return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples(1, 30), "test": self._generate_examples(2, 10)}

        def _generate_examples(self, seed, n):
            random = np.random.default_rng(seed)
            for number in range(n):
                yield number, {"image": random.integers(0, 256, (6, 7, 3), np.uint8), "label": number % 2}

    folder = tmp_path_factory.mktemp("tfds")
    PetsOfContract(data_dir=folder).download_and_prepare()
    return folder


@pytest.mark.engine
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the library's own dependencies
class TestTfds(DatasetContract):
    name = "tfds:NAME"
    required = frozenset({"dataset"})

    @pytest.fixture
    def dataset(self, prepared: Path) -> Dataset:
        from hpo.data.sets.tfds import Tfds

        return Tfds(dataset="tfds:pets_of_contract", path=prepared)

    def test_it_is_registered_under_the_name_that_it_defaults_to(self, section):
        assert DATASETS.get(section.dataset) is type(section)


def test_every_data_set_that_ships_is_held_to_the_contract():
    here = (each for each in _every(DatasetContract) if each.__module__ == __name__)  # not those of own data
    held = {contract.name for contract in here if "name" in vars(contract)}
    assert held == {*DATASETS.built_in, *DATASETS.forms} - {OWN_CODE}  # which takes whatever options there are


def _every(contract: type[DatasetContract]) -> Iterator[type[DatasetContract]]:
    for each in contract.__subclasses__():
        yield each
        yield from _every(each)
