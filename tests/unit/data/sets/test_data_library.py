"""Data sets of other libraries, `hf:NAME` and `tfds:NAME`, by the libraries themselves and without a network."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hpo.data.sets.huggingface import HuggingFace
from hpo.data.sets.library import Splits
from hpo.data.sets.tfds import Tfds
from hpo.errors import DataError, MissingExtraError
from hpo.search import check_installed
from hpo.spaces import spec_of

Write = pytest.FixtureRequest


@pytest.fixture(autouse=True)
def without_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the libraries keep goes to a folder of the test."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()


def pixels(seed: int, size: tuple[int, int] = (8, 6), mode: str = "RGB") -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)).convert(mode)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An image folder as the library reads it: twelve cats and dogs to train on, four to test."""
    root = tmp_path / "pets"
    for part, n in (("train", 6), ("test", 2)):
        for label, name in enumerate(("cat", "dog")):
            (root / part / name).mkdir(parents=True)
            for number in range(n):
                pixels(100 * label + 10 * n + number).save(root / part / name / f"{number}.png")
    return root


def test_a_folder_is_read_with_its_splits_and_the_names_of_its_classes(folder: Path):
    images = HuggingFace(dataset=f"hf:{folder}").load(seed=0)
    assert images.classes == ("cat", "dog")
    assert images.validation is None
    assert images.train.images.shape == (12, 8, 6, 3)
    assert images.test.labels.tolist() == [0, 0, 1, 1]
    np.testing.assert_array_equal(images.test.images[2], np.asarray(pixels(120)))


def test_deep_images_have_the_range_of_the_training_part(folder: Path):
    for number, file in enumerate(sorted(folder.rglob("*.png"))):
        values = np.random.default_rng(number).integers(0, 2000 if "train" in file.parts else 3000, (8, 6))
        values[0, :2] = 0, 2000 if "train" in file.parts else 3000
        Image.fromarray(values.astype(np.uint16)).save(file)
    plain = HuggingFace(dataset=f"hf:{folder}").load(seed=0)
    assert any("images are nearly black: the brightest pixel of all is 11 of 255" in note for note in plain.notes)
    ranged = HuggingFace(dataset=f"hf:{folder}", range="auto").load(seed=0)
    assert ranged.reduction == {"range": [0.0, 2000.0]}
    assert ranged.fingerprint != plain.fingerprint
    assert ranged.train.images.max() == 255


def test_images_inside_of_parquet_files_are_read_whatever_the_columns_are_called(folder: Path, tmp_path: Path):
    import datasets

    rows = datasets.load_dataset(str(folder), split="train").rename_columns({"image": "picture", "label": "animal"})
    rows = rows.map(lambda row: {"colour": "red"})
    (tmp_path / "parquet").mkdir()
    rows.to_parquet(tmp_path / "parquet/train.parquet")
    result = HuggingFace(dataset=f"hf:{tmp_path / 'parquet'}", test=0.25).load(seed=0)
    assert result.classes == ("cat", "dog")
    assert (len(result.train), len(result.test)) == (9, 3)
    whole = HuggingFace(dataset=f"hf:{folder}").load(seed=0).train
    everything = np.concatenate([result.train.images, result.test.images])
    assert {image.tobytes() for image in everything} == {image.tobytes() for image in whole.images}


def test_a_column_of_texts_can_be_the_label(tmp_path: Path):
    import datasets

    table = {
        "image": [pixels(number) for number in range(8)],
        "kind": ["b", "a"] * 4,
        "place": ["x", "y"] * 4,
    }
    features = datasets.Features(
        {"image": datasets.Image(), "kind": datasets.Value("string"), "place": datasets.Value("string")}
    )
    (tmp_path / "texts").mkdir()
    datasets.Dataset.from_dict(table, features=features).to_parquet(tmp_path / "texts/train.parquet")
    name = f"hf:{tmp_path / 'texts'}"
    assert HuggingFace(dataset=name, label="kind", test=0.25).load(seed=0).classes == ("a", "b")
    with pytest.raises(
        DataError, match=r"data\.label names the column of labels\. Received 0 .*, of the columns image,"
    ):
        HuggingFace(dataset=name).load(seed=0)
    with pytest.raises(DataError, match=r"Received 'sort', and the columns image, kind, place"):
        HuggingFace(dataset=name, label="sort").load(seed=0)


def test_splits_may_be_slices_and_parts_may_be_left_out(folder: Path):
    splits = Splits(train="train[:4]+train[-4:]", validation="test", test="none")
    images = HuggingFace(dataset=f"hf:{folder}", splits=splits, test=0.25).load(seed=0)
    assert {name: len(part) for name, part in images.parts().items()} == {"train": 6, "validation": 4, "test": 2}


