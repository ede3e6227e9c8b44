"""Rare classes: one rule for every source of images, with names and counts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image

from hpo.checking.reading import read_images
from hpo.data import Dataset, DataStore
from hpo.data.sets.custom import CustomDataset
from hpo.data.sets.folder import Folder
from hpo.data.sets.npz import Npz
from hpo.errors import DataError

Labels = Mapping[str, list[str]]
"""The class of every image, by part."""


def pixels_of(index: int) -> np.ndarray:
    """An image that no other one is like."""
    return np.full((6, 6, 3), (index % 256, index // 256, 7), np.uint8)


def arrays_of(labels: Labels) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    total, arrays = 0, {}
    for part, names in labels.items():
        arrays[part] = (np.stack([pixels_of(total + index) for index in range(len(names))]), np.array(names))
        total += len(names)
    return arrays


def as_folder(root: Path, labels: Labels, **options: object) -> Dataset:
    total = 0
    for part, names in labels.items():
        for name in names:
            folder = root / "images" / (part if len(labels) > 1 else "") / name
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels_of(total)).save(folder / f"{total:04}.png")
            total += 1
    return Folder(path=root / "images", **options)


def as_table(root: Path, labels: Labels, **options: object) -> Dataset:
    lines, total = [], 0
    for part, names in labels.items():
        for name in names:
            Image.fromarray(pixels_of(total)).save(root / f"{total:04}.png")
            lines.append(f"{total:04}.png,{name}" + (f",{part}" if len(labels) > 1 else ""))
            total += 1
    (root / "labels.csv").write_text("\n".join(lines))
    return Folder(path=root / "labels.csv", **options)


def as_npz(root: Path, labels: Labels, **options: object) -> Dataset:
    arrays = {f"{kind}_{part}": pair[kind == "y"] for part, pair in arrays_of(labels).items() for kind in "xy"}
    np.savez(root / "images.npz", **arrays)
    return Npz(path=root / "images.npz", **options)


def as_function(root: Path, labels: Labels, **options: object) -> Dataset:
    sys.path.insert(0, str(root))
    name = f"rare_{uuid4().hex}"  # folders of tests have the same name again, and modules stay imported
    np.savez(
        root / "source.npz",
        **{f"{p}_{k}": a for p, pair in arrays_of(labels).items() for k, a in zip("xy", pair, strict=True)},
    )
    (root / f"{name}.py").write_text(
        "import numpy as np\n"
        "def load(config):\n"
        f"    found = np.load({str(root / 'source.npz')!r})\n"
        f"    return {{part: (found[part + '_x'], found[part + '_y']) for part in {list(labels)!r}}}\n"
    )
    return CustomDataset(dataset=f"{name}:load", **options)


@pytest.fixture(params=[as_folder, as_table, as_npz, as_function], ids=["folder", "table", "npz", "function"])
def made(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Dataset]:
    """Makes a data set of labels, from each kind of source."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    return lambda labels, **options: request.param(tmp_path, labels, **options)


PLENTY = ["cat"] * 20 + ["dog"] * 20


def refusal(dataset: Dataset) -> str:
    """What a worker is told, which is what an outline tells."""
    with pytest.raises(DataError) as refusal:
        DataStore(0).prepare(dataset)
    with pytest.raises(DataError) as outlined:
        dataset.outline(0)
    assert str(refusal.value) == str(outlined.value)
    return str(refusal.value)


def notes(dataset: Dataset) -> list[str]:
    """What a worker and a check tell of classes."""
    notes = [note for note in DataStore(0).prepare(dataset).summary.notes if "image of" in note]
    _, checked = read_images([(dataset, dataset.outline(0))], 0, lambda doing: None)
    assert [note for note in checked if "image of" in note] == notes
    return notes


@pytest.mark.parametrize("part", ["test", "validation"])
def test_a_class_that_is_measured_and_never_trained_is_refused_with_its_count(made, part):
    dataset = made({"train": PLENTY, part: ["cat", "dog", "emu", "emu"]})
    assert f"a class has images to train on. Received none of emu (2 in the {part} part). Add some" in refusal(dataset)


def test_a_class_that_only_the_training_part_has_is_told(made):
    dataset = made({"train": [*PLENTY, "emu", "emu", "emu"], "test": ["cat", "dog"]}, validation=0.3)
    (note,) = notes(dataset)
    assert note.startswith("the test part has no image of emu (2 to train on): its macro F1, precision and recall")
    assert note.endswith("leave it out (add images)")


def test_a_class_with_one_image_cannot_be_split_and_is_named(made):
    dataset = made({"train": [*PLENTY, "emu"]})
    assert "data.test: a stratified split needs images of every class in both parts, so 2 or more of each. " in refusal(
        dataset
    )
    assert "Received emu (1). Add images of it, merge classes, leave it out, or give the data set a test" in refusal(
        dataset
    )


def test_a_class_of_which_the_test_left_one_image_says_where_the_others_are(made):
    dataset = made({"train": [*PLENTY, "emu", "emu"]}, test=0.5)
    assert "data.validation: " in refusal(dataset)
    assert "Received emu (1, and 1 for the test)." in refusal(dataset)


def test_a_class_without_an_image_in_the_validation_part_is_told(made):
    dataset = made({"train": [*PLENTY, "emu", "emu"], "test": ["cat", "dog", "emu"]}, validation=0.1)
    (note,) = notes(dataset)
    assert note.startswith(
        "the validation part has no image of emu (2 to train on): its macro F1, precision and recall"
    )
    assert note.endswith("leave it out (add images, or set data.validation to a larger share)")


def test_nothing_is_told_where_every_part_has_every_class(made):
    assert notes(made({"train": PLENTY})) == []


def test_a_class_that_is_named_and_has_no_image_at_all_is_told(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.stack([pixels_of(i) for i in range(40)]), labels=np.arange(40) % 2)
    (note,) = notes(Npz(path=tmp_path / "a.npz", classes=["cat", "dog", "emu"]))
    assert note == "no part has an image of emu: networks have an output for it that nothing trains"


def test_a_validation_part_of_one_class_is_taken_and_the_other_class_told(made):
    (note,) = notes(
        made({"train": PLENTY, "validation": ["cat", "cat"], "test": ["cat", "dog"]}, validation="validation")
    )
    assert note.startswith("the validation part has no image of dog (20 to train on)")


def test_a_refused_class_is_told_with_the_place_of_the_data(made):
    dataset = made({"train": PLENTY, "test": ["cat", "dog", "emu"]})
    place = str(dataset.path) if isinstance(dataset, Folder | Npz) else dataset.dataset
    assert refusal(dataset).startswith(f"{place}: a class has images to train on")
