"""What is told of data sets that are inspected, and the picture that is drawn of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hpo.data.inspection.inspection import Inspection, Remark, Sizes, inspect_dataset
from hpo.data.inspection.samples import WIDE_FONTS, Samples, draw_samples, load_samples
from hpo.data.sets.digits import Digits
from hpo.data.sets.folder import Folder
from hpo.data.sets.npz import Npz
from hpo.errors import DataError


def find_remark(inspection: Inspection, words: str) -> Remark:
    (remark,) = (remark for remark in inspection.remarks if words in remark.told)
    return remark


def noise(seed: int, size: tuple[int, int] = (6, 6)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8))


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Twelve cats and twelve dogs to train on, three of each to test, all different."""
    for offset, (part, n) in enumerate((("train", 12), ("test", 3))):
        for label, name in enumerate(("cat", "dog")):
            (tmp_path / "pets" / part / name).mkdir(parents=True)
            for number in range(n):
                image = noise(1000 * offset + 100 * label + number)
                image.save(tmp_path / f"pets/{part}/{name}/{number}.png")
    return tmp_path / "pets"


def test_a_sound_folder_is_told_by_counts_sizes_kinds_and_channels(pets: Path):
    inspection = inspect_dataset(Folder(path=pets))
    assert inspection.classes == ("cat", "dog")
    assert inspection.parts == {"train": (12, 12), "test": (3, 3)}
    assert inspection.sizes == Sizes((6, 6), (6, 6), (6, 6), 1)
    assert (inspection.modes, inspection.types) == ({"RGB": 30}, {"PNG": 30})
    assert inspection.bytes == sum(file.stat().st_size for file in pets.rglob("*.png"))
    pixels = np.stack([np.asarray(Image.open(file)) for file in pets.rglob("*.png")]).reshape(-1, 3)
    assert [channel.channel for channel in inspection.channels] == ["red", "green", "blue"]
    np.testing.assert_allclose([channel.mean for channel in inspection.channels], pixels.mean(axis=0))
    np.testing.assert_allclose([channel.deviation for channel in inspection.channels], pixels.std(axis=0))
    assert inspection.remarks == ()


def test_files_that_a_run_would_refuse_are_refusals_with_their_names(pets: Path):
    (pets / "train/cat/empty.png").write_bytes(b"")
    (pets / "train/dog/gone.png").symlink_to("nowhere.png")
    inspection = inspect_dataset(Folder(path=pets))
    assert inspection.is_refused
    assert [remark.is_refusal for remark in inspection.remarks] == [True, True]
    assert find_remark(inspection, "cannot be decoded").items == ("train/cat/empty.png: an empty file",)
    assert find_remark(inspection, "leads to no file").items[0].startswith("train/dog/gone.png: ")
    assert inspection.parts["train"] == (12, 12)
    inspection = inspect_dataset(Folder(path=pets, damaged="skip"))
    assert not inspection.is_refused
    assert find_remark(inspection, "cannot be decoded").remedy == "They are left out."


def test_an_empty_class_is_a_refusal_and_the_rest_is_told_all_the_same(pets: Path):
    (pets / "train/emu").mkdir()
    inspection = inspect_dataset(Folder(path=pets))
    assert [(remark.told, remark.items) for remark in inspection.remarks] == [("without images", ("train/emu",))]
    assert inspection.is_refused
    assert inspection.classes == ("cat", "dog")
    assert not inspect_dataset(Folder(path=pets, empty_classes="ignore")).is_refused


