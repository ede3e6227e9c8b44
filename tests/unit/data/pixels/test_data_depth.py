"""Data sets of images with more than 8 bits, with transparency, or with nothing to be seen on them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from image_files import FLOAT, png, png_of_16_bits, tiff
from PIL import Image
from pydantic import ValidationError

from hpo.data import DataStore
from hpo.data.inspection.inspection import inspect_dataset
from hpo.data.inspection.samples import load_samples
from hpo.data.pixels.reduction import Reduction
from hpo.data.sets.folder import Folder
from hpo.data.sets.npz import Npz
from hpo.errors import DataError


def deep(seed: int, highest: int) -> np.ndarray:
    """A picture whose values run from 0 to the highest."""
    values = np.random.default_rng(seed).integers(0, highest + 1, (8, 8)).astype(np.uint16)
    values[0, :2] = 0, highest
    return values


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Ten scans up to 2,150 and ten up to 504 to train on, two brighter ones of each to test."""
    for offset, (part, count, more) in enumerate((("train", 10, 0), ("test", 2, 1000))):
        for label, highest in enumerate((2150, 504)):
            folder = tmp_path / "scans" / part / ("mri", "xray")[label]
            folder.mkdir(parents=True)
            for number in range(count):
                values = deep(100 * offset + 10 * label + number, highest + more)
                Image.fromarray(values).save(folder / f"{number}.png")
    return tmp_path / "scans"


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Ten cats and ten dogs of bright noise, all different."""
    for label, name in enumerate(("cat", "dog")):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(10):
            colours = np.random.default_rng(10 * label + number).integers(0, 256, (6, 6, 3), np.uint8)
            Image.fromarray(colours).save(tmp_path / f"pets/{name}/{number}.png")
    return tmp_path / "pets"


def pixels(part) -> np.ndarray:
    return part.images[..., 0]


def notes(dataset: Folder) -> str:
    return "\n".join(dataset.load(0).notes)


# The range of values


def test_deep_images_that_use_few_of_their_values_are_noted_with_the_brightest_and_what_helps(scans: Path):
    (note,) = Folder(path=scans).load(0).notes
    assert note.startswith(
        "images are nearly black, 24 in all: the brightest value is 3,150 of 65,535, which becomes 12 of 255 "
        "(set data.range to auto, or data.bits to 12): train/mri/0.png (brightest value 2,150)"
    )
    result = inspect_dataset(Folder(path=scans))
    (remark,) = (remark for remark in result.remarks if remark.told.startswith("nearly black"))
    assert "the brightest value is 3,150 of 65,535" in remark.told
    assert remark.remedy == "Set data.range to auto, or data.bits to 12."
    assert "train/mri/0.png: brightest value 2,150" in remark.items


def test_deep_images_that_fill_their_range_are_no_note(scans: Path):
    for file in scans.rglob("*.png"):
        Image.fromarray(deep(len(str(file)), 65_535)).save(file)
    assert "nearly black" not in notes(Folder(path=scans))


def test_deep_colours_that_use_few_of_their_values_are_noted_too(pets: Path):
    rows = (b"\0" + bytes(number % 9 for number in range(36))) * 6
    (pets / "cat/deep.png").write_bytes(png(struct.pack(">IIBBBBB", 6, 6, 16, 2, 0, 0, 0), rows))
    assert (
        "images are nearly black, 1 in all: the brightest value is 8 of 255 in the 8 high ones of their 16 bits, which "
        "are all that Pillow reads: cat/deep.png"
    ) in notes(Folder(path=pets))


def test_an_automatic_range_is_that_of_the_training_part(scans: Path):
    images = Folder(path=scans, range="auto").load(0)
    read = {image.tobytes() for image in pixels(images.train)}
    for number in range(10):
        values = deep(number, 2150)
        assert np.rint(values * (255 / 2150)).astype(np.uint8).tobytes() in read
    assert pixels(images.test).max() == 255  # cut there
    assert images.reduction == {"range": [0.0, 2150.0]}


def test_what_is_split_off_for_the_test_is_not_in_the_automatic_range(pets: Path):
    for number, file in enumerate(sorted(pets.rglob("*.png"))):
        Image.fromarray(deep(number, 1000 + number)).save(file)
    dataset = Folder(path=pets, range="auto", test=0.3)
    images = dataset.load(3)
    names = set(images.train.identities.names.tolist())
    highest = [1000 + n for n, f in enumerate(sorted(pets.rglob("*.png"))) if f"{f.parent.name}/{f.name}" in names]
    assert images.reduction == {"range": [0.0, float(max(highest))]}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, lambda values: values >> 8),
        ({"bits": 12}, lambda values: values >> 4),
        ({"range": [0, 504]}, lambda values: np.rint(np.minimum(values, 504) * (255 / 504))),
    ],
)
@pytest.mark.parametrize("cache", ["disk", "memory", "stream"])
def test_the_range_holds_wherever_pixels_are_kept(scans: Path, options: dict, expected, cache: str):
    read = {image.tobytes() for image in pixels(Folder(path=scans, cache=cache, **options).load(0).train)}
    assert read == {
        expected(deep(10 * label + number, highest)).astype(np.uint8).tobytes()
        for label, highest in enumerate((2150, 504))
        for number in range(10)
    }


def test_each_range_has_a_cache_entry_and_a_fingerprint_of_its_own(scans: Path):
    plain, ranged, auto = ({}, {"range": [0, 4000]}, {"range": "auto"})
    result = [Folder(path=scans, image_size=8, **options).load(0) for options in (plain, ranged, auto, plain)]
    assert result[0].fingerprint == result[3].fingerprint
    assert len({images.fingerprint for images in result}) == 3
    assert [int(pixels(images.train).max()) for images in result] == [8, 137, 255, 8]


def test_a_trial_knows_how_its_images_became_8_bits(scans: Path):
    prepared = DataStore(0).prepare(Folder(path=scans, range="auto", validation=0.5))
    assert prepared.trial.reduction == {"range": [0.0, 2150.0]}
    assert DataStore(0).prepare(Folder(path=scans, validation=0.5)).trial.reduction == {}


def test_pictures_of_an_inspection_are_drawn_as_a_run_reads_them(scans: Path):
    assert max(image.max() for image in load_samples(Folder(path=scans, range="auto"), 0).images) == 255
    assert max(image.max() for image in load_samples(Folder(path=scans), 0).images) == 8
    assert inspect_dataset(Folder(path=scans, range="auto")).channels[0].mean > 50


def test_values_beyond_the_bits_are_noted(scans: Path):
    assert "values are cut at 1,023 (data.bits: 10): the highest is 3,150" in notes(Folder(path=scans, bits=10))


def test_values_outside_a_range_are_noted_and_of_an_automatic_one_are_not(scans: Path):
    message = notes(Folder(path=scans, range=[0, 1]))
    assert "values outside data.range, 0 to 1, are cut: they go from 0 to 3,150" in message
    assert "are cut" not in notes(Folder(path=scans, range=[0, 3150])) + notes(Folder(path=scans, range="auto"))


def test_bits_say_nothing_of_floats(pets: Path):
    (pets / "cat/a.tif").write_bytes(tiff(np.ones(36, np.float32), (6, 6), bits=32, kind=FLOAT))
    with pytest.raises(DataError, match=r"a\.tif: pixels are floats of 32 bits, .*set data.range to auto"):
        Folder(path=pets, bits=12).load(0)


@pytest.mark.parametrize(
    ("options", "message"),
    [({}, {"bits": 16}), ({"bits": 12}, {"bits": 12}), ({"range": "auto"}, {"range": [0, 2150]})],
)
def test_a_model_is_told_how_stored_values_became_bytes_where_all_images_are_deep(scans: Path, options, message):
    depth = DataStore(0).prepare(Folder(path=scans, validation=0.5, **options)).trial.depth
    assert (depth.reduction.plain(), depth.channels) == (message, 1)
    Image.new("RGB", (8, 8), (9, 8, 200)).save(scans / "train/mri/colour.png")
    assert DataStore(0).prepare(Folder(path=scans, validation=0.5, **options)).trial.depth is None


def test_a_range_that_changes_nothing_is_noted(pets: Path):
    assert "data.range and data.bits change nothing" in notes(Folder(path=pets, range="auto"))


def test_floats_are_images_where_their_range_is_given(pets: Path):
    for number, name in enumerate(("cat/a.tif", "dog/b.tif")):
        values = np.linspace(0, 1 + number, 36, dtype=np.float32)
        (pets / name).write_bytes(tiff(values, (6, 6), bits=32, kind=FLOAT))
    with pytest.raises(DataError, match=r"a\.tif: pixels are floats of 32 bits, whose range is not known"):
        Folder(path=pets).load(0)
    assert len(Folder(path=pets, range=[0, 2]).load(0).train) == 17


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"range": [5, 5]}, "the first value of .low, high. is below the second"),
        ({"range": [1, 2, 3]}, "at most 2"),
        ({"range": "all"}, "auto"),
        ({"bits": 7}, "greater than or equal to 8"),
        ({"range": "auto", "bits": 12}, "two ways to say one thing"),
        ({"transparency": "red"}, "white"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict, message: str):
    with pytest.raises(ValidationError, match=message):
        Folder(path=Path("x"), **options)


# Duplicates


def test_deep_images_are_copies_where_their_stored_values_are(scans: Path):
    same = deep(0, 2150)
    Image.fromarray(same).save(scans / "train/mri/copy.tif")
    Image.fromarray(same >> 1 << 1).save(scans / "train/mri/nearly.png")  # the same once it has 8 bits
    dataset = Folder(path=scans, duplicates="drop")
    result = dataset.load(0)
    assert len(result.train) == 21
    assert (
        sum("copies of other images are left out, 1 in all: train/mri/copy.tif" in note for note in result.notes) == 1
    )


def test_deep_colours_that_differ_in_their_low_bits_are_no_copies(pets: Path):
    for name, low in (("a", 1), ("b", 2), ("c", 2)):
        (pets / f"cat/{name}.png").write_bytes(png_of_16_bits((6, 6), (0x1200 + low, 0x3400, 0x5600)))
    images = Folder(path=pets, duplicates="drop").load(0)
    assert len(images.train) + len(images.test) == 22


# What can be seen


def test_images_of_one_colour_are_named_where_others_are_not(pets: Path):
    assert not Folder(path=pets).load(0).notes
    Image.new("RGB", (6, 6), (9, 90, 200)).save(pets / "cat/3.png")
    Image.new("L", (6, 6), 70).save(pets / "dog/3.png")
    assert "images are of one colour alone, 2 in all: cat/3.png (every pixel has the same colour)" in notes(
        Folder(path=pets)
    )
    (remark,) = (remark for remark in inspect_dataset(Folder(path=pets)).remarks if "one colour" in remark.told)
    assert remark.items[0] == "cat/3.png: every pixel has the same colour"


def test_pages_that_are_all_black_are_named(pets: Path):
    for file in pets.rglob("*.png"):
        Image.new("RGB", (6, 6)).save(file)
    assert "images are of one colour alone, 20 in all" in notes(Folder(path=pets))


def test_a_shape_that_is_drawn_in_transparency_alone_is_seen_on_a_background(pets: Path):
    for number, file in enumerate(sorted(pets.rglob("*.png"))):
        shape = Image.fromarray(np.random.default_rng(number).integers(0, 256, (6, 6), np.uint8))
        black = Image.new("L", (6, 6))
        Image.merge("LA", (black, shape)).save(file)
    message = notes(Folder(path=pets))
    assert "once its transparency is dropped (data.transparency: white or black)" in message
    on_white = Folder(path=pets, transparency="white").load(0)
    assert not on_white.notes
    assert on_white.reduction == {"transparency": "white"}
    assert on_white.train.images.max() > 200


def test_transparency_of_every_kind_is_in_the_same_note(pets: Path):
    palette = Image.new("P", (6, 6))
    palette.putpalette([1, 2, 3, 200, 200, 200])
    palette.putdata([0, 1] * 18)
    palette.save(pets / "cat/key.png", transparency=0)
    palette.save(pets / "cat/key.gif", transparency=0)
    palette.convert("L").save(pets / "cat/grey.png", transparency=2)
    palette.convert("RGBA").save(pets / "cat/alpha.png")
    remarks = inspect_dataset(Folder(path=pets)).remarks
    (remark,) = (remark for remark in remarks if remark.told == "transparency, which is dropped")
    assert set(remark.items) == {"cat/key.png", "cat/key.gif", "cat/grey.png", "cat/alpha.png"}
    assert "data.transparency" in remark.remedy
    remarks = inspect_dataset(Folder(path=pets, transparency="black")).remarks
    assert any(remark.told == "transparency, laid on black" for remark in remarks)


# Endings


def test_files_of_other_endings_are_counted_wherever_a_folder_is_read(pets: Path):
    for name in ("cat/1.heic", "cat/2.HEIC", "dog/1.heic", "dog/notes.txt", "dog/scan"):
        (pets / name).write_bytes(b"what no decoder here reads")
    message = "files whose ending is of no image are passed over, 5 in all: 3 .heic, 1 without an ending, 1 .txt"
    assert notes(Folder(path=pets)) == message
    (remark,) = (r for r in inspect_dataset(Folder(path=pets)).remarks if "no image by its ending" in r.told)
    assert remark.told == "no image by its ending, and passed over (3 .heic, 1 without an ending, 1 .txt)"


def test_a_class_of_other_endings_alone_is_told_by_them(pets: Path):
    (pets / "emu").mkdir()
    (pets / "emu/1.heic").write_bytes(b"")
    with pytest.raises(DataError, match=r"emu: .*Received none\. Add images.* passed over: 1 \.heic\."):
        Folder(path=pets).load(0)


@pytest.mark.parametrize("ending", ["avif", "jfif", "jpe", "jp2", "ppm", "pnm", "tga", "qoi"])
def test_images_of_every_ending_that_pillow_reads_are_taken(pets: Path, ending: str):
    image = Image.fromarray(np.random.default_rng(99).integers(0, 256, (6, 6, 3), np.uint8))
    form = {"pnm": "PPM", "qoi": "PNG"}.get(ending)  # Pillow 11 reads QOI and does not write it
    image.save(pets / f"cat/more.{ending}", form)
    images = Folder(path=pets).load(0)
    assert len(images.train) + len(images.test) == 21
    assert not images.notes


# Arrays


def arrays(path: Path, images: np.ndarray) -> Path:
    np.savez(path / "a.npz", images=images, labels=np.arange(len(images)) % 2)
    return path / "a.npz"


def test_arrays_of_16_bits_are_brought_to_8_by_range_or_bits(tmp_path: Path):
    values = np.stack([deep(number, 2000 + number) for number in range(20)])
    path = arrays(tmp_path, values)
    with pytest.raises(DataError, match=r"uint16 from 0 to 2019.*or, of an npz file, set data\.range"):
        Npz(path=path).load(0)
    by_bits = Npz(path=path, bits=11, test=0.5).load(0)
    rows = [int(name.split()[1]) for name in by_bits.train.identities.names]
    np.testing.assert_array_equal(pixels(by_bits.train), values[rows] >> 3)
    auto = Npz(path=path, range="auto", test=0.5).load(0)
    highest = values[rows].max()
    assert auto.reduction == {"range": [0.0, float(highest)]}
    np.testing.assert_array_equal(pixels(auto.train), np.rint(values[rows] * (255 / highest)))


def test_arrays_are_copies_where_their_stored_values_are(tmp_path: Path):
    values = np.stack([deep(number, 2000) for number in range(20)])
    values[1], values[3] = values[0], values[2] ^ 1  # the latter are the same once they have 8 bits
    result = inspect_dataset(Npz(path=arrays(tmp_path, values), bits=11))
    (remark,) = (remark for remark in result.remarks if remark.told.startswith("the same pixels"))
    assert len(remark.items) == 1


def test_floats_of_any_range_are_brought_to_8_bits_by_it(tmp_path: Path):
    path = arrays(tmp_path, np.linspace(-1, 1, 20 * 16, dtype=np.float32).reshape(20, 4, 4))
    images = Npz(path=path, range=[-1, 1]).load(0)
    assert {images.train.images.min(), images.test.images.min()} >= {0}
    with pytest.raises(DataError, match=r"data\.bits: it is how many bits whole numbers have"):
        Npz(path=path, bits=12).load(0)


def test_arrays_that_are_nearly_black_or_of_one_colour_are_noted(tmp_path: Path):
    values = np.random.default_rng(0).integers(0, 2, (20, 4, 4), np.uint8)
    values[3] = 1
    message = Npz(path=arrays(tmp_path, values)).load(0).notes
    assert message[0].startswith("images are nearly black: the brightest pixel of all is 1 of 255")
    assert message[1] == "images are of one colour alone, 1 in all: image 3 of train"
    assert Npz(path=arrays(tmp_path, values), range="auto").load(0).train.images.max() == 255


def test_plain_values_say_how_images_became_8_bits():
    assert Reduction().plain() == {}
    assert Reduction("auto").resolve(3, 9).plain() == {"range": [3, 9]}
    assert Reduction(bits=12, background="white").plain() == {"bits": 12, "transparency": "white"}
