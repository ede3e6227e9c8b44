"""A folder with every defect at once: each file is read, or named."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from image_files import decode
from PIL import Image

from hpo.data import DataStore
from hpo.data.files.doubtful import find_duplicates
from hpo.data.files.file_images import load_survey
from hpo.data.pixels.decoding import read_header
from hpo.data.sets.folder import Folder
from hpo.errors import DataError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a file that even root cannot read is Linux' own")

TOLERANT = {"image_size": 8, "damaged": "skip", "empty_classes": "ignore"}


def test_all_that_cannot_be_read_is_named_at_once(wild_folder: Path, wild_damage: dict[str, str]):
    with pytest.raises(DataError) as caught:
        Folder(path=wild_folder, image_size=8, empty_classes="ignore").load(0)
    text = str(caught.value)
    assert f"Received {len(wild_damage)} that cannot; repair or remove them, or set data.damaged to skip" in text
    for name, reason in wild_damage.items():
        (line,) = (line for line in text.splitlines() if line.startswith(f"{wild_folder}/train/dog/{name}: "))
        assert reason in line


def test_empty_classes_are_named_first_for_they_cost_nothing_to_find(wild_folder: Path):
    with pytest.raises(DataError, match=r"train/emu: a class has at least one image.*data\.empty_classes to ignore"):
        Folder(path=wild_folder, image_size=8).load(0)


def test_all_the_rest_is_read(wild_folder: Path):
    images = Folder(path=wild_folder, **TOLERANT).load(0)
    assert images.classes == ("cat", "dog")
    assert np.bincount(images.train.labels).tolist() == [11, 4]
    assert np.bincount(images.test.labels).tolist() == [1, 1]
    assert images.train.images.shape == (15, 8, 8, 3)


def test_what_was_left_out_is_noted(wild_folder: Path, wild_damage: dict[str, str]):
    notes = Folder(path=wild_folder, **TOLERANT).load(0).notes
    assert [note.split(": ")[0] for note in notes] == [
        f"files that cannot be decoded are left out, {len(wild_damage)} in all",
        "images are there more than once, so that trials may be compared on what they were trained on (data.duplicates",
        "images and folders that belong to no class are passed over, 1 in all",
        "links to folders are not followed, 1 in all",
        "classes without images are left out, 2 in all",
        "images are of one colour alone, 1 in all",
        "files whose ending is of no image are passed over, 1 in all",
    ]
    assert notes[0].endswith(f"; and {len(wild_damage) - 3} more")


def test_a_worker_logs_what_is_noted(wild_folder: Path, caplog: pytest.LogCaptureFixture):
    DataStore(0).prepare(Folder(path=wild_folder, validation=0.3, **TOLERANT))
    assert "files that cannot be decoded are left out, 9 in all" in caplog.text


def test_who_reads_for_long_tells_how_far_it_is(
    two_classes: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(time, "monotonic", count(0, 60).__next__)  # a minute passes between two looks at the clock
    with caplog.at_level(logging.INFO, "hpo.data"):
        Folder(path=two_classes, cache="memory").load(0)
    assert caplog.messages[0] == "reading images: 1 of 20"
    assert caplog.messages[-1] == "decoding images: 20 of 20"


def test_inspection_has_all_findings_without_reading_anything_again(wild_folder: Path, wild_damage: dict[str, str]):
    listing = Folder(path=wild_folder, **TOLERANT).listing()
    surveyed = load_survey(listing)
    kinds = {finding.path.relative_to(wild_folder).as_posix(): finding.kind for finding in listing.findings}
    assert kinds == {
        ".cache": "hidden",
        "stray.png": "outside a class",
        "train/cat/.DS_Store": "hidden",
        "train/cat/._cat.jpg": "hidden",
        "train/cat/Thumbs.db": "hidden",
        "train/cat/notes.txt": "not an image",
        "train/cat/round": "linked folder",
        "train/dog/gone.png": "broken link",
        "train/dog/itself.png": "broken link",
        "train/emu": "empty class",
        "test/emu": "empty class",
    }
    findings = {finding.path.name: finding.kind for finding in surveyed.findings}
    assert findings == {
        "animated.gif": "several frames",
        "pages.tiff": "several frames",
        "bomb.png": "too large",
        "locked.png": "unreadable",
        **dict.fromkeys(("corrupt.png", "deep.tif", "empty.png", "html.jpg", "truncated.jpg"), "damaged"),
    }
    assert {finding.path.name for finding in surveyed.damage} == set(wild_damage)
    pairs = zip(listing.files, surveyed.records, strict=True)
    sizes = {file.name: (*record.header.size, record.header.is_grey) for file, record in pairs if record.header}
    assert sizes["rotated.jpeg"] == (20, 16, False)
    assert sizes["deep.png"] == (30, 40, True)


def test_images_in_train_and_test_are_found_by_their_pixels(wild_folder: Path):
    listing = Folder(path=wild_folder, **TOLERANT).listing()
    findings = find_duplicates(load_survey(listing))
    across = [
        f"{copy.path.relative_to(wild_folder)} {copy.detail}" for copy in findings if "another part" in copy.detail
    ]
    assert across == ["train/cat/copy.png the same pixels as test/cat/copy.png, in another part"]


def test_duplicates_are_dropped_from_the_training_part(wild_folder: Path):
    images = Folder(path=wild_folder, duplicates="drop", **TOLERANT).load(0)
    train = {image.tobytes() for image in images.train.images}
    assert not train & {image.tobytes() for image in images.test.images}
    assert len(images.test) == 2
    assert any(note.startswith("copies of other images are left out") for note in images.notes)


def test_duplicates_are_refused_with_their_files(wild_folder: Path):
    with pytest.raises(DataError, match=r"each image is there once\..*\n.*copy\.png: the same pixels as test/cat/copy"):
        Folder(path=wild_folder, duplicates="refuse", **TOLERANT).load(0)


def test_what_is_skipped_changes_the_fingerprint_once_it_is_repaired(two_classes: Path):
    whole = Folder(path=two_classes).load(0).fingerprint
    file = two_classes / "cat/3.png"
    sound = file.read_bytes()
    file.write_bytes(sound[:40])
    skipped = Folder(path=two_classes, damaged="skip").load(0)
    assert skipped.fingerprint != whole
    assert len(skipped.train) + len(skipped.test) == 19
    file.write_bytes(sound)
    assert Folder(path=two_classes, damaged="skip").load(0).fingerprint == whole


def test_a_class_whose_files_are_all_damaged_is_named(images_folder: Path, write):
    for name in ("train/a/1.png", "train/b/1.png", "train/c/1.png"):
        write(name)
    (images_folder / "train/b/1.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"at least one image to train on\. Received none of b once damaged files are"):
        Folder(path=images_folder, damaged="skip").load(0)


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_class_that_only_the_test_has_is_named_even_where_empty_ones_are_ignored(
    images_folder: Path, write, part: str
):
    for name in ("train/a/1.png", "train/b/1.png", "test/a/1.png", "test/b/1.png"):
        write(name)
    (images_folder / part / "b/1.png").unlink()
    dataset = Folder(path=images_folder, empty_classes="ignore")
    if part == "test":
        assert dataset.load(0).test.labels.tolist() == [0]
    else:
        with pytest.raises(DataError, match=r"Received none of b \(1 in the test part\)"):
            dataset.load(0)


@pytest.mark.parametrize("folder", ["__MACOSX", "@eaDir", ".ipynb_checkpoints"])
def test_folders_of_operating_systems_are_no_classes(two_classes: Path, folder: str):
    shutil.copytree(two_classes / "cat", two_classes / folder)
    assert Folder(path=two_classes).load(0).classes == ("cat", "dog")


# Modes


def test_16_bits_a_channel_keep_their_8_high_bits(wild_folder: Path):
    pixels = np.asarray(decode((wild_folder / "train/cat/deep_rgb.png").read_bytes()))
    assert pixels.shape == (2, 3, 3)
    assert np.unique(pixels.reshape(-1, 3), axis=0).tolist() == [[0x12, 0x80, 0xFF]]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"])
def test_every_mode_becomes_rgb_or_grey_of_8_bits(tmp_path: Path, mode: str):
    grey = np.arange(0, 240, 10, dtype=np.uint8).reshape(4, 6)
    image = Image.fromarray(grey.astype(np.uint16) << 8) if mode == "I;16" else _as_mode(Image.fromarray(grey), mode)
    path = tmp_path / {"YCbCr": "1.jpg", "CMYK": "1.tif", "LAB": "1.tif", "PA": "1.webp"}.get(mode, "1.png")
    image.save(path)
    content = path.read_bytes()
    rgb, alone = decode(content), decode(content, "grey")
    assert (rgb.mode, alone.mode, rgb.size) == ("RGB", "L", (6, 4))
    assert read_header(path).is_grey == (mode in ("1", "L", "LA", "I;16"))
    if mode not in ("1", "P", "PA"):
        assert np.abs(np.asarray(alone).astype(int) - grey).max() <= 4


def _as_mode(grey: Image.Image, mode: str) -> Image.Image:
    if mode == "LAB":
        return Image.merge("LAB", (_lightness(grey), *[Image.new("L", grey.size, 128)] * 2))
    return grey.convert("RGB").convert(mode) if mode in ("CMYK", "YCbCr", "PA") else grey.convert(mode)


def _lightness(grey: Image.Image) -> Image.Image:
    from PIL import ImageCms

    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    return ImageCms.applyTransform(grey.convert("RGB"), to_lab).split()[0]


@pytest.mark.parametrize(("color", "channels"), [("rgb", 3), ("grey", 1), ("as_is", 3)])
def test_files_are_read_in_the_colour_that_is_asked_for(wild_folder: Path, color: str, channels: int):
    dataset = Folder(path=wild_folder, color=color, **TOLERANT)
    assert dataset.load(0).train.shape == dataset.outline(0).shape == (8, 8, channels)


@pytest.mark.parametrize("is_surveyed", [False, True])
def test_as_is_keeps_one_channel_where_all_files_are_grey(images_folder: Path, is_surveyed: bool):
    for name in ("train/a", "train/b", "val/a", "val/b"):
        (images_folder / name).mkdir(parents=True)
        Image.new("L", (5, 4), 7).save(images_folder / name / "1.png")
    dataset = Folder(path=images_folder, color="as_is")
    if is_surveyed:
        load_survey(dataset.listing())
    assert dataset.outline(0).shape == dataset.load(0).train.shape == (4, 5, 1)
    assert np.unique(dataset.load(0).train.images).tolist() == [7]
