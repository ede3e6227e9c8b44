"""How long a model takes to predict."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.engine


def test_latency_is_that_of_one_image_of_bytes_through_the_compiled_model():
    import keras

    from hpo.training.measuring.latency import measure_latency

    traced = []

    def remember(images):
        traced.append((tuple(images.shape), keras.backend.standardize_dtype(images.dtype)))
        return keras.ops.cast(images, "float32")

    images = keras.Input((8, 8, 1), dtype="uint8")
    model = keras.Model(images, keras.layers.Flatten()(keras.layers.Lambda(remember)(images)))
    traced.clear()
    assert 0 < measure_latency(model) < 1000
    assert set(traced) == {((1, 8, 8, 1), "uint8")}
    assert len(traced) < 8, "three predictions to warm up and five to measure, at least, are not computed in Python"