def test_images_of_several_sizes_and_modes_are_brought_to_image_size(folder: Path):
    for number, mode in enumerate(("L", "P", "RGBA", "CMYK")):
        pixels(number, (5 + number, 9), mode).save(
            folder / f"train/cat/more{number}.{'jpg' if mode == 'CMYK' else 'png'}"
        )
    images = HuggingFace(dataset=f"hf:{folder}", image_size=8).load(seed=0)
    assert images.train.images.shape == (16, 8, 8, 3)
    for read in (HuggingFace.load, HuggingFace.outline):
        with pytest.raises(DataError, match=r"Received sizes from 5 x 9 to 8 x 9\. Set data\.image_size"):
            read(HuggingFace(dataset=f"hf:{folder}"), seed=0)


def test_grey_images_have_one_channel(folder: Path):
    for file in folder.rglob("*.png"):
        Image.open(file).convert("L").save(file)
    dataset = HuggingFace(dataset=f"hf:{folder}")
    assert dataset.load(seed=0).train.images.shape == (12, 8, 6, 1)
    assert dataset.outline(seed=0).shape == (8, 6, 1)


def test_a_damaged_image_is_named(folder: Path):
    file = folder / "train/dog/0.png"
    dataset = HuggingFace(dataset=f"hf:{folder}")
    dataset.load(seed=0)  # the library notes where the files are
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"image 6 of train: images can be decoded"):
        dataset.load(seed=0)


def test_what_cannot_be_had_says_why_and_what_to_do():
    with pytest.raises(DataError, match=r"data\.dataset: hf:no/such_thing is read by .*Connect to the internet"):
        HuggingFace(dataset="hf:no/such_thing").load(seed=0)


def test_a_split_that_is_not_there_is_told(folder: Path):
    with pytest.raises(DataError, match=r"hf:.*nothing.*correct dataset, config or splits"):
        HuggingFace(dataset=f"hf:{folder}", splits=Splits(test="nothing")).load(seed=0)


@pytest.mark.parametrize(
    ("dataset", "module", "package"),
    [
        (HuggingFace(dataset="hf:mnist"), "datasets", "datasets"),
        (Tfds(dataset="tfds:mnist"), "tensorflow_datasets", "tensorflow-datasets"),
    ],
)
def test_without_its_package_it_says_how_to_install_it(dataset, module: str, package: str, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=f"{dataset.dataset} needs the package .*pip install {package}"):
        dataset.load(seed=0)
    spec = spec_of({"study": "a", "data": dataset.dataset, "model": "simple_cnn"}, "a", [])
    with pytest.raises(MissingExtraError, match=f"{dataset.dataset} needs the package"):
        check_installed(spec)


def test_a_folder_called_as_its_package_is_not_taken_for_it(monkeypatch, tmp_path):
    (tmp_path / "datasets").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "datasets", raising=False)
    with pytest.raises(MissingExtraError, match="needs the package datasets"):
        HuggingFace(dataset="hf:mnist").require()


# TensorFlow Datasets


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which TensorFlow Datasets has a small data set, `pets`."""
    import tensorflow_datasets as tfds

    class Pets(tfds.core.GeneratorBasedBuilder):
        """Six cats and six dogs to train on, four to test."""

        VERSION = tfds.core.Version("1.0.0")
        pkg_dir_path = tmp_path_factory.mktemp("builder")

        def _info(self):
            features = {
                "image": tfds.features.Image(shape=(None, None, 1), encoding_format="png"),
                "label": tfds.features.ClassLabel(names=["cat", "dog"]),
                "number": np.int64,
            }
            return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples(12), "test": self._generate_examples(4)}

        def _generate_examples(self, n):
            for number in range(n):
                image = np.asarray(pixels(n + number, mode="L"))[..., np.newaxis]
                yield number, {"image": image, "label": number % 2, "number": number}

    folder = tmp_path_factory.mktemp("tfds")
    Pets(data_dir=folder).download_and_prepare()
    return folder


@pytest.mark.engine
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the library's own dependencies
def test_a_prepared_data_set_is_read_with_its_splits_and_the_names_of_its_classes(prepared: Path):
    images = Tfds(dataset="tfds:pets", path=prepared).load(seed=0)
    assert images.classes == ("cat", "dog")
    assert images.train.images.shape == (12, 8, 6, 1)
    assert np.bincount(images.test.labels).tolist() == [2, 2]
    of_test = {np.asarray(pixels(4 + number, mode="L")).tobytes() for number in range(4)}
    assert {image.tobytes() for image in images.test.images} == of_test


@pytest.mark.engine
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_slices_of_splits_are_those_of_the_library(prepared: Path):
    dataset = Tfds(
        dataset="tfds:pets:1.0.0", path=prepared, splits=Splits(train="train[:75%]", validation="train[75%:]")
    )
    assert {name: len(part) for name, part in dataset.load(0).parts().items()} == {
        "train": 9,
        "validation": 3,
        "test": 4,
    }


@pytest.mark.engine
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_name_that_the_library_does_not_know_says_what_to_do(prepared: Path):
    with pytest.raises(DataError, match=r"data\.dataset: tfds:no_such_pets .*correct the name"):
        Tfds(dataset="tfds:no_such_pets", path=prepared).load(seed=0)
    with pytest.raises(DataError, match=r"splits are those that it has.*nothing"):
        Tfds(dataset="tfds:pets", path=prepared, splits=Splits(test="nothing")).load(seed=0)
