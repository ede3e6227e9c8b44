"""What is kept of a trained model."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpo.data import Part, TrialData
from hpo.data.pixels.reduction import Depth, Reduction

pytestmark = pytest.mark.engine

AUGMENTATION = "{flip: both, crop: 2, rotation: 20, cutout: 3, contrast: 0.3}"


@pytest.mark.parametrize("grey_to_rgb", [False, True])
def test_a_saved_model_called_in_any_way_predicts_what_the_trained_one_does(
    grey_to_rgb, config_of, run, data, tmp_path: Path
):
    import keras

    config = config_of(data=f"normalization: standardize, augmentation: {AUGMENTATION}")
    outcome = run(config, on=replace(data, grey_to_rgb=grey_to_rgb))
    outcome.save_model(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    images = data.validation.images
    predicted = model.predict(images, verbose=0)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(images)), predicted, atol=1e-6)
    accuracy = float((predicted.argmax(axis=1) == data.validation.labels).mean())
    assert accuracy == pytest.approx(outcome.values[0], abs=1e-6)
    assert not any(type(layer).__name__.startswith("Random") for layer in model.layers)


@pytest.fixture
def saved(config_of, data, tmp_path: Path):
    """Saves a model of the config's data section as a trial does, and loads it; its path beside it."""
    import keras

    from hpo.training.network.model import build_model
    from hpo.training.trial.saving import describe_model, resize_of, save_model

    def save(section: str, on=data):
        config = config_of(data=section)
        built = build_model(config, on)
        path = tmp_path / "model.keras"
        save_model(built.model, path, resize=resize_of(config), about=describe_model(config, on))
        return built.model, keras.models.load_model(path), path

    return save


@pytest.mark.parametrize("resize", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("grey_to_rgb", [False, True])
def test_a_saved_model_takes_images_of_any_size_and_resizes_as_training_did(saved, data, resize, grey_to_rgb):
    from hpo.data.pixels.resizing import Resizing

    trained, model, _ = saved(f"image_size: 8, resize: {resize}", replace(data, grey_to_rgb=grey_to_rgb))
    assert model.input_shape == (None, None, None, 1)
    images = np.random.default_rng(0).integers(0, 256, (4, 16, 24, 1), np.uint8)
    resized = Resizing(8, resize).apply_batch(images)
    np.testing.assert_allclose(model.predict(images, verbose=0), trained.predict(resized, verbose=0), atol=0.02)
    images = data.validation.images
    np.testing.assert_array_equal(model.predict(images, verbose=0), trained.predict(images, verbose=0))


def test_images_that_were_not_resized_are_stretched_where_they_have_another_size(saved):
    _, model, path = saved("resize: crop")
    assert about_of(path)["resize"] == "stretch"
    assert model.predict(np.zeros((1, 5, 9, 1), np.uint8), verbose=0).shape == (1, 2)


def test_the_file_says_classes_colour_and_config(saved, data):
    reduced = replace(data, reduction={"range": [0.0, 2150.0]})
    about = about_of(saved("image_size: 8, resize: pad", reduced)[2])
    assert about["classes"] == ["dark", "bright"]
    assert (about["color_mode"], about["image_size"], about["resize"]) == ("grayscale", [8, 8], "pad")
    assert about["range"] == [0.0, 2150.0]
    assert about["config"]["model"]["filters"] == 2
    assert about["made_with"].keys() == {"hpo", "keras", "tensorflow", "pillow"}


def test_calling_a_saved_network_of_somebody_predicts_and_moves_nothing(data, tmp_path: Path):
    import keras
    from keras import layers

    from hpo.training.trial.saving import save_model

    keras.utils.set_random_seed(0)
    seen = keras.Input((8, 8, 1))
    features = layers.Resizing(12, 12)(seen)  # which trains unless it is told not to
    features = layers.BatchNormalization()(layers.Conv2D(4, 3)(features))
    features = layers.Dropout(0.5)(layers.Flatten()(features))
    network = keras.Model(seen, layers.Dense(2, "softmax")(features), name="network")
    images = keras.Input((8, 8, 1), dtype="uint8", name="images")
    trained = keras.Model(images, network(layers.Rescaling(1 / 255)(images)))
    save_model(trained, tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    before = model.get_weights()
    expected = trained.predict(data.validation.images, verbose=0)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(data.validation.images)), expected, atol=1e-6)
    np.testing.assert_allclose(model.predict(data.validation.images, verbose=0), expected, atol=1e-6)
    assert all(np.array_equal(was, now) for was, now in zip(before, model.get_weights(), strict=True))


