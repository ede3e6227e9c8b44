"""The family vgg16_small: the recipe that it follows, layer by layer."""

from __future__ import annotations

import pytest

from hpo.models import ImpossibleArchitectureError
from hpo.models.families.vgg16 import Vgg16Small
from hpo.training.network.symbolic import without_weights

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def network():
    return without_weights(lambda: Vgg16Small().untrained((32, 32, 3), 10))


def of_kind(network, kind: str) -> list:
    return [layer for layer in network.layers if type(layer).__name__ == kind]


def test_it_has_the_convolutions_of_vgg16(network):
    filters = [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    assert [layer.filters for layer in of_kind(network, "Conv2D")] == filters
    assert len(of_kind(network, "MaxPooling2D")) == 5


def test_dropout_stands_between_convolutions_after_the_last_pooling_and_before_the_output(network):
    assert [layer.rate for layer in of_kind(network, "Dropout")] == [0.3] + [0.4] * 7 + [0.5, 0.5]
    names = [layer.name for layer in network.layers]
    assert names[names.index("block5_pooling") + 1] == "block5_dropout"
    assert names[-2:] == ["dropout", "probabilities"]


def test_batch_normalization_follows_each_activation(network):
    kinds = [type(layer).__name__ for layer in network.layers]
    after_convolutions = [kinds[index + 1 : index + 3] for index, kind in enumerate(kinds) if kind == "Conv2D"]
    assert after_convolutions == [["Activation", "BatchNormalization"]] * 13
    assert kinds[-5:] == ["Flatten", "Dense", "BatchNormalization", "Dropout", "Dense"]


def test_weights_decay_in_all_layers_but_the_output_layer(network):
    layers = [*of_kind(network, "Conv2D"), *of_kind(network, "Dense")]
    assert [layer.kernel_regularizer is not None for layer in layers] == [True] * 14 + [False]
    assert float(layers[0].kernel_regularizer.l2) == pytest.approx(5e-4)


def test_it_has_the_parameters_of_the_recipe(network):
    convolutions = sum(9 * a * b + b for a, b in [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256)])
    convolutions += 2 * (9 * 256 * 256 + 256) + (9 * 256 * 512 + 512) + 5 * (9 * 512 * 512 + 512)
    normalization = 4 * (64 * 2 + 128 * 2 + 256 * 3 + 512 * 6 + 512)
    assert network.count_params() == convolutions + normalization + (512 * 512 + 512) + (512 * 10 + 10)


def test_images_of_less_than_32_pixels_are_impossible():
    with pytest.raises(ImpossibleArchitectureError, match=r"Received 31 x 40\. Raise data\.image_size\."):
        Vgg16Small().untrained((31, 40, 3), 10)
