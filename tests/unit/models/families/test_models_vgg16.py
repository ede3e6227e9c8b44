"""The family vgg16: its variants, freezing, and the order of channels."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from hpo.models import ImpossibleArchitectureError
from hpo.models.families.vgg16 import BASE_LAYERS, NORMALIZED_BASE_LAYERS, Vgg16
from hpo.training.network.symbolic import without_weights

pytestmark = pytest.mark.engine

SHAPE = (32, 32, 3)
SMALL_HEAD = {"dense_units": 0}


@pytest.fixture(scope="module")
def network():
    """Built once: 15 million parameters."""
    return Vgg16(weights="none", **SMALL_HEAD).build(SHAPE, 3)


def symbolic(**options: object):
    return without_weights(lambda: Vgg16(**{"weights": "none", **options}).untrained(SHAPE, 3))


# Variants


def test_the_base_has_the_layers_that_frozen_layers_counts(network):
    assert [layer.name for layer in network.layers] == ["images", "base", "head_pooling", "probabilities"]
    base = network.get_layer("base").layers
    assert len(base) == BASE_LAYERS
    assert [base[0].name, base[1].name, base[-1].name] == ["images", "block1_conv1", "block5_pool"]


def test_the_plain_head_is_two_hidden_layers_on_all_features():
    network = symbolic(head_pooling="flatten", dense_units=[4096, 4096], dropout=0.5)
    names = ["head_pooling", "dense", "dropout", "dense2", "dropout2", "probabilities"]
    assert [layer.name for layer in network.layers[2:]] == names
    assert network.get_layer("dense2").kernel.shape == (4096, 4096)


def test_with_batch_normalization_it_is_vgg16_bn():
    network = symbolic(batch_normalization=True, **SMALL_HEAD)
    base = network.get_layer("base").layers
    kinds = [type(layer).__name__ for layer in base]
    assert len(base) == NORMALIZED_BASE_LAYERS
    assert kinds.count("BatchNormalization") == 13
    assert kinds[:8] == ["InputLayer", *["Conv2D", "BatchNormalization", "Activation"] * 2, "MaxPooling2D"]
    plain = symbolic(**SMALL_HEAD)
    filters = 64 * 2 + 128 * 2 + 256 * 3 + 512 * 6
    assert network.count_params() == plain.count_params() + 3 * filters  # a shift in place of each bias, and 3 more


def test_imagenet_weights_have_no_batch_normalization_between_convolutions():
    with pytest.raises(ValidationError, match="set weights to none, or head_batch_normalization in place of"):
        Vgg16(batch_normalization=True)
    assert Vgg16(head_batch_normalization=True).weights == "imagenet"
    assert Vgg16(batch_normalization=True, weights="/a/base.weights.h5")


def test_extra_layers_stand_between_base_and_head_and_are_not_frozen_with_the_base():
    family = Vgg16(
        weights="none", frozen_layers="all", extra_convolutions=[6, 5], head_batch_normalization=True, dense_units=[4]
    )
    network = without_weights(lambda: family.untrained(SHAPE, 3))
    family.freeze(network)
    trained = [layer.name for layer in network.layers if layer.trainable_weights]
    assert trained == [
        "extra_convolution1",
        "extra_batch_normalization1",
        "extra_convolution2",
        "extra_batch_normalization2",
        "dense",
        "dense_batch_normalization",
        "probabilities",
    ]


def test_it_resizes_images_where_that_is_asked():
    network = without_weights(lambda: Vgg16(weights="none", input_size=48).untrained((8, 8, 3), 3))
    assert network.get_layer("base").input_shape == (None, 48, 48, 3)


# Freezing


@pytest.mark.parametrize("frozen", [0, 4, 15, BASE_LAYERS])
def test_exactly_the_first_layers_are_frozen(frozen: int, network):
    Vgg16(weights="none", frozen_layers=frozen).freeze(network)
    base = network.get_layer("base").layers
    assert [layer.trainable for layer in base] == [False] * frozen + [True] * (BASE_LAYERS - frozen)
    assert network.get_layer("probabilities").trainable


def test_frozen_weights_do_not_move_in_training_and_all_others_do(network):
    images = np.random.default_rng(0).random((4, *SHAPE)).astype(np.float32)
    frozen = 11  # up to and with block3_pool
    Vgg16(weights="none", frozen_layers=frozen).freeze(network)
    layers = [*network.get_layer("base").layers, network.get_layer("probabilities")]
    before = [layer.get_weights() for layer in layers]
    network.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    network.train_on_batch(images, np.asarray([0, 1, 2, 0]))
    for index, (layer, weights) in enumerate(zip(layers, before, strict=True)):
        for old, new in zip(weights, layer.get_weights(), strict=True):
            assert np.array_equal(old, new) == (index < frozen), layer.name


def test_the_number_of_frozen_layers_has_its_range():
    for wrong in (-1, BASE_LAYERS + 1):
        with pytest.raises(ValidationError):
            Vgg16(frozen_layers=wrong)
    normalized = {"weights": "none", "batch_normalization": True}
    assert Vgg16(**normalized, frozen_layers=NORMALIZED_BASE_LAYERS)
    with pytest.raises(ValidationError):
        Vgg16(**normalized, frozen_layers=NORMALIZED_BASE_LAYERS + 1)


# Weights


def test_without_a_network_the_imagenet_weights_are_a_weights_error(tmp_path: Path):
    """Keras' own download, through a proxy that nobody listens at."""
    code = (
        "from hpo.models.families.vgg16 import Vgg16\n"
        "from hpo.errors import WeightsError\n"
        "try:\n    Vgg16(weights='imagenet').build((32, 32, 3), 3)\n"
        "except WeightsError as error:\n    print('WeightsError', error)\n"
    )
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = {**os.environ, **proxies, "no_proxy": "", "NO_PROXY": "", "KERAS_HOME": str(tmp_path)}
    shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "WeightsError model.weights: the ImageNet weights of vgg16 are downloaded once" in shown.stdout, shown.stderr
    assert "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5" in shown.stdout
    assert "put the file that it asks for into ~/.keras/models" in shown.stdout
    assert "give the path of a weights file, or set weights to none" in shown.stdout


