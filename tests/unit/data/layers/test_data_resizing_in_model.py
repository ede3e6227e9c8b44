"""Images of any size inside of a model: the pixels that training got, by plain Keras."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.data.pixels.resizing import Resizing

pytestmark = pytest.mark.engine

SIDE = 24
SIZES = [(48, 48), (12, 12), (50, 50), (33, 33), (100, 67), (20, 90), (311, 17), (5, 61), (1, 9), (9, 1), (25, 24)]
"""Heights and widths, shrunk and enlarged in either direction."""


@pytest.fixture(scope="module", params=["stretch", "crop", "pad"])
def resizing(request, tmp_path_factory):
    """How images are brought to 24 x 24, and a model that does it, loaded from a file."""
    import keras

    from hpo.data.layers.resizing_in_model import resize_in_model

    path = tmp_path_factory.mktemp("models") / "resizing.keras"
    images = keras.Input((None, None, 3), dtype="uint8")
    keras.Model(images, resize_in_model(images, (SIDE, SIDE), request.param)).save(path)
    return request.param, keras.models.load_model(path)


def noise(height: int, width: int, images: int = 2) -> np.ndarray:
    return np.random.default_rng(height * width).integers(0, 256, (images, height, width, 3), np.uint8)


def shown(model, images) -> np.ndarray:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(model(images)))


def test_images_of_the_size_stay_as_they_are_to_the_bit(resizing):
    images = noise(SIDE, SIDE)
    np.testing.assert_array_equal(shown(resizing[1], images), images)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]} x {size[1]}")
def test_images_of_other_sizes_are_what_training_made_of_them(resizing, size):
    resize, model = resizing
    images = noise(*size)
    difference = np.abs(shown(model, images) - Resizing(SIDE, resize).apply_batch(images))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.02, "values half way between two, and no others"


def test_squares_whose_weights_are_exact_are_equal_to_the_bit(resizing):
    resize, model = resizing
    for side in (12, 48, 96):
        images = noise(side, side)
        np.testing.assert_array_equal(shown(model, images), Resizing(SIDE, resize).apply_batch(images))


def test_predict_gives_what_training_made_of_images(resizing):
    resize, model = resizing
    images = noise(49, 16).repeat(3, axis=1)[:, :145]  # of equal pixels: many values are close to half way between two
    assert (model.predict_on_batch(images) != Resizing(SIDE, resize).apply_batch(images)).mean() < 0.001


def test_a_model_of_oblong_images_stretches_to_them():
    import keras
    from PIL import Image

    from hpo.data.layers.resizing_in_model import resize_in_model

    images = keras.Input((None, None, 1), dtype="uint8")
    model = keras.Model(images, resize_in_model(images, (10, 20), "stretch"))
    grey = noise(30, 7, 1)[..., :1]
    image = Image.fromarray(grey[0, :, :, 0]).resize((20, 30), Image.Resampling.BILINEAR)
    expected = np.asarray(image.resize((20, 10), Image.Resampling.BILINEAR), np.float32)
    assert np.abs(shown(model, grey)[0, :, :, 0] - expected).max() <= 1
