"""MNIST and Fashion-MNIST, from idx files and by way of keras.datasets."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hpo.data.sets.mnist import CLOTHES, FashionMnist, Mnist
from hpo.errors import DataError

WriteIdx = Callable[..., Path]


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def part(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (n, 28, 28), np.uint8), (np.arange(n) % 10).astype(np.uint8)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The four files, two of them compressed, in the names that are found in the wild."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (images, labels), (test_images, test_labels) = part(60, 1), part(20, 2)
    (folder / "train-images-idx3-ubyte").write_bytes(idx(images))
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    (folder / "t10k-images.idx3-ubyte").write_bytes(idx(test_images))
    (folder / "t10k-labels.idx1-ubyte.gz").write_bytes(gzip.compress(idx(test_labels)))
    return folder


@pytest.mark.parametrize(("dataset", "classes"), [(Mnist, tuple("0123456789")), (FashionMnist, CLOTHES)])
def test_idx_files_give_grey_images_and_the_published_classes(dataset: type, classes: tuple[str, ...], files: Path):
    images = dataset(path=files).load(seed=0)
    assert images.classes == classes
    np.testing.assert_array_equal(images.train.images[..., 0], part(60, 1)[0])
    np.testing.assert_array_equal(images.test.images[..., 0], part(20, 2)[0])
    np.testing.assert_array_equal(images.test.labels, np.arange(20) % 10)


def test_the_outline_of_idx_files_is_what_they_hold(files: Path):
    outline = Mnist(path=files, validation=0.25).outline(seed=0)
    assert (outline.shape, outline.train_images, outline.validation_images) == ((28, 28, 1), 45, 15)
    assert outline.is_here


def test_the_outline_of_the_download_is_known_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for dataset in (Mnist(), FashionMnist()):
        outline = dataset.outline(seed=0)
        assert (outline.shape, outline.classes) == ((28, 28, 1), 10)
        assert (outline.train_images, outline.validation_images, outline.is_here) == (54_000, 6_000, False)


def test_a_missing_file_is_named(files: Path):
    (files / "t10k-images.idx3-ubyte").unlink()
    with pytest.raises(DataError, match=r"raw: it holds t10k-images-idx3-ubyte or t10k-images-idx3-ubyte\.gz"):
        Mnist(path=files).load(0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "begins with 00000803. Received an empty file"),
        (b"\x00\x00\x08\x01" + bytes(12), "begins with 00000803. Received 00000801"),
        (idx(part(60, 1)[0])[:-1], "how many numbers follow: 47,040. Received 47,039. Download it again"),
        (idx(part(60, 1)[0]) + b"x", "how many numbers follow: 47,040. Received 47,041"),
    ],
    ids=["empty", "labels in its place", "cut short", "too long"],
)
def test_a_damaged_file_is_named_and_told(content: bytes, message: str, files: Path):
    (files / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte: .*" + message):
        Mnist(path=files).load(0)


def test_a_damaged_archive_is_named_and_told(files: Path):
    file = files / "train-labels-idx1-ubyte.gz"
    for content in (b"no gzip", file.read_bytes()[:-9]):
        file.write_bytes(content)
        with pytest.raises(DataError, match=r"train-labels-idx1-ubyte\.gz: it is an idx file. Received: .* Download"):
            Mnist(path=files).load(0)


def test_labels_that_are_no_digits_are_told(files: Path):
    (files / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.arange(60))))
    with pytest.raises(DataError, match=r"raw: train: labels are from 0 to 9, .*\. Received 10"):
        Mnist(path=files).load(0)


def test_files_that_do_not_belong_together_are_told_with_their_folder(files: Path):
    (files / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(part(60, 1)[1][:50])))
    with pytest.raises(DataError, match=r"raw: train: labels are one an image.* Received shape \[50\] for 60 images"):
        Mnist(path=files).load(0)
    (files / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(part(60, 1)[1])))
    (files / "train-images-idx3-ubyte").write_bytes(idx(part(60, 1)[0][:, :20]))
    with pytest.raises(DataError, match=r"raw: the images of all parts have one height.* train \[20, 28, 1\]"):
        Mnist(path=files).load(0)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("dataset", "remedy"), [(Mnist(), r"mnist\.npz there as"), (FashionMnist(), r"four files .*fashion-mnist")]
)
def test_keras_gives_the_same_shapes_and_a_failed_download_says_what_to_do(dataset, remedy: str, monkeypatch):
    import keras

    module = getattr(keras.datasets, dataset.dataset)
    monkeypatch.setattr(module, "load_data", lambda: (part(40, 1), part(20, 2)))
    images = dataset.load(seed=0)
    assert images.train.images.shape == (40, 28, 28, 1)
    assert images.train.labels.dtype == np.int32

    def refuse() -> None:
        raise Exception("URL fetch failure")

    monkeypatch.setattr(module, "load_data", refuse)
    with pytest.raises(DataError, match=rf"{dataset.dataset} is downloaded once by Keras.*URL fetch failure.*{remedy}"):
        dataset.load(seed=0)