def about_of(path: Path) -> dict[str, object]:
    """What the file says of its model."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("hpo.json"))


def test_saving_leaves_the_trained_model_as_it_was(config_of, data, tmp_path: Path):
    from hpo.training.network.model import build_model
    from hpo.training.trial.saving import save_model

    built = build_model(config_of(data="augmentation: {flip: both}"), data)
    before = [layer.name for layer in built.model.layers]
    save_model(built.model, tmp_path / "model.keras")
    assert [layer.name for layer in built.model.layers] == before
    assert not np.allclose(
        np.asarray(built.model(data.train.images, training=True)), built.model.predict(data.train.images, verbose=0)
    )
    built.model.fit(data.train.images, data.train.labels, verbose=0)


@pytest.mark.parametrize(
    ("asked", "in_bytes"),
    [
        (Reduction((0.0, 2150.0)), lambda stored: np.rint(np.clip(stored / 2150, 0, 1) * 255)),
        (Reduction(bits=12), lambda stored: np.clip(stored // 16, 0, 255)),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_model_of_deep_images_takes_them_as_they_are_stored(
    *, asked, in_bytes, channels, precision, config_of, data, tmp_path: Path
):
    import keras

    from hpo.training.measuring.saved_model import predict_with
    from hpo.training.network.model import build_model
    from hpo.training.trial.saving import depth_in, describe_model, save_model

    parts = [Part(part.images.repeat(channels, -1), part.labels) for part in (data.train, data.validation)]
    data = TrialData(data.classes, *parts, depth=Depth(asked))
    config = config_of(training=f"epochs: 1, precision: {precision}")
    built = build_model(config, data)
    path = tmp_path / "model.keras"
    save_model(built.model, path, depth=depth_in(data), about=describe_model(config, data))
    model = keras.models.load_model(path)
    about = about_of(path)
    assert (about["dtype"], about["color_mode"], model.input_shape[-1]) == ("float32", "grayscale", 1)
    stored = np.random.default_rng(0).integers(0, 5000, (6, 8, 8, 1), np.uint16)
    expected = built.model.predict(in_bytes(stored.astype(np.int64)).astype(np.uint8).repeat(channels, -1), verbose=0)
    np.testing.assert_allclose(model.predict(stored, verbose=0), expected, atol=1e-3)
    np.testing.assert_allclose(np.asarray(model(stored.astype("float32"))), expected, atol=1e-3)
    bytes_of = built.model.predict(data.validation.images, verbose=0).argmax(axis=1) == data.validation.labels
    predicted = predict_with(path, data.validation, data.classes, batch_size=16).argmax(axis=1)
    assert (predicted == data.validation.labels).mean() == pytest.approx(bytes_of.mean())


def test_a_saved_model_averages_over_versions_of_an_image_if_it_is_asked_to(config_of, run, data, tmp_path: Path):
    import keras

    outcome = run(config_of(data="normalization: standardize, test_time_augmentation: {flip: horizontal, shift: 2}"))
    outcome.save_model(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    images, built = data.validation.images, outcome.save_model.args[0]

    def move(down: int, right: int, *, is_flipped: bool) -> np.ndarray:
        padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
        moved = padded[:, 2 - down : 10 - down, 2 - right : 10 - right]
        return moved[:, :, ::-1] if is_flipped else moved

    ways = [(0, 0), (2, 0), (-2, 0), (0, 2), (0, -2)]
    versions = [move(*way, is_flipped=is_flipped) for is_flipped in (False, True) for way in ways]
    each = [built.model.predict(version, verbose=0) for version in versions]
    predicted = model.predict(images, verbose=0)
    np.testing.assert_allclose(predicted, np.mean(each, axis=0), atol=1e-6)
    assert np.abs(predicted - each[0]).max() > 1e-4
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(images)), predicted, atol=1e-6)
    kept = np.load(tmp_path / "model.validation.npz")
    np.testing.assert_allclose(kept["probabilities"], predicted, atol=1e-6)
    about = json.loads((tmp_path / "model.json").read_text())
    assert about["test_time_augmentation"] == {"flip": "horizontal", "shift": 2}
    assert outcome.values[0] == pytest.approx(np.mean(each[0].argmax(axis=1) == data.validation.labels), abs=1e-6)