def test_imagenet_weights_take_rgb_and_compute_what_keras_computes_for_bgr(network, monkeypatch: pytest.MonkeyPatch):
    """Weights for BGR, preprocessed by Keras, against the family's network under `normalization: imagenet`."""
    import keras

    from hpo.data import Part, TrialData, make_normalization_layer

    original, asked = network.get_layer("base"), {}

    def pretrained(**options: object):
        asked.update(options)
        base = keras.Model.from_config(original.get_config())
        base.set_weights(original.get_weights())
        return base

    monkeypatch.setattr(keras.applications, "VGG16", pretrained)
    family = Vgg16(weights="imagenet", **SMALL_HEAD)
    features = family.build(SHAPE, 3).get_layer("base")
    rgb = np.random.default_rng(0).integers(0, 256, (2, *SHAPE), np.uint8)
    part = Part(rgb, np.zeros(len(rgb), np.int32))
    scale = family.imagenet_scale()
    normalize = make_normalization_layer("imagenet", TrialData(("a", "b"), part, part), scale.mean, scale.deviation)
    expected = original(keras.applications.vgg16.preprocess_input(rgb.astype(np.float32)))
    assert asked["weights"] == "imagenet"
    assert np.asarray(expected).any()
    np.testing.assert_allclose(np.asarray(features(normalize(rgb))), np.asarray(expected), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("weights", ["imagenet", "file"])
def test_untrained_it_keeps_its_rules_and_reads_no_weights(
    weights: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    import keras

    def without_any(make=keras.applications.VGG16, **options: object):
        assert options["weights"] is None
        return make(**options)

    monkeypatch.setattr(keras.applications, "VGG16", without_any)
    family = Vgg16(weights=tmp_path / "gone.weights.h5" if weights == "file" else "imagenet")
    assert family.untrained(SHAPE, 3).output_shape == (None, 3)
    with pytest.raises(ImpossibleArchitectureError, match="32 pixels or more"):
        family.untrained((16, 16, 3), 3)
    if weights == "imagenet":
        with pytest.raises(ImpossibleArchitectureError, match="3 channels"):
            family.untrained((32, 32, 1), 3)


# Images


@pytest.mark.parametrize("batch_normalization", [False, True])
@pytest.mark.parametrize("shape", [(31, 32, 3), (32, 8, 3)])
def test_images_of_less_than_32_pixels_are_impossible(shape: tuple[int, int, int], batch_normalization: bool):
    text = (
        rf"vgg16 needs images of 32 pixels or more\. Received {shape[0]} x {shape[1]}\. Raise data\.image_size, "
        r"or set model\.input_size to 32 or more\."
    )
    with pytest.raises(ImpossibleArchitectureError, match=text):
        Vgg16(weights="none", batch_normalization=batch_normalization).build(shape, 3)


def test_imagenet_weights_need_three_channels():
    rule = r"3 channels\. Received 1\. Set data\.color to rgb, or model\.weights to none\."
    with pytest.raises(ImpossibleArchitectureError, match=rule):
        Vgg16(weights="imagenet").build((32, 32, 1), 3)


def test_grey_images_are_possible_without_imagenet_weights():
    family = Vgg16(weights="none", **SMALL_HEAD)
    assert without_weights(lambda: family.untrained((32, 32, 1), 3)).input_shape == (None, 32, 32, 1)
