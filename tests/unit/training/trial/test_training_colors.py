"""Grey images and colour images, and networks that want the other; the exported model takes raw images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpo.data import DataStore, Part, TrialData
from hpo.data.pixels.images import compute_channel_statistics
from hpo.spaces import read_config

pytestmark = pytest.mark.engine


def config_of(data: dict[str, object]):
    return read_config(
        {
            "data": data,
            "model": {"family": "simple_cnn", "depth": 1, "filters": 4, "dense_units": 4},
            "training": {"batch_size": 64},
        }
    )


@pytest.fixture
def grey_data() -> dict[str, object]:
    return {"dataset": "digits", "color": "rgb", "image_size": 8, "normalization": "standardize"}


def test_grey_images_become_rgb_inside_the_model(grey_data: dict[str, object]):
    from hpo.training.network.model import build_model

    config = config_of(grey_data)
    data = DataStore(0).prepare(config.data).trial
    model = build_model(config, data).model
    assert (data.input_shape, data.shape) == ((8, 8, 1), (8, 8, 3))
    assert model.input_shape == (None, 8, 8, 1)
    seen = np.asarray(model.get_layer("standardize")(model.get_layer("grey_to_rgb")([data.train.images] * 3)))
    assert seen.shape[-1] == 3
    np.testing.assert_allclose(seen.mean(axis=(0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_array_equal(seen[..., 0], seen[..., 2])


def test_the_outline_says_what_goes_in_and_what_networks_see(grey_data: dict[str, object]):
    from hpo.training.network.model import build_untrained

    config = config_of(grey_data)
    outline = config.data.outline(0)
    assert outline == DataStore(0).prepare(config.data).trial.outline
    assert (outline.input_shape, outline.shape) == ((8, 8, 1), (8, 8, 3))
    assert build_untrained(config, outline).model.input_shape == (None, 8, 8, 1)


def test_making_grey_images_rgb_costs_no_operations(grey_data: dict[str, object]):
    from hpo.training.network.model import symbolic_model

    config = config_of(grey_data)
    outline = config.data.outline(0)
    grey, colour = (symbolic_model(config, each).cost for each in (outline, replace(outline, grey_to_rgb=False)))
    assert (grey.parameters, grey.flops) == (colour.parameters, colour.flops)


def test_a_grey_network_can_be_trained_on_colour(tmp_path: Path):
    from PIL import Image

    for name, colour in (("a", (255, 0, 0)), ("b", (0, 0, 255))):
        (tmp_path / "train" / name).mkdir(parents=True)
        (tmp_path / "val" / name).mkdir(parents=True)
        for part in ("train", "val"):
            Image.new("RGB", (8, 8), colour).save(tmp_path / part / name / "1.png")
    data = DataStore(0).prepare(config_of({"dataset": "folder", "path": str(tmp_path), "color": "grey"}).data).trial
    assert data.shape == data.input_shape == (8, 8, 1)
    assert np.unique(data.train.images).tolist() == [29, 76]


@pytest.mark.parametrize("normalization", ["standardize", "unit"])
@pytest.mark.parametrize("color", ["rgb", "as_is"])
def test_an_exported_model_predicts_from_raw_images_what_the_model_of_the_trial_did(
    tmp_path: Path, normalization: str, color: str
):
    import keras

    from hpo.data.layers.batches import Batches
    from hpo.data.sets.digits import Digits
    from hpo.training.network.model import build_model

    config = config_of({"dataset": "digits", "normalization": normalization, "color": color})
    data = DataStore(0).prepare(config.data).trial
    model = build_model(config, data).model
    model.fit(Batches(data.train, 64, seed=0), epochs=1, verbose=0)
    expected = model.predict(Batches(data.validation, 64), verbose=0)
    model.save(tmp_path / "model.keras")

    raw = Digits().load(0).train.images
    raw = np.stack([image for image in raw if image.tobytes() in {each.tobytes() for each in data.validation.images}])
    assert (raw.dtype, raw.shape) == (np.uint8, data.validation.images.shape)
    probabilities = keras.models.load_model(tmp_path / "model.keras").predict(raw, verbose=0)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)


def test_statistics_of_many_images_are_computed_once_for_all_workers(monkeypatch: pytest.MonkeyPatch):
    from hpo.data import trial_data

    monkeypatch.setattr(trial_data, "LARGE", 1)
    computed: list[Part] = []
    monkeypatch.setattr(
        trial_data, "compute_channel_statistics", lambda part: computed.append(part) or compute_channel_statistics(part)
    )
    config = config_of({"dataset": "digits", "image_size": 11})
    first, second = (DataStore(0).prepare(config.data).trial.statistics for _ in range(2))
    assert len(computed) == 1
    np.testing.assert_array_equal(first, second)
    other = DataStore(1).prepare(config.data).trial.statistics
    assert len(computed) == 2, "another seed has other training images"
    assert not np.array_equal(first, other)


def test_statistics_are_of_the_training_images_alone():
    train = Part(np.full((3, 2, 2, 1), 10, np.uint8), np.zeros(3, np.int32))
    other = Part(np.full((3, 2, 2, 1), 200, np.uint8), np.zeros(3, np.int32))
    mean, deviation = TrialData(("a", "b"), train, other).statistics
    assert (mean.tolist(), deviation.tolist()) == ([10], [0])
