"""How fast models train and predict: what is measured, and what is left behind."""

from __future__ import annotations

import math
from typing import Literal

import pytest

from hpo.catalog import MODELS
from hpo.data import Outline
from hpo.errors import WeightsError
from hpo.models import ImpossibleArchitectureError
from hpo.models.families.cnn import SimpleCnn

pytestmark = pytest.mark.engine

OUTLINE = Outline(
    shape=(8, 8, 1), class_names=tuple("0123456789"), train_images=100, validation_images=30, is_here=False
)


class Unavailable(SimpleCnn):
    """A family whose pre-trained weights cannot be had."""

    family: Literal["unavailable"] = "unavailable"

    def build(self, shape, classes):
        raise WeightsError("no network")

    def untrained(self, shape, classes):
        return super().untrained(shape, classes)


@pytest.mark.parametrize("batch_size", [16, 30, 1000], ids="batches of {}".format)
def test_a_pace_has_the_speeds_of_training_and_evaluation_and_the_time_until_then(batch_size: int, config_of):
    from hpo.training.measuring.pace import measure_pace

    pace = measure_pace(config_of(f"batch_size: {batch_size}"), OUTLINE, seconds=0.3)
    assert all(math.isfinite(each) and each > 0 for each in (pace.images_per_second, pace.evaluated_images_per_second))
    assert pace.startup_s > 0


def test_without_time_two_steps_are_measured_all_the_same(config_of, monkeypatch: pytest.MonkeyPatch):
    from hpo.training.measuring import pace

    parts: list[int] = []

    def seen(batches):
        def make(data, config, **options):
            parts.append(len(data.train))
            return batches(data, config, **options)

        return make

    for name in ("training_batches", "evaluation_batches"):
        monkeypatch.setattr(pace, name, seen(getattr(pace, name)))
    assert pace.measure_pace(config_of(), OUTLINE, seconds=0.0).images_per_second > 0
    # A full batch and the last one of an epoch (100 = 6 x 16 + 4, 30 = 16 + 14) to get under way; then two full ones.
    assert parts == [16 + 4, 16 + 14, 2 * 16, 2 * 16]


def test_pre_trained_weights_are_not_needed(monkeypatch: pytest.MonkeyPatch):
    from hpo.spaces import read_config
    from hpo.training.measuring.pace import measure_pace

    monkeypatch.setitem(MODELS.built_in, "unavailable", f"{__name__}:Unavailable")
    model = {"family": "unavailable", "depth": 1, "filters": 2}
    config = read_config({"data": {"dataset": "digits"}, "model": model, "training": {}})
    assert measure_pace(config, OUTLINE, seconds=0.0).images_per_second > 0


def test_a_network_that_cannot_be_built_has_no_pace(config_of):
    from hpo.training.measuring.pace import measure_pace

    with pytest.raises(ImpossibleArchitectureError):
        measure_pace(config_of(model="depth: 4"), OUTLINE)


def test_measuring_leaves_nothing_behind_in_the_engine(config_of):
    from tensorflow.python.framework import ops

    from hpo.training.measuring.pace import measure_pace

    before = set(ops.gradient_registry.list())
    measure_pace(config_of(), OUTLINE, seconds=0.0)
    assert set(ops.gradient_registry.list()) == before


def test_a_trial_takes_its_start_and_its_epochs_of_training_and_evaluation():
    from hpo.training.measuring.pace import Pace, trial_seconds

    pace = Pace(images_per_second=50, evaluated_images_per_second=10, startup_s=7)
    assert trial_seconds(pace, OUTLINE, epochs=4) == 7 + 4 * (100 / 50 + 30 / 10)


def test_latency_is_that_of_one_image_of_bytes_through_the_compiled_model():
    import keras

    from hpo.training.measuring.pace import measure_latency

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


@pytest.mark.parametrize(("dtype", "size"), [("float32", 4), ("float16", 2), ("bfloat16", 2)])
def test_megabytes_are_those_of_the_weights_as_they_are_stored(dtype: str, size: int):
    import keras

    from hpo.training.measuring.pace import model_megabytes

    layers = [keras.layers.Dense(500, dtype=dtype), keras.layers.Dropout(0.5), keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((999,)), *layers])
    assert model_megabytes(model) == pytest.approx((500 * 1000 * size + 4 * 500 * 4) / 1e6)
