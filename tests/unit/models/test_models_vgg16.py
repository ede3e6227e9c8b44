"""The family vgg16: freezing, weights, and the order of channels."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from hpo.errors import WeightsError
from hpo.models import ImpossibleArchitectureError
from hpo.models.vgg16 import BASE_LAYERS, Vgg16

pytestmark = pytest.mark.engine

SHAPE = (32, 32, 3)
SMALL_HEAD = {"dense_units": 0}


@pytest.fixture(scope="module")
def network():
    """Built once: 15 million parameters."""
    return Vgg16(weights="none", frozen_layers=0, **SMALL_HEAD).build(SHAPE, 3)


def base_of(network):
    """The convolutions, which is what a weights file holds."""
    import keras

    return keras.Model(network.input, network.get_layer("block5_pool").output)


def test_the_base_has_the_layers_that_frozen_layers_counts(network):
    names = [layer.name for layer in network.layers]
    assert names.index("block5_pool") == BASE_LAYERS - 1
    assert names[BASE_LAYERS:] == ["head_pooling", "probabilities"]


@pytest.mark.parametrize("frozen", [0, 4, BASE_LAYERS])
def test_exactly_the_first_layers_are_frozen(frozen: int):
    family = Vgg16(weights="none", frozen_layers=frozen, **SMALL_HEAD)
    model = family.build(SHAPE, 3)
    family.freeze(model)
    assert [layer.trainable for layer in model.layers] == [False] * frozen + [True] * (len(model.layers) - frozen)


def test_frozen_weights_do_not_move_in_training_and_all_others_do(network):
    images = np.random.default_rng(0).random((4, *SHAPE)).astype(np.float32)
    frozen = 11  # up to and with block3_pool
    for index, layer in enumerate(network.layers):
        layer.trainable = index >= frozen
    before = [layer.get_weights() for layer in network.layers]
    network.compile("adam", "sparse_categorical_crossentropy")
    network.train_on_batch(images, np.asarray([0, 1, 2, 0]))
    for index, (layer, weights) in enumerate(zip(network.layers, before, strict=True)):
        for old, new in zip(weights, layer.get_weights(), strict=True):
            assert np.array_equal(old, new) == (index < frozen), layer.name


def test_the_number_of_frozen_layers_has_its_range():
    for wrong in (-1, BASE_LAYERS + 1):
        with pytest.raises(ValidationError):
            Vgg16(frozen_layers=wrong)


# Weights


def test_weights_come_from_a_file(network, tmp_path: Path):
    base_of(network).save_weights(tmp_path / "base.weights.h5")
    loaded = Vgg16(weights=tmp_path / "base.weights.h5", **SMALL_HEAD).build(SHAPE, 5)
    for mine, theirs in zip(base_of(loaded).get_weights(), base_of(network).get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert loaded.output_shape == (None, 5)


def test_a_weights_file_that_does_not_exist_is_named(tmp_path: Path):
    with pytest.raises(WeightsError, match=r"model\.weights: a weights file holds the base of vgg16\. Received .*gone"):
        Vgg16(weights=tmp_path / "gone.weights.h5").build(SHAPE, 3)


@pytest.mark.parametrize("name", ["base.weights.h5", "base.h5", "base.keras", "base.bin"])
def test_a_file_that_holds_no_weights_is_named(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"no weights at all")
    with pytest.raises(WeightsError, match=rf"Received .*{name}: "):
        Vgg16(weights=tmp_path / name).build(SHAPE, 3)


@pytest.mark.filterwarnings("ignore:Skipping nested container:UserWarning")  # Keras, before it refuses the file
@pytest.mark.parametrize("name", ["other.weights.h5", "other.keras", "other.h5"])
def test_the_weights_of_another_network_are_refused(tmp_path: Path, name: str):
    import keras

    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    if name.endswith(".weights.h5"):
        other.save_weights(tmp_path / name)
    elif name.endswith(".keras"):
        other.save(tmp_path / name)
    else:
        import h5py

        with h5py.File(tmp_path / name, "w") as file:
            file["dense"] = np.zeros(3)
    with pytest.raises(WeightsError, match=rf"Received .*{name}: "):
        Vgg16(weights=tmp_path / name).build(SHAPE, 3)


def test_without_a_network_the_imagenet_weights_are_a_weights_error(tmp_path: Path):
    """Keras' own download, through a proxy that nobody listens at."""
    code = (
        "from hpo.models.vgg16 import Vgg16\n"
        "from hpo.errors import WeightsError\n"
        "try:\n    Vgg16(weights='imagenet').build((32, 32, 3), 3)\n"
        "except WeightsError as error:\n    print('WeightsError', error)\n"
    )
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = {**os.environ, **proxies, "no_proxy": "", "NO_PROXY": "", "KERAS_HOME": str(tmp_path)}
    shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "WeightsError model.weights: the ImageNet weights of vgg16 are downloaded once" in shown.stdout, shown.stderr
    assert "give the path of a weights file, or set weights to none" in shown.stdout


