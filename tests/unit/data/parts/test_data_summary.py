"""What is told of a data set once it is read: images, classes, parts, and images that are in two of them."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.data import DataStore
from hpo.data.sets.digits import Digits
from hpo.data.sets.folder import Folder
from hpo.data.sets.npz import Npz


@pytest.fixture
def leaky(tmp_path, write, two_classes):
    """Twenty training images, and a test part of four of which one cat and two dogs are among them."""
    root = two_classes
    for name in ("cat", "dog"):
        (root / "train").mkdir(exist_ok=True)
        (root / name).rename(root / "train" / name)
    write("test/cat/a.png", (3, 0, 0))
    write("test/cat/b.png", (0, 0, 200))
    write("test/dog/c.png", (0, 4, 0))
    write("test/dog/d.png", (0, 9, 0))
    return root


def test_images_classes_and_parts_are_told():
    summary = DataStore(seed=0).prepare(Digits(validation=0.25)).summary
    assert str(summary) == "digits: 1,797 images of 10 classes: 1,077 train, 360 validation, 360 test"
    assert summary.to_json()["images"] == {"train": 1077, "validation": 360, "test": 360}


def test_test_images_that_are_trained_on_are_counted_and_named(leaky):
    summary = DataStore(seed=0).prepare(Folder(path=leaky, validation=0.2)).summary
    notes = [note for note in summary.notes if "test images" in note]
    counts = [int(note.split()[0]) for note in notes]
    assert sum(counts) == 3  # each copy is in the training part or in the validation part, by the split
    assert all("of 4 test images" in note for note in notes)
    assert "test/dog/d.png" in " ".join(notes)


@pytest.mark.parametrize("image_size", [None, 12])
def test_copies_across_a_split_are_found_in_arrays_of_any_size(tmp_path, image_size):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), np.uint8)
    copies = {"x_train": pixels, "y_train": np.arange(40) % 2, "x_test": pixels[:7], "y_test": np.arange(7) % 2}
    np.savez(tmp_path / "copies.npz", **copies)
    dataset = Npz(path=tmp_path / "copies.npz", validation=0.5, image_size=image_size, cache="memory")
    notes = DataStore(seed=0).prepare(dataset).summary.notes
    assert sum(int(note.split()[0]) for note in notes) == 7
    assert "(test 0, test " in " ".join(notes)


def test_a_data_set_without_copies_tells_of_none(two_classes):
    (two_classes / "dog/0.png").unlink()  # as black as the cat of that number
    assert DataStore(seed=0).prepare(Folder(path=two_classes)).summary.notes == ()


def test_every_image_keeps_its_name_whatever_is_split_and_resized(two_classes):
    for size in (None, 8):
        prepared = DataStore(seed=0).prepare(Folder(path=two_classes, image_size=size, validation=0.25))
        for part in prepared.parts().values():
            for name, label, image in zip(part.identities.names, part.labels, part.images, strict=True):
                animal, number = name.removesuffix(".png").split("/")
                assert animal == prepared.trial.classes[label]
                assert image[0, 0, label] == int(number)


def test_rows_of_arrays_are_named_by_their_place_in_the_array():
    prepared = DataStore(seed=0).prepare(Digits())
    names = [name for part in prepared.parts().values() for name in part.identities.names]
    assert sorted(names) == sorted(f"train {row}" for row in range(1797))
