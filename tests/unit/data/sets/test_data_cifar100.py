"""CIFAR-100 by way of keras.datasets, with fine and with coarse labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpo.data.sets.cifar import COARSE, FINE, Cifar100
from hpo.errors import DataError


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which labels Keras was asked for."""
    import keras

    modes: list[str] = []

    def load_data(label_mode: str = "fine"):
        modes.append(label_mode)
        classes = {"fine": 100, "coarse": 20}[label_mode]
        pixels = np.random.default_rng(1).integers(0, 256, (200, 32, 32, 3), np.uint8)
        part = (pixels, (np.arange(200) % classes)[:, None])
        return part, part

    monkeypatch.setattr(keras.datasets.cifar100, "load_data", load_data)
    return modes


def test_the_classes_are_those_that_are_published_in_their_order():
    assert (len(FINE), len(COARSE)) == (100, 20)
    assert tuple(sorted(FINE)) == FINE
    assert tuple(sorted(COARSE)) == COARSE


@pytest.mark.engine
@pytest.mark.parametrize(("labels", "classes"), [("fine", FINE), ("coarse", COARSE)])
def test_labels_are_fine_or_coarse_as_the_file_says(labels: str, classes: tuple[str, ...], asked: list[str]):
    images = Cifar100(labels=labels).load(seed=0)
    assert asked == [labels]
    assert images.classes == classes
    assert images.train.labels.max() == len(classes) - 1


@pytest.mark.engine
@pytest.mark.usefixtures("asked")
def test_fine_and_coarse_labels_are_different_data():
    assert Cifar100().load(0).fingerprint != Cifar100(labels="coarse").load(0).fingerprint


def test_its_outline_is_known_without_the_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for labels, classes in (("fine", 100), ("coarse", 20)):
        outline = Cifar100(labels=labels).outline(seed=0)
        assert (outline.shape, outline.classes, outline.is_here) == ((32, 32, 3), classes, False)
        assert (outline.train_images, outline.validation_images) == (45_000, 5_000)


@pytest.mark.engine
def test_a_failed_download_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    import keras

    def refuse(label_mode: str) -> None:
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.datasets.cifar100, "load_data", refuse)
    with pytest.raises(DataError, match=r"cifar100 is downloaded once .* put cifar-100-python\.tar\.gz there as"):
        Cifar100().load(seed=0)
