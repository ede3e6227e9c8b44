"""`npz`: arrays in a file of NumPy's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpo.data.sets.npz import Npz
from hpo.errors import DataError


def images(n: int, seed: int = 0, channels: tuple[int, ...] = (3,)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 6, 5, *channels), np.uint8)


def labels(n: int) -> np.ndarray:
    return np.arange(n) % 2


@pytest.fixture
def save(tmp_path: Path):
    def write(**arrays: np.ndarray) -> Npz:
        np.savez_compressed(tmp_path / "data.npz", **arrays)
        return Npz(path=tmp_path / "data.npz")

    return write


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("images-train", "targets-train", "images-test", "targets-test"),
        ("training/data", "training/labels", "testing/data", "testing/labels"),
    ],
    ids=lambda names: names[0],
)
def test_parts_are_known_by_the_names_of_their_arrays(names: tuple[str, ...], save):
    result = save(**dict(zip(names, (images(8), labels(8), images(4, 1), labels(4)), strict=True))).load(seed=0)
    assert result.classes == ("0", "1")
    assert result.validation is None
    np.testing.assert_array_equal(result.train.images, images(8))
    np.testing.assert_array_equal(result.test.images, images(4, 1))
    np.testing.assert_array_equal(result.test.labels, labels(4))


def test_validation_and_test_are_taken_and_other_arrays_passed_over(save):
    parts = {}
    for seed, (part, n) in enumerate({"train": 8, "val": 2, "test": 4}.items()):
        parts |= {
            f"{part}_images": images(n, seed, ()),
            f"{part}_labels": labels(n)[:, None],
            f"{part}_ages": labels(n),
        }
    result = save(**parts).load(seed=0)
    assert {name: part.images.shape for name, part in result.parts().items()} == {
        "train": (8, 6, 5, 1),
        "validation": (2, 6, 5, 1),
        "test": (4, 6, 5, 1),
    }


def test_of_images_without_parts_a_stratified_share_is_the_test(save):
    result = save(images=images(20), labels=labels(20)).load(seed=0)
    assert np.bincount(result.test.labels).tolist() == [2, 2]
    assert len(result.train) == 16


def test_classes_are_named_by_the_option_or_by_the_file(save):
    dataset = save(x=images(10), y=labels(10), class_names=np.array(["cat", "dog"]))
    assert dataset.load(0).classes == ("cat", "dog")
    assert dataset.model_copy(update={"classes": ["tom", "rex"]}).load(0).classes == ("tom", "rex")


def test_python_objects_are_refused_and_never_opened(save):
    with pytest.raises(DataError, match=r"data\.npz: it is an \.npz file of plain arrays\. .*Python objects"):
        save(x=np.array([{"a": 1}] * 4), y=labels(4)).load(0)


def test_names_that_say_nothing_are_listed_with_the_remedy(save):
    with pytest.raises(DataError, match=r"x_train and y_train, .* Received arr_0, arr_1\. Rename them"):
        save(arr_0=images(4), arr_1=labels(4)).load(0)
    with pytest.raises(DataError, match=r"Received x_train, y_train, x_test\. Rename"):
        save(x_train=images(4), y_train=labels(4), x_test=images(4)).load(0)
    with pytest.raises(
        DataError, match=r"each part has one array of images\. Received train_data, train_images, train_y"
    ):
        save(train_images=images(4), train_data=images(4), train_y=labels(4)).load(0)


def test_what_is_no_such_file_is_refused_by_name(tmp_path: Path):
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "cut.npz", x=images(4), y=labels(4))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "cut.npz").read_bytes()[:-200])
    with (tmp_path / "single.npz").open("wb") as file:
        np.save(file, images(4))
    for name in ("text", "empty", "cut", "single", "missing"):
        with pytest.raises(DataError, match=rf"{name}\.npz: it is an \.npz file"):
            Npz(path=tmp_path / f"{name}.npz").load(0)


def test_what_is_wrong_inside_of_an_array_names_the_file(save):
    with pytest.raises(DataError, match=r"data\.npz: train: labels are one an image"):
        save(x=images(4), y=labels(5)).load(0)
