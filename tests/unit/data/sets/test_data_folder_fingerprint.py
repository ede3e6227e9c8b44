"""What identifies the content of a folder of images."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image

from hpo.data.sets.folder import Folder


def load(folder: Path, seed: int = 0, **options: object):
    return Folder(path=folder, **options).load(seed)


def test_the_fingerprint_is_that_of_the_content_wherever_it_lies(two_classes: Path, tmp_path: Path):
    copy = shutil.copytree(two_classes, tmp_path / "moved")
    assert load(copy).fingerprint == load(two_classes).fingerprint


def test_the_fingerprint_does_not_depend_on_size_seed_or_test_share(two_classes: Path):
    assert load(two_classes).fingerprint == load(two_classes, 5, image_size=9, test=0.5).fingerprint


def test_one_pixel_a_label_or_a_file_name_changes_the_fingerprint(two_classes: Path):
    before = load(two_classes).fingerprint
    file = two_classes / "cat/1.png"
    sound = file.read_bytes()

    with Image.open(file) as image:
        image.load()
    image.putpixel((3, 3), (255, 0, 0))
    image.save(file)
    repainted = load(two_classes).fingerprint
    file.write_bytes(sound)
    assert load(two_classes).fingerprint == before

    relabel = shutil.move(file, two_classes / "dog/cat1.png")
    moved = load(two_classes).fingerprint
    renamed_file = shutil.move(relabel, two_classes / "cat/10.png")
    renamed = load(two_classes).fingerprint
    shutil.move(renamed_file, file)
    shutil.move(two_classes / "dog", two_classes / "wolf")
    reclassified = load(two_classes).fingerprint
    assert len({before, repainted, moved, renamed, reclassified}) == 5
