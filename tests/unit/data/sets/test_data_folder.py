"""A user's own images: layouts, formats, and everything that a folder may hold by mistake."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hpo.data.sets.folder import Folder
from hpo.errors import DataError

Write = Callable[..., Path]


def load(folder: Path, seed: int = 0, **options: object):
    return Folder(path=folder, **options).load(seed)


def colours(part) -> list[tuple[int, ...]]:
    """The colour of the first pixel of each image."""
    return [tuple(pixel) for pixel in part.images[:, 0, 0].tolist()]


# Layouts


def test_class_folders_are_the_classes_in_alphabetical_order(two_classes: Path):
    images = load(two_classes)
    assert images.classes == ("cat", "dog")
    reds, greens, _ = (np.asarray(channel) for channel in zip(*colours(images.train), strict=True))
    assert not np.any(greens[images.train.labels == 0])
    assert not np.any(reds[images.train.labels == 1])
    assert images.train.images.shape[1:] == (6, 6, 3)


def test_without_a_folder_train_a_stratified_share_is_set_apart_for_the_test(two_classes: Path):
    images = load(two_classes, test=0.3)
    assert np.bincount(images.train.labels).tolist() == [7, 7]
    assert np.bincount(images.test.labels).tolist() == [3, 3]
    assert images.validation is None
    one, same, other = (load(two_classes, seed, test=0.3).test.images for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_the_folders_train_validation_and_test_are_the_parts(images_folder: Path, write: Write):
    for grey, part in enumerate(("train", "validation", "test")):
        for name in ("a", "b"):
            write(f"{part}/{name}/1.png", (grey, grey, grey))
    images = load(images_folder)
    assert {name: set(colours(part)) for name, part in images.parts().items()} == {
        "train": {(0, 0, 0)},
        "validation": {(1, 1, 1)},
        "test": {(2, 2, 2)},
    }


def test_other_spellings_of_the_parts_are_understood(images_folder: Path, write: Write):
    for grey, part in enumerate(("Training", "val", "TEST")):
        for name in ("a", "b"):
            write(f"{part}/{name}/1.png", (grey, grey, grey))
    assert {name: set(colours(part)) for name, part in load(images_folder).parts().items()} == {
        "train": {(0, 0, 0)},
        "validation": {(1, 1, 1)},
        "test": {(2, 2, 2)},
    }


def test_a_folder_train_alone_gives_no_test_part(images_folder: Path, write: Write):
    write("train/a/1.png")
    write("train/b/1.png")
    images = load(images_folder)
    assert (images.test, images.validation) == (None, None)


def test_images_in_nested_folders_belong_to_their_class(images_folder: Path, write: Write):
    for name in ("train/a/2024/may/1.png", "train/a/2.png", "train/b/x/1.png"):
        write(name)
    assert load(images_folder).train.labels.tolist() == [0, 0, 1]


def test_endings_may_be_upper_case(images_folder: Path, write: Write):
    for name in ("train/a/1.PNG", "train/a/2.JPG", "train/a/3.Jpeg", "train/b/1.TIF"):
        write(name)
    assert load(images_folder).train.labels.tolist() == [0, 0, 0, 1]


def test_hidden_files_and_folders_and_other_endings_are_passed_over(images_folder: Path, write: Write):
    write("train/a/1.png")
    write("train/b/1.png")
    write("train/.cache/1.png")
    write("train/a/.thumbnails/1.png")
    (images_folder / "train/a/._1.png").write_bytes(b"a resource fork of macOS")
    (images_folder / "train/a/Thumbs.db").write_bytes(b"no image")
    (images_folder / "train/notes.txt").write_text("no image")
    images = load(images_folder)
    assert images.classes == ("a", "b")
    assert images.train.labels.tolist() == [0, 1]


def test_symbolic_links_that_go_round_in_circles_end(images_folder: Path, write: Write):
    write("train/a/1.png")
    write("train/b/1.png")
    (images_folder / "train/a/parent").symlink_to(images_folder, target_is_directory=True)
    (images_folder / "train/b/mutual").symlink_to(images_folder / "train/a", target_is_directory=True)
    (images_folder / "train/itself").symlink_to("itself")
    (images_folder / "train/above").symlink_to("..", target_is_directory=True)
    images = load(images_folder)
    assert images.train.labels.tolist() == [0, 1]
    assert any("train/above (a link to the folder .., not followed)" in note for note in images.notes)


@pytest.mark.parametrize("target", ["itself.png", "gone.png"])
def test_a_link_that_leads_to_no_image_is_named(two_classes: Path, target: str):
    (two_classes / "cat/itself.png").symlink_to(target)
    with pytest.raises(DataError, match=rf"cat/itself\.png: a link to {target}, where there is no file"):
        load(two_classes)


def test_classes_may_be_symbolic_links(images_folder: Path, write: Write, tmp_path: Path):
    write("train/a/1.png")
    shutil.copytree(images_folder / "train/a", tmp_path / "elsewhere")
    (images_folder / "train/b").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert load(images_folder).train.labels.tolist() == [0, 1]


@pytest.mark.skipif(os.name != "posix", reason="only POSIX file names are arbitrary bytes")
def test_file_names_may_be_no_unicode(images_folder: Path, write: Write):
    shutil.move(write("train/a/1.png"), os.fsencode(images_folder / "train/a") + b"/\xff.png")
    write("train/b/1.png")
    assert load(images_folder).train.labels.tolist() == [0, 1]


# What is refused


@pytest.mark.skipif(os.name != "posix", reason="only POSIX file names are arbitrary bytes")
def test_names_of_files_stay_in_one_line_and_command_no_terminal(two_classes: Path):
    for name in (b"two\nlines.png", b"red\x1b[31m.png", b"latin\xe9.png"):
        Path(os.fsdecode(os.fsencode(two_classes / "cat") + b"/" + name)).write_bytes(b"no image")
    with pytest.raises(DataError) as caught:
        load(two_classes)
    _, *lines = str(caught.value).splitlines()
    assert [line.rpartition("/")[2].partition(":")[0] for line in lines] == [
        r"latin\udce9.png",
        r"red\x1b[31m.png",
        r"two\nlines.png",
    ]


@pytest.mark.skipif(os.name != "posix", reason="only POSIX file names are arbitrary bytes")
@pytest.mark.parametrize(("name", "message"), [(b"b\xe4r", r"b\\udce4r"), (b"a\tb", r"a\\tb")])
def test_a_class_whose_name_is_no_text_is_refused(two_classes: Path, name: bytes, message: str):
    shutil.move(two_classes / "cat", Path(os.fsdecode(os.fsencode(two_classes) + b"/" + name)))
    with pytest.raises(DataError, match=f"{message}: the name of a class is printable text"):
        load(two_classes)


def test_a_folder_without_class_folders_is_refused(images_folder: Path, write: Write):
    write("1.png")
    with pytest.raises(DataError, match=r"images: images lie in one folder a class.*Received no folder"):
        load(images_folder)


def test_a_single_class_is_refused_with_its_folder(images_folder: Path, write: Write):
    write("outer/1.png")
    with pytest.raises(DataError, match=r"images: .*two classes or more\. Received outer alone"):
        load(images_folder)


def test_a_class_without_images_is_named(two_classes: Path):
    (two_classes / "emu").mkdir()
    (two_classes / "emu/notes.txt").write_text("none yet")
    with pytest.raises(DataError, match=r"images/emu: a class has at least one image .*Received none\. Add images"):
        load(two_classes)
    (two_classes / "fox").mkdir()
    with pytest.raises(DataError, match=r"images/emu: .* Received none, and none in .*images/fox\. Add images"):
        load(two_classes)


def test_a_class_that_the_training_part_has_not_is_named(images_folder: Path, write: Write):
    for name in ("train/a/1.png", "train/b/1.png", "test/a/1.png", "test/c/1.png"):
        write(name)
    with pytest.raises(DataError, match=r"images: a class has images to train on\. Received none of c \(1 in the test"):
        load(images_folder)


def test_sizes_that_differ_need_an_image_size(images_folder: Path, write: Write):
    write("train/a/1.png", size=(6, 4))
    write("train/b/1.png", size=(8, 8))
    with pytest.raises(DataError, match=r"images have one size.*from 4 x 6 to 8 x 8\. Set data\.image_size"):
        load(images_folder)
    assert load(images_folder, image_size=5).train.images.shape == (2, 5, 5, 3)


def test_sizes_that_differ_between_parts_need_an_image_size(images_folder: Path, write: Write):
    for part, size in (("train", (6, 6)), ("test", (7, 7))):
        for name in ("a", "b"):
            write(f"{part}/{name}/1.png", size=size)
    with pytest.raises(DataError, match=r"images have one size.*from 6 x 6 to 7 x 7\. Set data\.image_size"):
        load(images_folder)
    assert load(images_folder, image_size=6).test.images.shape == (2, 6, 6, 3)


def test_a_file_that_is_no_image_is_named(two_classes: Path):
    (two_classes / "cat/broken.jpg").write_text("<html>404</html>")
    with pytest.raises(
        DataError,
        match=r"1 that cannot; repair or remove it, or set .* to skip:\n.*cat/broken\.jpg: no image that Pillow knows$",
    ):
        load(two_classes)


@pytest.mark.parametrize("ending", ["bmp", "gif", "jpg", "png", "tiff", "webp"])
def test_a_truncated_file_is_named(two_classes: Path, ending: str):
    path = two_classes / f"dog/cut.{ending}"
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=rf"image files can be decoded.*\n.*dog/cut\.{ending}: "):
        load(two_classes, image_size=6)


@pytest.mark.parametrize("ending", ["bmp", "gif", "jpg", "png", "tiff", "webp"])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_whatever_bytes_a_file_holds_it_is_read_or_named(images_folder: Path, write: Write, ending: str):
    """Random damage finds the exceptions that decoders do not document."""
    write("train/b/1.png")
    path = write(f"train/a/1.{ending}", size=(20, 20))
    sound, draw = path.read_bytes(), random.Random(0)
    refusals = []
    for _ in range(60):
        damaged = bytearray(sound)
        for _ in range(draw.randint(1, 6)):
            damaged[draw.randrange(min(len(damaged), 200))] = draw.randrange(256)
        path.write_bytes(damaged[: draw.choice([None, draw.randrange(len(damaged))])])
        try:
            assert load(images_folder, image_size=6).train.images.shape == (2, 6, 6, 3)
        except DataError as error:
            refusals.append(str(error))
    assert refusals
    assert all(f"\n{path}: " in refusal for refusal in refusals)


@pytest.mark.parametrize("limit", [40 * 40 // 3, 40 * 40 - 1], ids=["more than twice the limit", "just over it"])
def test_an_image_too_large_to_be_meant_is_named(two_classes: Path, limit: int, monkeypatch: pytest.MonkeyPatch):
    Image.new("1", (40, 40)).save(two_classes / "cat/bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(DataError, match=r"cat/bomb\.png: .*decompression bomb"):
        load(two_classes, image_size=6)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that even root cannot read is Linux' own")
def test_a_file_that_cannot_be_read_is_named(two_classes: Path):
    (two_classes / "cat/locked.png").symlink_to("/proc/self/mem")
    with pytest.raises(DataError, match=r"cat/locked\.png: Input/output error"):
        load(two_classes)


# Formats

GREY = np.asarray([[0, 1, 64, 255]] * 4, np.uint8)


def as_part(images_folder: Path, image: Image.Image, name: str, **options: object) -> np.ndarray:
    """The pixels of an image as the data set gives them."""
    for path in ("train/a", "train/b"):
        (images_folder / path).mkdir(parents=True)
        image.save(images_folder / path / name, **options)
    pixels = load(images_folder).train.images
    assert pixels.dtype == np.uint8
    assert pixels.shape[-1] == 3
    np.testing.assert_array_equal(pixels[0], pixels[1])
    return pixels[0]


def test_grey_images_become_rgb(images_folder: Path):
    pixels = as_part(images_folder, Image.fromarray(GREY), "1.png")
    np.testing.assert_array_equal(pixels, np.stack([GREY] * 3, axis=-1))


def test_one_bit_images_become_black_and_white(images_folder: Path):
    pixels = as_part(images_folder, Image.fromarray(GREY > 100), "1.png")
    np.testing.assert_array_equal(pixels[0, :, 0], [0, 0, 0, 255])


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_dropped(images_folder: Path, mode: str):
    image = Image.fromarray(GREY).convert(mode)
    image.putalpha(Image.new("L", (4, 4), 7))
    np.testing.assert_array_equal(as_part(images_folder, image, "1.png"), np.stack([GREY] * 3, axis=-1))


@pytest.mark.parametrize("transparency", [None, bytes([0, 128, 255, 255])])
def test_palettes_are_resolved(images_folder: Path, transparency: bytes | None):
    image = Image.fromarray(np.asarray([[0, 1, 2, 3]] * 4, np.uint8))
    image = image.convert("P")
    image.putpalette([9, 8, 7, 6, 5, 4, 3, 2, 1, 255, 0, 255])
    options = {} if transparency is None else {"transparency": transparency}
    pixels = as_part(images_folder, image, "1.png", **options)
    np.testing.assert_array_equal(pixels[0], [[9, 8, 7], [6, 5, 4], [3, 2, 1], [255, 0, 255]])


def test_cmyk_becomes_rgb(images_folder: Path):
    pixels = as_part(images_folder, Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "1.jpg", quality=100)
    assert np.abs(pixels.astype(int) - [255, 0, 0]).max() <= 3


@pytest.mark.parametrize("ending", ["png", "tiff"])
def test_images_of_16_bits_keep_their_8_high_bits(images_folder: Path, ending: str):
    deep = np.asarray([[0, 255, 256, 0x1234], [0x8000, 0x80FF, 0xFF00, 0xFFFF]], np.uint16)
    pixels = as_part(images_folder, Image.fromarray(deep), f"1.{ending}")
    np.testing.assert_array_equal(pixels, np.stack([deep >> 8] * 3, axis=-1))


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_images_of_32_bits_are_named_since_their_range_is_unknown(images_folder: Path, write: Write, dtype: type):
    write("train/a/1.png")
    write("train/b/1.png")
    Image.fromarray(np.ones((6, 6), dtype)).save(images_folder / "train/a/deep.tiff")
    with pytest.raises(DataError, match=r"a/deep\.tiff: .*32 bits"):
        load(images_folder)


def test_the_first_frame_of_an_animation_is_the_image(images_folder: Path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    pixels = as_part(images_folder, frames[0], "1.gif", save_all=True, append_images=frames[1:])
    assert np.abs(pixels.astype(int) - [255, 0, 0]).max() <= 3


def test_images_stand_upright_by_their_exif_orientation(images_folder: Path):
    lying = np.zeros((4, 6, 3), np.uint8)
    lying[:, :3] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    pixels = as_part(images_folder, Image.fromarray(lying), "1.png", exif=exif)
    np.testing.assert_array_equal(pixels, np.rot90(lying, k=-1))