def test_what_is_odd_and_can_be_used_is_a_note(pets: Path):
    cats = pets / "train/cat"
    Image.fromarray(np.full((6, 6), 40_000, np.uint16)).save(cats / "sixteen.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    noise(7).save(cats / "turned.jpg", exif=exif)
    noise(8).convert("RGBA").save(cats / "clear.png")
    noise(9).save(cats / "film.gif", save_all=True, append_images=[noise(10)])
    (cats / ".hidden.png").write_bytes(b"")
    (cats / "notes.txt").write_text("")
    inspection = inspect_dataset(Folder(path=pets))
    assert not inspection.is_refused
    for words, name in {
        "16 bits": "sixteen.png",
        "EXIF": "turned.jpg",
        "transparency": "clear.png",
        "frames": "film.gif",
        "hidden": ".hidden.png",
        "no image by its ending": "notes.txt",
    }.items():
        assert find_remark(inspection, words).items == (f"train/cat/{name}",), words


def test_copies_are_named_with_the_image_that_they_are_copies_of(pets: Path):
    shutil.copy(pets / "train/cat/1.png", pets / "test/cat/copy.png")
    remark = find_remark(inspect_dataset(Folder(path=pets)), "the same pixels")
    assert len(remark.items) == 1
    assert "train/cat/1.png" in remark.items[0]
    assert "test/cat/copy.png" in remark.items[0]


def test_several_sizes_are_refused_unless_a_size_may_still_be_chosen(pets: Path):
    noise(5, (30, 20)).save(pets / "train/cat/large.png")
    assert inspect_dataset(Folder(path=pets)).is_refused
    inspection = inspect_dataset(Folder(path=pets), may_resize=True)
    assert not inspection.is_refused
    assert find_remark(inspection, "2 different sizes").remedy == "Set data.image_size."
    assert inspection.sizes == Sizes((6, 6), (6, 6), (30, 20), 2)
    assert not inspect_dataset(Folder(path=pets, image_size=8)).remarks


def test_few_images_and_uneven_classes_are_told(pets: Path):
    for number in range(11):
        (pets / f"train/dog/{number}.png").unlink()
    inspection = inspect_dataset(Folder(path=pets))
    assert find_remark(inspection, "fewer than 10 images").items == ("dog: 1",)
    assert "cat has 12 times the images of dog" in find_remark(inspection, "uneven").told


def test_a_folder_that_cannot_be_split_is_refused_for_that(tmp_path: Path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        noise(len(name)).save(tmp_path / name / "1.png")
    assert find_remark(inspect_dataset(Folder(path=tmp_path)), "stratified split").is_refusal


def test_what_is_no_folder_of_classes_is_an_error(tmp_path: Path):
    with pytest.raises(DataError, match="no folder in it"):
        inspect_dataset(Folder(path=tmp_path))


def test_arrays_are_told_by_what_they_hold(tmp_path: Path):
    images = np.random.default_rng(0).integers(0, 256, (40, 6, 5), np.uint8)
    images[35] = images[0]
    images[1] = images[2]
    labels = np.arange(40) % 2
    np.savez(tmp_path / "a.npz", x_train=images[:30], y_train=labels[:30], x_test=images[30:], y_test=labels[30:])
    inspection = inspect_dataset(Npz(path=tmp_path / "a.npz", image_size=9))
    assert inspection.parts == {"train": (15, 15), "test": (5, 5)}
    assert inspection.sizes == Sizes((6, 5), (6, 5), (6, 5), 1)
    assert (inspection.modes, inspection.types, inspection.bytes) == ({"L": 40}, {}, images.nbytes)
    assert inspection.channels[0].mean == pytest.approx(images[:30].mean())
    assert find_remark(inspection, "of another part").items == ("image 0 of train: image 5 of test",)
    assert find_remark(inspection, "of the same part").items == ("image 2 of train: image 1",)


@pytest.mark.thorough
def test_inspecting_and_outlining_import_no_engine(pets: Path):
    code = (
        "import sys\n"
        "from hpo.data.sets.folder import Folder\n"
        "from hpo.data.inspection.inspection import inspect_dataset\n"
        "from hpo.data.inspection.samples import load_samples\n"
        f"dataset = Folder(path={str(pets)!r})\n"
        "inspect_dataset(dataset), load_samples(dataset, 0)\n"
        "from hpo.data.sets.cifar import Cifar10\n"
        "Cifar10().outline(seed=0)\n"
        "print({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ)
    assert shown.stdout.strip() == "set()", shown.stderr


# The picture


def test_samples_are_a_hundred_images_as_many_of_each_class_as_there_can_be():
    samples = load_samples(Digits(), seed=0)
    assert np.bincount(samples.labels).tolist() == [10] * 10
    assert (np.diff(samples.labels) >= 0).all()
    again = load_samples(Digits(), seed=0)
    assert all(np.array_equal(a, b) for a, b in zip(samples.images, again.images, strict=True))


def test_a_class_with_few_images_leaves_its_room_to_the_others(pets: Path):
    for number in range(10):
        (pets / f"train/dog/{number}.png").unlink()
    (pets / "train/cat/0.png").write_bytes(b"damaged")
    assert np.bincount(load_samples(Folder(path=pets), seed=0).labels).tolist() == [11, 2]


@pytest.mark.engine
def test_augmented_samples_are_the_same_images_changed():
    from hpo.data import Augmentation
    from hpo.data.inspection.samples import augment

    samples = load_samples(Digits(), seed=0)
    changed = augment(samples, Augmentation(flip="horizontal"), seed=1)
    assert changed.labels is samples.labels
    pairs = zip(samples.images, changed.images, strict=True)
    are_same = [np.array_equal(a, b) or np.array_equal(a[:, ::-1], b) for a, b in pairs]
    assert all(are_same)
    assert any(not np.array_equal(a, b) for a, b in zip(samples.images, changed.images, strict=True))


def test_small_images_are_enlarged_by_whole_factors_and_large_ones_fit():
    checks = (np.indices((30, 30)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None]
    tall = np.full((400, 100, 3), (255, 0, 0), np.uint8)
    labels = np.array([0, 1], np.int32)
    sheet = np.asarray(draw_samples([("title", Samples(("a", "b"), (checks, tall), labels))]))
    first = sheet[36 : 36 + 96, 8 : 8 + 96]
    np.testing.assert_array_equal(first[3:93, 3:93], np.repeat(checks.repeat(3, 0).repeat(3, 1), 3, axis=2))
    red = (sheet == (255, 0, 0)).all(axis=-1)
    assert (red.any(axis=1).sum(), red.any(axis=0).sum()) == (96, 24)


def test_every_image_has_its_class_below_in_two_lines_at_most():
    blank = np.full((96, 96, 3), 255, np.uint8)

    def ink(name: str) -> np.ndarray:
        page = draw_samples([("", Samples((name, "b"), (blank,), np.array([0], np.int32)))])
        return np.asarray(page)[36 + 96 : 36 + 96 + 26].min(axis=(1, 2)) < 128

    assert ink("cat")[:13].any()
    assert not ink("cat")[15:].any()
    assert ink("large_omnivores_and_herbivores")[15:].any()
    assert ink("x" * 200)[15:].any()


@pytest.mark.parametrize("fonts", [WIDE_FONTS, ()], ids=["of the system", "none"])
def test_names_that_are_not_ascii_are_written_in_letters(fonts):
    blank = np.full((96, 96, 3), 255, np.uint8)
    pages = [
        draw_samples([("", Samples((name, "b"), (blank,), np.array([0], np.int32)))], fonts)
        for name in ("bär", "bör", "b\uffff")
    ]
    assert len({page.tobytes() for page in pages}) == len(pages)


def test_two_pages_stand_side_by_side():
    samples = Samples(("a", "b"), (np.zeros((8, 8, 1), np.uint8),) * 11, np.zeros(11, np.int32))
    one, two = draw_samples([("before", samples)]), draw_samples([("before", samples), ("after", samples)])
    assert two.height == one.height
    assert two.width > 2 * one.width