def test_imagenet_weights_take_rgb_and_compute_what_keras_computes_for_bgr(network, monkeypatch: pytest.MonkeyPatch):
    """Weights for BGR, preprocessed by Keras, against the family's network under `normalization: imagenet`."""
    import keras

    from hpo.data import Part, TrialData, normalization_layer

    asked = {}

    def pretrained(**options: object):
        asked.update(options)
        base = keras.Model.from_config(base_of(network).get_config())
        base.set_weights(base_of(network).get_weights())
        return base

    monkeypatch.setattr(keras.applications, "VGG16", pretrained)
    family = Vgg16(weights="imagenet", **SMALL_HEAD)
    features = base_of(family.build(SHAPE, 3))
    rgb = np.random.default_rng(0).integers(0, 256, (2, *SHAPE), np.uint8)
    part = Part(rgb, np.zeros(len(rgb), np.int32))
    normalize = normalization_layer(
        "imagenet",
        TrialData(("a", "b"), part, part),
        family.imagenet_scale().mean,
        family.imagenet_scale().deviation,
    )
    expected = base_of(network)(keras.applications.vgg16.preprocess_input(rgb.astype(np.float32)))
    assert asked["weights"] == "imagenet"
    assert np.asarray(expected).any()
    np.testing.assert_allclose(np.asarray(features(normalize(rgb))), np.asarray(expected), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("weights", ["none", "file"])
def test_other_weights_keep_their_order_of_channels(weights: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    import keras

    base = keras.applications.VGG16(include_top=False, weights=None, input_shape=SHAPE)
    base.save_weights(tmp_path / "base.weights.h5")
    kernel = base.get_layer("block1_conv1").get_weights()[0]
    monkeypatch.setattr(keras.applications, "VGG16", lambda **options: base)
    built = Vgg16(weights=tmp_path / "base.weights.h5" if weights == "file" else "none").build(SHAPE, 3)
    np.testing.assert_array_equal(built.get_layer("block1_conv1").get_weights()[0], kernel)


@pytest.mark.parametrize("weights", ["imagenet", "file"])
def test_untrained_it_keeps_its_rules_and_reads_no_weights(
    weights: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    import keras

    def without_weights(make=keras.applications.VGG16, **options: object):
        assert options["weights"] is None
        return make(**options)

    monkeypatch.setattr(keras.applications, "VGG16", without_weights)
    family = Vgg16(weights=tmp_path / "gone.weights.h5" if weights == "file" else "imagenet")
    assert family.untrained(SHAPE, 3).output_shape == (None, 3)
    with pytest.raises(ImpossibleArchitectureError, match="32 pixels or more"):
        family.untrained((16, 16, 3), 3)
    if weights == "imagenet":
        with pytest.raises(ImpossibleArchitectureError, match="3 channels"):
            family.untrained((32, 32, 1), 3)


# Images


@pytest.mark.parametrize("shape", [(31, 32, 3), (32, 8, 3)])
def test_images_of_less_than_32_pixels_are_impossible(shape: tuple[int, int, int]):
    text = rf"vgg16 needs images of 32 pixels or more\. Received {shape[0]} x {shape[1]}\. Raise data\.image_size\."
    with pytest.raises(ImpossibleArchitectureError, match=text):
        Vgg16(weights="none").build(shape, 3)


def test_imagenet_weights_need_three_channels():
    with pytest.raises(ImpossibleArchitectureError, match=r"3 channels\. Received 1\. Set model\.weights to none\."):
        Vgg16(weights="imagenet").build((32, 32, 1), 3)


def test_grey_images_are_possible_without_imagenet_weights():
    assert Vgg16(weights="none", **SMALL_HEAD).build((32, 32, 1), 3).input_shape == (None, 32, 32, 1)


def test_the_file_may_give_the_weights_as_a_word_or_as_a_path():
    assert Vgg16().weights == "imagenet"
    assert Vgg16(weights="none").weights == "none"
    assert Vgg16(weights="/a/base.weights.h5").weights == Path("/a/base.weights.h5")
