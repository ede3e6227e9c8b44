"""The family resnet50v2: each number of it is an option, and the network itself resizes images."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.models import ImpossibleArchitectureError
from hpo.models.families.application import ResNet50V2
from hpo.training.network.symbolic import without_weights

pytestmark = pytest.mark.engine


def symbolic(shape: tuple[int, int, int] = (32, 32, 3), **options: object):
    return without_weights(lambda: ResNet50V2(**options).untrained(shape, 10))


def test_by_default_it_is_the_known_recipe():
    network = symbolic()
    assert [operation.name for operation in network.operations] == [
        "images",
        "resizing",
        "gaussian_noise",
        "base",
        "head_pooling",
        "dense",
        "dropout",
        "probabilities",
    ]
    assert network.input_shape == (None, 32, 32, 3)
    assert network.get_layer("base").input_shape == (None, 224, 224, 3)
    assert network.get_layer("gaussian_noise").stddev == 0.1
    assert type(network.get_layer("head_pooling")).__name__ == "GlobalAveragePooling2D"
    dense = network.get_layer("dense")
    assert dense.units == 128
    assert float(dense.kernel_regularizer.l2) == pytest.approx(0.001)
    assert float(dense.bias_regularizer.l2) == pytest.approx(0.001)
    assert network.get_layer("dropout").rate == 0.05


def test_every_number_is_an_option():
    network = symbolic(
        input_size=64, gaussian_noise=0.5, dense_units=7, kernel_l2=0.0, bias_l2=0.25, dropout=0.5, head_pooling="max"
    )
    assert network.get_layer("base").input_shape == (None, 64, 64, 3)
    assert network.get_layer("gaussian_noise").stddev == 0.5
    assert network.get_layer("dense").units == 7
    assert network.get_layer("dense").kernel_regularizer is None
    assert float(network.get_layer("dense").bias_regularizer.l2) == pytest.approx(0.25)
    assert network.get_layer("dropout").rate == 0.5


@pytest.mark.parametrize("options", [{"input_size": None}, {"input_size": 32}])
def test_images_of_the_right_size_are_not_resized(options: dict):
    network = symbolic(**options, gaussian_noise=0.0)
    assert [layer.name for layer in network.layers][:2] == ["images", "base"]
    assert len(network.operations) == len(network.layers)


def test_the_file_turns_resizing_off_by_a_word():
    assert ResNet50V2.model_validate({"input_size": "none"}).input_size is None


def test_small_images_are_possible_where_the_network_resizes_them_and_told_where_it_does_not():
    assert symbolic((8, 8, 3)).output_shape == (None, 10)
    text = r"resnet50v2 needs images of 32 pixels or more\. Received 8 x 8\. Raise data\.image_size, or set model\.inp"
    with pytest.raises(ImpossibleArchitectureError, match=text):
        symbolic((8, 8, 3), input_size=None)


def test_its_imagenet_weights_expect_pixels_from_minus_1_to_1():
    scale = ResNet50V2().imagenet_scale()
    pixels = np.asarray([0.0, 127.5, 255.0])
    np.testing.assert_allclose((pixels - scale.mean) / scale.deviation, [-1, 0, 1])
    assert ResNet50V2().is_pretrained
    assert not ResNet50V2(weights="none").is_pretrained


def test_frozen_layers_counts_the_190_layers_of_the_base():
    family = ResNet50V2(frozen_layers=190, input_size=None)
    network = without_weights(lambda: family.untrained((32, 32, 3), 10))
    family.freeze(network)
    assert [tuple(weight.shape) for weight in network.trainable_weights] == [(2048, 128), (128,), (128, 10), (10,)]
    family.freeze(network, "conv4_block6_out")
    assert all(weight.path.startswith(("conv5", "post", "dense", "prob")) for weight in network.trainable_weights)
