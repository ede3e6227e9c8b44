"""What is known of a folder of images without reading them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hpo.data import DataStore
from hpo.data.sets.folder import Folder
from hpo.errors import DataError

Write = Callable[..., Path]


def test_the_outline_takes_its_size_from_one_image_and_reads_no_other(two_classes: Path):
    for file in sorted(two_classes.rglob("*.png"))[1:]:
        file.write_bytes(b"no image")
    outline = Folder(path=two_classes, validation=0.25).outline(0)
    assert outline.shape == (6, 6, 3)
    assert (outline.classes, outline.train_images, outline.validation_images, outline.is_here) == (2, 12, 4, True)


def test_with_an_image_size_the_outline_reads_no_image(two_classes: Path):
    for file in two_classes.rglob("*.png"):
        file.write_bytes(b"no image")
    assert Folder(path=two_classes, image_size=20).outline(0).shape == (20, 20, 3)


def test_the_outline_refuses_what_loading_would_where_it_can_be_seen(images_folder: Path, write: Write):
    def refusals(dataset: Folder) -> set[str]:
        messages = set()
        for refused in (dataset.outline, dataset.load, lambda seed: DataStore(seed).prepare(dataset)):
            with pytest.raises(DataError) as caught:
                refused(0)
            messages.add(str(caught.value))
        return messages

    assert len(refusals(Folder(path=images_folder / "gone"))) == 1
    assert len(refusals(Folder(path=images_folder))) == 1
    write("a/1.png")
    assert len(refusals(Folder(path=images_folder))) == 1
    write("b/1.png")
    assert len(refusals(Folder(path=images_folder))) == 1, "a split needs more images"
    for number in range(2, 9):
        write(f"a/{number}.png")
        write(f"b/{number}.png")
    (images_folder / "a/1.png").write_bytes(b"no image")
    assert len(refusals(Folder(path=images_folder))) == 1


def test_the_outline_knows_of_too_few_images_for_the_validation(two_classes: Path):
    dataset = Folder(path=two_classes, validation=0.01)
    with pytest.raises(DataError, match=r"a share of 0\.01 of 16 images") as seen:
        dataset.outline(0)
    with pytest.raises(DataError) as caught:
        DataStore(0).prepare(dataset)
    assert str(seen.value) == str(caught.value)


@pytest.mark.parametrize("damage", ["first", "link"])
def test_where_damage_is_seen_at_once_all_of_it_is_named(two_classes: Path, damage: str):
    (two_classes / "dog/7.png").write_bytes(b"")
    if damage == "first":
        (two_classes / "cat/0.png").write_bytes(b"")
    else:
        (two_classes / "cat/0.png").unlink()
        (two_classes / "cat/0.png").symlink_to("gone.png")
    with pytest.raises(DataError, match=r"(?s)Received 2 that cannot.*cat/0\.png.*dog/7\.png"):
        Folder(path=two_classes).outline(0)
    dataset = Folder(path=two_classes, damaged="skip")
    outline, data = dataset.outline(0), DataStore(0).prepare(dataset).trial
    assert (outline.shape, outline.train_images) == (data.shape, len(data.train))


def test_once_the_files_were_read_the_outline_knows_of_all_damage(two_classes: Path):
    (two_classes / "dog/7.png").write_bytes(b"")
    assert Folder(path=two_classes).outline(0).train_images == 14
    with pytest.raises(DataError, match="1 that cannot"):
        Folder(path=two_classes).load(0)
    with pytest.raises(DataError, match="1 that cannot"):
        Folder(path=two_classes).outline(0)
    assert Folder(path=two_classes, damaged="skip").outline(0).train_images == 13
