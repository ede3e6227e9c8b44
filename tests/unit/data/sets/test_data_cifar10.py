"""CIFAR-10 by way of keras.datasets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hpo.data import Outline
from hpo.data.sets.cifar import CLASSES, Cifar10
from hpo.errors import DataError

pytestmark = pytest.mark.engine


def tiny(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of the shapes and types that Keras gives."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (n, 32, 32, 3), np.uint8), (np.arange(n) % 10).astype(np.uint8)[:, None]


@pytest.fixture
def downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: (tiny(40, 1), tiny(20, 2)))


@pytest.mark.usefixtures("downloaded")
def test_cifar10_has_the_parts_that_keras_gives():
    images = Cifar10().load(seed=0)
    assert images.classes == CLASSES
    assert images.validation is None
    np.testing.assert_array_equal(images.train.images, tiny(40, 1)[0])
    np.testing.assert_array_equal(images.test.images, tiny(20, 2)[0])
    np.testing.assert_array_equal(images.train.labels, np.arange(40) % 10)
    assert images.train.labels.dtype == np.int32


@pytest.mark.usefixtures("downloaded")
def test_cifar10_is_stretched_to_image_size_under_the_same_fingerprint():
    images = Cifar10(image_size=8).load(seed=0)
    assert images.train.images.shape == (40, 8, 8, 3)
    assert images.fingerprint == Cifar10().load(seed=0).fingerprint


@pytest.mark.usefixtures("downloaded")
def test_the_parts_of_cifar10_do_not_depend_on_the_seed():
    assert Cifar10().load(seed=0).fingerprint == Cifar10().load(seed=1).fingerprint


def test_a_failed_download_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    import keras

    def refuse() -> None:
        raise Exception("URL fetch failure on https://example.org: None -- no route to host")

    monkeypatch.setattr(keras.datasets.cifar10, "load_data", refuse)
    with pytest.raises(DataError, match=r"data\.dataset: cifar10 .* no route to host.*dataset: folder"):
        Cifar10().load(seed=0)


@pytest.mark.long  # tests/faults has a run without a network
def test_without_a_network_cifar10_is_a_data_error(tmp_path: Path):
    """Keras' own download, through a proxy that nobody listens at."""
    code = (
        "from hpo.data.sets.cifar import Cifar10\n"
        "from hpo.errors import DataError\n"
        "try:\n    Cifar10().load(seed=0)\n"
        "except DataError as error:\n    print('DataError', error)\n"
    )
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = {**os.environ, **proxies, "no_proxy": "", "NO_PROXY": "", "KERAS_HOME": str(tmp_path)}
    shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "DataError data.dataset: cifar10 is downloaded once" in shown.stdout, shown.stderr
    assert f"put cifar-10-python.tar.gz there as {tmp_path}/datasets/cifar-10-batches-py-target_archive" in shown.stdout


# The outline


def test_its_outline_is_known_without_a_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    outline = Cifar10(image_size=48, validation=0.2).outline(seed=0)
    assert outline == Outline((48, 48, 3), CLASSES, 40_000, 10_000, is_here=False)


def test_it_is_here_once_keras_has_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    archive = tmp_path / "datasets/cifar-10-batches-py-target_archive"
    archive.parent.mkdir()
    for size, is_here in ((1_000_000, False), (170_498_071, True)):
        with archive.open("wb") as file:
            file.truncate(size)
        assert Cifar10().outline(seed=0).is_here is is_here


@pytest.mark.long
def test_keras_looks_for_the_archive_where_the_outline_does(tmp_path: Path):
    """Keras finds the file there, and that it is not the published one."""
    code = (
        "import keras.src.utils.file_utils as files\n"
        "files.validate_file = lambda path, *rest, **options: print(path)\n"
        "files.urlretrieve = lambda *arguments: 1 / 0\n"
        "from hpo.data.sets.cifar import Cifar10\n"
        "try:\n    Cifar10().load(seed=0)\n"
        "except Exception:\n    pass\n"
    )
    archive = tmp_path / "datasets/cifar-10-batches-py-target_archive"
    archive.parent.mkdir()
    archive.write_bytes(b"no archive")
    environment = {**os.environ, "KERAS_HOME": str(tmp_path)}
    shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert str(archive) in shown.stdout, shown.stderr


def test_its_outline_refuses_a_validation_part_that_it_does_not_have():
    with pytest.raises(DataError, match=r"data\.validation: .*without it"):
        Cifar10(validation="validation").outline(seed=0)
