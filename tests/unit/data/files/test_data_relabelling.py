"""Class folders merged by a mapping file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hpo.data.files.listing import list_folder
from hpo.data.files.relabelling import relabel
from hpo.data.sets.folder import Folder
from hpo.errors import DataError


@pytest.fixture
def folder(write, images_folder: Path) -> Path:
    for part in ("train", "test"):
        for name in ("oak", "rose", "pine", "7"):
            write(f"{part}/{name}/1.png")
    return images_folder


@pytest.mark.parametrize("text", [json.dumps, lambda content: "".join(f"{a}: {b}\n" for a, b in content.items())])
def test_folders_are_merged_into_the_classes_of_a_json_or_yaml_file(text, folder: Path, tmp_path: Path):
    content = {"oak": "tree", "pine": "tree", "rose": "flower", "7": 12, "fern": "plant"}
    (tmp_path / "coarse").write_text(text(content))
    before = list_folder(folder)
    after = relabel(before, tmp_path / "coarse")
    assert after.classes == ("12", "flower", "tree")
    assert after.files == before.files
    for part in after.parts.values():
        assert {
            file.parent.name: after.classes[label] for file, label in zip(part.files, part.labels, strict=True)
        } == {
            "7": "12",
            "oak": "tree",
            "pine": "tree",
            "rose": "flower",
        }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("oak: tree\nrose: flower\n", r"Received nothing for 7, pine\. Add them"),
        ("{oak: a, rose: a, pine: a, 7: a}", "two classes or more. Received a alone"),
        ("[oak, rose]", "one line a folder"),
        ("oak: [tree]", "one line a folder"),
        ("oak: {", "it maps every class folder"),
        ("!!python/object:os.system oak", "it maps every class folder"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_named_and_told(text: str, message: str, folder: Path, tmp_path: Path):
    (tmp_path / "coarse.yaml").write_text(text)
    with pytest.raises(DataError, match=rf"coarse\.yaml: .*{message}"):
        relabel(list_folder(folder), tmp_path / "coarse.yaml")


def test_a_mapping_that_is_not_there_is_named(folder: Path):
    with pytest.raises(DataError, match=r"nowhere\.json: it maps every class folder"):
        relabel(list_folder(folder), Path("nowhere.json"))


def test_the_fingerprint_tells_mappings_apart_and_forgets_damaged_files(folder: Path, write, tmp_path: Path):
    for number, name in enumerate(("oak", "rose", "pine", "7")):
        for image in range(2):
            write(f"train/{name}/{image}.png", (number, image, 9))
    coarse, finer = tmp_path / "coarse.yaml", tmp_path / "finer.yaml"
    coarse.write_text("{oak: tree, pine: tree, rose: flower, 7: flower}")
    finer.write_text("{oak: tree, pine: tree, rose: flower, 7: number}")
    damaged = folder / "train/oak/damaged.png"
    damaged.write_bytes(b"no image")

    def fingerprint(mapping: Path | None) -> str:
        return Folder(path=folder, relabel=mapping, damaged="skip").load(0).fingerprint

    before = [fingerprint(mapping) for mapping in (None, coarse, finer)]
    assert len(set(before)) == 3
    damaged.unlink()
    assert [fingerprint(mapping) for mapping in (None, coarse, finer)] == before
