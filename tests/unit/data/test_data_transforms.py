"""Normalization and augmentation, as layers of the model."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from hpo.data import Augmentation, Part, TrialData, augmentation_layers, normalization_layer
from hpo.data.digits import Digits
from hpo.data.images import channel_statistics

pytestmark = pytest.mark.engine

MEAN, STD = (120.0, 110.0, 100.0), (60.0, 50.0, 40.0)


@pytest.fixture
def colours() -> np.ndarray:
    """50 images whose channels differ in mean and spread."""
    random = np.random.default_rng(0)
    return np.stack(
        [random.integers(low, high, (50, 6, 5)) for low, high in ((0, 256), (90, 110), (200, 256))], -1
    ).astype(np.uint8)


def trial_data(images: np.ndarray) -> TrialData:
    """These images to train on, and one to be compared on that no statistics may see."""
    part = Part(images, np.zeros(len(images), np.int32))
    return TrialData(("a", "b"), part, Part(np.full_like(images[:1], 255), np.zeros(1, np.int32)))


def normalized(name: str, images: np.ndarray, fitted_on: np.ndarray | None = None) -> np.ndarray:
    train = trial_data(images if fitted_on is None else fitted_on)
    layer = normalization_layer(name, train, MEAN, STD)
    found = np.asarray(layer(images))
    assert found.dtype == np.float32
    return found


def test_channel_statistics_are_those_of_numpy_over_all_chunks():
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (4096 * 2 + 17, 3, 2, 3), np.uint8)
    images[:4096] //= 4  # chunks that differ
    mean, deviation = channel_statistics(Part(images, np.zeros(len(images), np.int32)))
    np.testing.assert_allclose(mean, images.mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(deviation, images.std(axis=(0, 1, 2)), rtol=1e-9)
    assert mean.dtype == deviation.dtype == np.float64


def test_standardize_gives_each_channel_mean_0_and_deviation_1(colours: np.ndarray):
    found = normalized("standardize", colours)
    np.testing.assert_allclose(found.mean(axis=(0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(found.std(axis=(0, 1, 2)), 1, atol=1e-4)


def test_standardize_applies_the_statistics_of_the_training_images_to_others(colours: np.ndarray):
    train, others = colours[:30], colours[30:] // 2
    expected = (others - train.mean(axis=(0, 1, 2))) / train.std(axis=(0, 1, 2))
    np.testing.assert_allclose(normalized("standardize", others, fitted_on=train), expected, atol=1e-4)


def test_standardize_survives_a_channel_that_never_varies():
    flat = np.full((4, 3, 3, 1), 7, np.uint8)
    np.testing.assert_array_equal(normalized("standardize", flat), np.zeros_like(flat, np.float32))


def test_unit_divides_by_255(colours: np.ndarray):
    np.testing.assert_allclose(normalized("unit", colours), colours / 255, rtol=1e-6)


def test_none_leaves_the_values_as_they_are(colours: np.ndarray):
    np.testing.assert_array_equal(normalized("none", colours), colours.astype(np.float32))


def test_imagenet_applies_what_the_family_expects(colours: np.ndarray):
    expected = (colours - np.asarray(MEAN)) / np.asarray(STD)
    np.testing.assert_allclose(normalized("imagenet", colours), expected, atol=1e-4)


def test_imagenet_takes_the_average_channel_for_grey_images(colours: np.ndarray):
    grey = colours[..., :1]
    np.testing.assert_allclose(normalized("imagenet", grey), (grey - 110.0) / 50.0, atol=1e-4)


@pytest.mark.parametrize("name", ["none", "unit", "standardize", "imagenet"])
@pytest.mark.parametrize("channels", [1, 3])
def test_normalization_travels_with_a_saved_model(name: str, channels: int, colours: np.ndarray, tmp_path):
    import keras

    images = colours[..., :channels]
    inputs = keras.Input(images.shape[1:], dtype="uint8")
    model = keras.Model(inputs, normalization_layer(name, trial_data(images), MEAN, STD)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(loaded(images)), np.asarray(model(images)))


AUGMENTATIONS = [
    {"flip": "horizontal"},
    {"flip": "vertical"},
    {"flip": "both"},
    {"shift": 0.3},
    {"rotation": 45.0},
    {"flip": "both", "shift": 0.2, "rotation": 15.0},
]


@pytest.mark.parametrize("options", AUGMENTATIONS, ids=str)
def test_augmentation_changes_training_images_alone_and_keeps_shape_and_type(options: dict):
    import keras

    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).random((16, 8, 8, 3)).astype(np.float32)
    trained = served = images
    for layer in augmentation_layers(Augmentation(**options)):
        trained, served = layer(trained, training=True), layer(served, training=False)
    np.testing.assert_array_equal(np.asarray(served), images)
    assert np.asarray(trained).shape == images.shape
    assert np.asarray(trained).dtype == np.float32
    assert not np.array_equal(np.asarray(trained), images)


@pytest.mark.parametrize(("flip", "axis"), [("horizontal", 2), ("vertical", 1)])
def test_flips_mirror_the_axis_that_they_are_named_by(flip: str, axis: int):
    import keras

    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).random((32, 4, 4, 1)).astype(np.float32)
    (layer,) = augmentation_layers(Augmentation(flip=flip))
    flipped = np.asarray(layer(images, training=True))
    mirrored = [np.array_equal(a, np.flip(b, axis - 1)) for a, b in zip(flipped, images, strict=True)]
    same = [np.array_equal(a, b) for a, b in zip(flipped, images, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 0 < sum(mirrored) < 32


def test_shift_moves_an_image_by_at_most_its_share():
    import keras

    keras.utils.set_random_seed(0)
    spot = np.zeros((64, 20, 20, 1), np.float32)
    spot[:, 10, 10] = 1
    (layer,) = augmentation_layers(Augmentation(shift=0.2))
    moved = np.asarray(layer(spot, training=True))
    rows, columns = np.nonzero(moved.sum(axis=(0, 3)))
    assert 10 - 4 - 1 <= min(rows.min(), columns.min()) < 9
    assert 11 < max(rows.max(), columns.max()) <= 10 + 4 + 1


def test_without_augmentation_there_are_no_layers():
    assert augmentation_layers(None) == []
    assert augmentation_layers(Augmentation()) == []


@pytest.mark.parametrize(
    "options", [{"shift": 1.5}, {"shift": -0.1}, {"rotation": 181.0}, {"flip": "diagonal"}], ids=str
)
def test_augmentations_have_their_ranges(options: dict):
    with pytest.raises(ValidationError):
        Augmentation(**options)


def test_none_turns_augmentation_off():
    assert Digits(augmentation="none").augmentation is None
    assert Digits(augmentation={"flip": "none"}).augmentation == Augmentation()
