"""Single images are read as a data set reads its files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from hpo.data import ImageReader, UndecodableError
from hpo.data.sets.folder import Folder

ABOUT = {"image_size": [12, 12], "color_mode": "rgb", "dtype": "uint8", "resize": "pad"}


def reader(**changes) -> ImageReader:
    return ImageReader.from_description({**ABOUT, **changes})


@pytest.mark.parametrize("transparency", [None, "white"])
@pytest.mark.parametrize(("color", "mode"), [("rgb", "rgb"), ("grey", "grayscale")])
@pytest.mark.parametrize("resize", ["stretch", "pad", "crop"])
def test_files_of_all_modes_have_the_pixels_of_training(wild_folder, resize, color, mode, transparency):
    folder = Folder(
        path=wild_folder, image_size=12, resize=resize, color=color, transparency=transparency, damaged="skip",
        empty_classes="ignore", cache="memory",
    )  # fmt: skip
    images = folder.load(0)
    paths = [wild_folder / name for name in images.train.identities.names]
    assert {path.name for path in paths} >= {"palette.gif", "deep.png", "rotated.jpeg", "transparent.PNG", "cmyk.JPG"}
    one = reader(resize=resize, color_mode=mode, transparency=transparency)
    for path, expected in zip(paths, images.train.images, strict=True):
        for given in (path, str(path), path.read_bytes()):
            np.testing.assert_array_equal(one.read(given), expected, err_msg=path.name)
        with Image.open(path) as image:
            np.testing.assert_array_equal(one.read(image), expected, err_msg=path.name)


def test_damaged_files_are_told_as_training_tells_them(wild_folder, wild_damage):
    for name, text in wild_damage.items():
        with pytest.raises(UndecodableError) as caught:
            reader().read(wild_folder / "train/dog" / name)
        is_link = "where there is no file" in text
        assert ("symbolic links" in str(caught.value) or "No such file" in str(caught.value)) if is_link else (
            text in str(caught.value) and "data.range" not in str(caught.value)
        )  # fmt: skip


def test_files_that_are_read_together_have_the_pixels_of_each_alone(wild_folder, tmp_path):
    random = np.random.default_rng(0)
    for number in range(5):
        pixels = random.integers(0, 256, (12, 12, 3) if number % 3 else (12, 12), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    Image.fromarray(random.integers(0, 256, (12, 12, 3), np.uint8)).save(tmp_path / "text.png", pnginfo=comment())
    paths = [*sorted(tmp_path.glob("*.png")), *sorted(wild_folder.rglob("*.*")), tmp_path / "none.png", tmp_path]
    for one in (reader(), reader(color_mode="grayscale"), reader(dtype="float32", range=[10.0, 90.0])):
        together = one.read_files(paths)
        for path, found in zip(paths, together, strict=True):
            if isinstance(found, UndecodableError):
                with pytest.raises(UndecodableError) as caught:
                    one.read(path)
                assert (found.kind, found.detail) == (caught.value.kind, caught.value.detail)
            else:
                np.testing.assert_array_equal(found, one.read(path), err_msg=path.name)
        assert {type(found) for found in together} == {np.ndarray, UndecodableError}
    assert reader().read_files([]) == []


def test_files_that_are_read_together_are_refused_by_their_size(tmp_path):
    Image.new("RGB", (12, 12)).save(tmp_path / "a.png")
    one = ImageReader.from_description(ABOUT, most_pixels=143)
    (found,) = one.read_files([tmp_path / "a.png"])
    assert isinstance(found, UndecodableError)
    assert found.kind == "too large"


def comment() -> PngInfo:
    info = PngInfo()
    info.add_text("Software", "a")
    return info


def test_a_model_of_deep_images_gets_values_that_its_reduction_brings_to_those_of_training(tmp_path):
    values = np.random.default_rng(0).integers(0, 4096, (12, 12)).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "scan.png")
    by_bits = reader(dtype="float32", color_mode="grayscale", bits=12)
    pixels = by_bits.read(tmp_path / "scan.png")
    np.testing.assert_array_equal(pixels[..., 0], values >> 4)
    np.testing.assert_array_equal(by_bits.read(values), pixels)
    given = by_bits.to_input(pixels)
    assert given.dtype == np.float32
    np.testing.assert_array_equal(np.floor(given / 16), pixels)
    by_ends = reader(dtype="float32", color_mode="grayscale", range=[100.0, 2150.0])
    pixels = by_ends.read(tmp_path / "scan.png")
    given = by_ends.to_input(pixels)
    np.testing.assert_array_equal(np.round((given - 100) * (255 / 2050)), pixels)
    assert pixels.min() == 0
    assert pixels.max() == 255
    np.testing.assert_array_equal(reader().to_input(pixels), pixels)


def test_arrays_are_images_as_people_have_them():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 14, 3), np.uint8)
    expected = reader().read(Image.fromarray(pixels))
    assert expected.shape == reader().shape == (12, 12, 3)
    np.testing.assert_array_equal(reader().read(pixels), expected)
    np.testing.assert_array_equal(reader().read(np.dstack([pixels, np.zeros((20, 14), np.uint8)])), expected)
    grey = reader().read(pixels[..., 0])
    np.testing.assert_array_equal(grey, reader().read(pixels[..., :1]))
    np.testing.assert_array_equal(grey[..., 0], grey[..., 2])
    np.testing.assert_array_equal(grey, reader().read(pixels[..., 0].astype(np.uint16) << 8))
    wide = reader(image_size=[8, 16], resize="stretch")
    assert wide.read(pixels).shape == (8, 16, 3)
    assert wide.is_ready(np.zeros((2, 8, 16, 3), np.uint8))
    assert not wide.is_ready(np.zeros((2, 16, 8, 3), np.uint8))


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.zeros((4, 4, 2), np.uint8), r"\[height, width, 1, 3 or 4\], not \(4, 4, 2\)"),
        (np.zeros((0, 4), np.uint8), r"not \(0, 4"),
        (np.zeros((4, 4), np.float32), "an array of an image is uint8, 0 to 255, not float32"),
        (np.zeros((4, 4), bool), "not bool"),
    ],
)
def test_arrays_that_are_no_image_are_refused(array, text):
    with pytest.raises(UndecodableError, match=text):
        reader().read(array)


def test_more_pixels_than_are_taken_are_refused_before_they_are_decoded(tmp_path):
    small = ImageReader.from_description(ABOUT, most_pixels=99)
    path = tmp_path / "large.png"
    Image.new("L", (10, 10)).save(path)
    content = bytearray(path.read_bytes())
    content[45] ^= 0xFF  # damaged, which only decoding shows
    for image in (path, bytes(content), np.zeros((10, 10), np.uint8), Image.new("L", (10, 10))):
        with pytest.raises(UndecodableError, match="10 x 10 pixels, and 99 are the most that is taken"):
            small.read(image)


def test_a_description_that_says_too_little_makes_no_reader():
    for about in ({}, {**ABOUT, "image_size": None}, {**ABOUT, "range": [1]}):
        with pytest.raises((KeyError, TypeError, IndexError)):
            ImageReader.from_description(about)


def test_a_path_that_no_system_takes_is_unreadable(tmp_path: Path):
    for path in (tmp_path / "none.png", tmp_path, "a\0b.png"):
        with pytest.raises(UndecodableError) as caught:
            reader().read(path)
        assert caught.value.kind == "unreadable"
