"""Normalization, as a layer of the model."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.data import Part, TrialData, make_normalization_layer
from hpo.data.pixels.images import compute_channel_statistics

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
    layer = make_normalization_layer(name, train, MEAN, STD)
    values = np.asarray(layer(images))
    assert values.dtype == np.float32
    return values


def test_channel_statistics_are_those_of_numpy_over_all_chunks():
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (4096 * 2 + 17, 3, 2, 3), np.uint8)
    images[:4096] //= 4  # chunks that differ
    mean, deviation = compute_channel_statistics(Part(images, np.zeros(len(images), np.int32)))
    np.testing.assert_allclose(mean, images.mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(deviation, images.std(axis=(0, 1, 2)), rtol=1e-9)
    assert mean.dtype == deviation.dtype == np.float64


def test_standardize_gives_each_channel_mean_0_and_deviation_1(colours: np.ndarray):
    values = normalized("standardize", colours)
    np.testing.assert_allclose(values.mean(axis=(0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(values.std(axis=(0, 1, 2)), 1, atol=1e-4)


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
    model = keras.Model(inputs, make_normalization_layer(name, trial_data(images), MEAN, STD)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(loaded(images)), np.asarray(model(images)))
