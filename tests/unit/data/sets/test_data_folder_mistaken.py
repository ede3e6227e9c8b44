"""Folders that are likely not what was meant are refused, or asked about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hpo.data.sets.folder import Folder
from hpo.errors import DataError

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (("Training", "tests"), "tests"),
        (("train", "dev"), "dev"),
        (("test", "cats", "dogs"), "test without train"),
        (("validation", "cats", "dogs"), "validation without train"),
    ],
)
def test_folders_that_are_nearly_parts_are_refused(tmp_path: Path, names: tuple[str, ...], refused: str):
    for name in names:
        for label in ("a", "b"):
            (tmp_path / name / label).mkdir(parents=True)
    with pytest.raises(DataError, match=f"the parts of a data set are called.*Received ({refused})"):
        Folder(path=tmp_path).load(0)


def test_two_folders_for_one_part_are_refused(images_folder: Path, write: Write):
    for name in ("train/a/1.png", "train/b/1.png", "val/a/1.png", "valid/a/1.png"):
        write(name)
    with pytest.raises(DataError, match=r"a part of a data set is one folder\. Received val and valid for validation"):
        Folder(path=images_folder).load(0)


def test_all_damaged_files_are_named_ten_at_most(two_classes: Path):
    for number in range(12):
        (two_classes / f"cat/broken-{number:02}.jpg").write_text("<html>404</html>")
    with pytest.raises(DataError) as caught:
        Folder(path=two_classes).load(0)
    lines = str(caught.value).splitlines()
    assert "Received 12 that cannot; repair or remove them, or set data.damaged to skip:" in lines[0]
    assert len(lines) == 12
    assert lines[-1] == "and 2 more"


def test_a_data_path_one_level_too_high_is_asked_about(two_classes, tmp_path):
    (tmp_path / "archive").mkdir()
    two_classes.rename(tmp_path / "archive/pets")
    with pytest.raises(
        DataError, match=r"Received pets alone\. Is it one level too high\? Set data.path to .*archive/pets"
    ):
        Folder(path=tmp_path / "archive").listing()


def test_class_folders_that_hold_only_folders_are_asked_about(two_classes, write):
    for name in ("cat", "dog"):
        (two_classes / "second").mkdir(exist_ok=True)
        (two_classes / name).rename(two_classes / "second" / name)
        write(f"first/{name}/1.png", (1, 2, 3))
    (note,) = [note for note in Folder(path=two_classes).load(0).notes if "only folders" in note]
    assert note == (
        "class folders hold only folders (if those are the classes, set data.path one level lower), 2 in all: "
        "first (the folders cat, dog); second (the folders cat, dog)"
    )


def test_a_class_with_images_beside_its_folders_is_not_asked_about(two_classes, write):
    write("cat/young/1.png", (9, 9, 9))
    assert not any("only folders" in note for note in Folder(path=two_classes).load(0).notes)
