"""Augmentation, as layers of the model."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from hpo.data import Augmentation, Part, TrialData, make_augmentation_layers
from hpo.data.sets.digits import Digits

pytestmark = pytest.mark.engine

MOST = {
    "flip": "both",
    "crop": 3,
    "shift": 0.2,
    "rotation": 45.0,
    "zoom": 0.3,
    "brightness": 0.3,
    "contrast": 0.5,
    "saturation": 0.5,
    "hue": 60.0,
    "cutout": 4,
}
"""Every augmentation, and strong."""
COLOURS = ("brightness", "contrast", "saturation", "hue")


def trial_data(images: np.ndarray) -> TrialData:
    part = Part(images, np.zeros(len(images), np.int32))
    return TrialData(("a", "b"), part, part)


def noise(channels: int = 3, side: int = 16, n: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, side, side, channels), np.uint8)


def augmented(images: np.ndarray, *, training: bool = True, seed: int = 0, **options: object) -> np.ndarray:
    import keras

    keras.utils.set_random_seed(seed)
    changed = images
    for layer in make_augmentation_layers(Augmentation(**options), trial_data(images)):
        changed = layer(changed, training=training)
    return keras.ops.convert_to_numpy(changed)


@pytest.mark.parametrize("options", [*({name: value} for name, value in MOST.items()), MOST], ids=str)
@pytest.mark.parametrize("channels", [1, 3])
def test_augmentation_changes_training_images_alone_and_keeps_shape_and_range(options: dict, channels: int):
    images = noise(channels)
    np.testing.assert_array_equal(augmented(images, training=False, **options), images)
    changed = augmented(images, **options)
    assert changed.shape == images.shape
    assert -1e-3 < changed.min() <= changed.max() < 255.001
    assert np.array_equal(changed, images) == (channels == 1 and set(options) <= {"saturation", "hue"})


def test_the_same_seed_changes_the_same_images_alike():
    np.testing.assert_array_equal(augmented(noise(), **MOST), augmented(noise(), **MOST))
    assert not np.array_equal(augmented(noise(), **MOST), augmented(noise(), seed=1, **MOST))


@pytest.mark.parametrize("name", ["crop", "rotation", "brightness", "hue", "cutout"])
def test_each_image_of_a_batch_is_changed_in_its_own_way(name: str):
    same = np.repeat(noise(n=1), 32, axis=0)
    assert len(np.unique(augmented(same, **{name: MOST[name]}), axis=0)) > 8


@pytest.mark.parametrize(("flip", "axis"), [("horizontal", 2), ("vertical", 1)])
def test_flips_mirror_the_axis_that_they_are_named_by(flip: str, axis: int):
    images = noise(channels=1, side=4)
    flipped = augmented(images, flip=flip)
    mirrored = [np.array_equal(a, np.flip(b, axis - 1)) for a, b in zip(flipped, images, strict=True)]
    same = [np.array_equal(a, b) for a, b in zip(flipped, images, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 0 < sum(mirrored) < 32


@pytest.mark.parametrize("crop", [2, 0.25], ids=["pixels", "share"])
def test_a_crop_moves_images_by_whole_pixels_each_as_often_as_the_other_and_fills_with_black(crop: float):
    (image,) = noise(n=1, side=8)
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0)))
    cuts = {padded[y : y + 8, x : x + 8].astype(np.float32).tobytes(): (y, x) for y in range(5) for x in range(5)}
    places = [cuts[image.tobytes()] for image in augmented(np.repeat(image[None], 1000, axis=0), crop=crop)]
    counts = np.zeros((5, 5))
    np.add.at(counts, tuple(np.transpose(places)), 1)
    assert np.abs(counts.sum(axis=0) - 200).max() < 60
    assert np.abs(counts.sum(axis=1) - 200).max() < 60


def test_shift_moves_an_image_by_at_most_its_share():
    spot = np.zeros((64, 20, 20, 1), np.uint8)
    spot[:, 10, 10] = 255
    rows, columns = np.nonzero(augmented(spot, shift=0.2).sum(axis=(0, 3)))
    assert 10 - 4 - 1 <= min(rows.min(), columns.min()) < 9
    assert 11 < max(rows.max(), columns.max()) <= 10 + 4 + 1


def test_zoom_enlarges_and_reduces_and_keeps_proportions():
    square = np.zeros((64, 40, 40, 1), np.uint8)
    square[:, 10:30, 10:30] = 255
    areas = []
    for image in augmented(square, zoom=0.25)[..., 0]:
        height, width = (image > 127).any(axis=1).sum(), (image > 127).any(axis=0).sum()
        assert abs(height - width) <= 1
        areas.append(height)
    assert 20 / 1.25 - 1 <= min(areas) < 18
    assert 22 < max(areas) <= 20 / 0.75 + 1


def test_brightness_adds_the_same_to_all_pixels_of_an_image():
    grey = np.full((64, 4, 4, 3), 128, np.uint8)
    added = augmented(grey, brightness=0.2) - 128
    assert np.ptp(added, axis=(1, 2, 3)).max() < 1e-3
    assert -51.01 < added.min() < -30
    assert 30 < added.max() < 51.01


def test_contrast_scales_the_distance_from_the_mean_both_ways():
    steps = np.tile(np.array([108, 148], np.uint8), (64, 4, 2))[..., None]
    spread = np.ptp(augmented(steps, contrast=0.4), axis=(1, 2, 3)) / 40
    assert 0.6 <= spread.min() < 0.75
    assert 1.25 < spread.max() <= 1.4


def test_saturation_and_hue_leave_the_brightest_channel_as_bright_as_it_was():
    images = noise()
    for options in ({"saturation": 0.8}, {"hue": 90.0}):
        np.testing.assert_allclose(augmented(images, **options).max(axis=-1), images.max(axis=-1), atol=0.01)


def test_hue_turns_colours_by_at_most_its_degrees():
    red = np.zeros((64, 4, 4, 3), np.uint8)
    red[..., 0] = 255
    turned = augmented(red, hue=30.0)
    assert turned[..., 0].min() == 255  # beyond 60 degrees from red there is less of it
    assert 100 < turned[..., 1:].max() <= 127.6  # 30 of 60 degrees to yellow or to violet


@pytest.mark.parametrize("cutout", [6, 0.375], ids=["pixels", "share"])
def test_cutout_blots_a_square_of_mean_grey_out_of_every_second_image(cutout: float):
    black_and_white = np.zeros((200, 16, 16, 3), np.uint8)
    black_and_white[:, ::2] = 255
    changed = augmented(black_and_white, cutout=cutout)
    covered = (changed == 127.5).all(axis=-1)
    assert np.array_equal(changed[~covered], black_and_white[~covered])
    assert 70 < covered.any(axis=(1, 2)).sum() < 130
    for image in covered[covered.any(axis=(1, 2))]:
        assert (image.any(axis=0).sum(), image.any(axis=1).sum(), image.sum()) == (6, 6, 36)


@pytest.mark.parametrize("option", ["crop", "cutout"])
def test_a_length_in_pixels_is_below_the_side_of_the_images(option: str):
    data = trial_data(noise(side=8))
    assert make_augmentation_layers(Augmentation(**{option: 7}), data)
    with pytest.raises(ValueError, match=rf"augmentation\.{option}: .* Received 8 pixels for images of 8 x 8"):
        make_augmentation_layers(Augmentation(**{option: 8}), data)


def test_without_augmentation_there_are_no_layers():
    data = trial_data(noise())
    assert make_augmentation_layers(None, data) == []
    assert make_augmentation_layers(Augmentation(), data) == []


def test_a_saved_model_with_every_augmentation_opens_without_hpo(tmp_path: Path):
    import keras

    images = noise()
    inputs = keras.Input(images.shape[1:], dtype="uint8")
    pixels = inputs
    for layer in make_augmentation_layers(Augmentation(**MOST), trial_data(images)):
        pixels = layer(pixels)
    file = tmp_path / "model.keras"
    keras.Model(inputs, pixels).save(file)
    np.testing.assert_array_equal(keras.models.load_model(file).predict(images, verbose=0), images)
    with zipfile.ZipFile(file) as archive:
        config = archive.read("config.json").decode()
    modules = set(re.findall(r'"module": "([^"]*)"', config))
    assert {module.partition(".")[0] for module in modules} <= {"keras", "builtins"}, modules


@pytest.mark.parametrize(
    "options",
    [
        {"shift": 1.5},
        {"shift": -0.1},
        {"rotation": 181.0},
        {"flip": "diagonal"},
        {"crop": -1},
        {"crop": 1.5},
        {"cutout": 1.0},
        {"zoom": 1.0},
        {"hue": 200.0},
        {"contrast": 2.0},
    ],
    ids=str,
)
def test_augmentations_have_their_ranges(options: dict):
    with pytest.raises(ValidationError):
        Augmentation(**options)


def test_none_turns_augmentation_off():
    assert Digits(augmentation="none").augmentation is None
    assert Digits(augmentation={"flip": "none"}).augmentation == Augmentation()


@pytest.mark.engines
@pytest.mark.parametrize("engine", ["tensorflow", "jax", "torch"])
def test_every_engine_changes_images_alike(engine: str):
    """All of the above, on each engine that is installed, in a process of its own."""
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: make test-engines")
    arguments = ["-q", "-p", "no:cacheprovider", "-m", "engine and not engines", __file__]
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        env={**os.environ, "KERAS_BACKEND": engine},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout
