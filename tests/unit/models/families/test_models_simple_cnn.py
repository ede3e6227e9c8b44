"""The family simple_cnn: what each option does to the network."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from pydantic import ValidationError

from hpo.models import ImpossibleArchitectureError
from hpo.models.families.cnn import SimpleCnn

pytestmark = pytest.mark.engine

SHAPE = (16, 16, 3)


def build(shape: tuple[int, int, int] = SHAPE, classes: int = 4, **options: object):
    return SimpleCnn(**{"filters": 2, "dense_units": 3, **options}).build(shape, classes)


def layers_of(model, kind: str) -> list:
    return [layer for layer in model.layers if type(layer).__name__ == kind]


def test_one_number_of_filters_doubles_from_block_to_block():
    assert [block.filters for block in SimpleCnn(depth=4, filters=3).list_blocks()] == [3, 6, 12, 24]
    model = build(depth=3, filters=2)
    assert [layer.filters for layer in layers_of(model, "Conv2D")] == [2, 4, 8]


def test_a_list_gives_each_block_its_filters():
    model = build(depth=2, filters=[5, 3])
    assert [layer.filters for layer in layers_of(model, "Conv2D")] == [5, 3]


def test_a_list_may_be_longer_than_the_depth_so_that_both_can_be_searched():
    assert [block.filters for block in SimpleCnn(depth=2, filters=[5, 3, 7]).list_blocks()] == [5, 3]


def test_a_list_that_is_shorter_than_the_depth_is_refused():
    with pytest.raises(ValidationError, match="a list with a number for each of the 3 blocks"):
        SimpleCnn(depth=3, filters=[5, 3])


def test_each_block_halves_the_image_when_pooling():
    model = build(depth=3)
    assert len(layers_of(model, "MaxPooling2D")) == 3
    assert model.get_layer("head_pooling").input.shape[1:3] == (2, 2)


def test_without_pooling_the_image_keeps_its_size_at_any_depth():
    model = build((4, 4, 1), depth=5, max_pooling=False, filters=[1, 1, 1, 1, 1])
    assert not layers_of(model, "MaxPooling2D")
    assert model.get_layer("head_pooling").input.shape[1:3] == (4, 4)


@pytest.mark.parametrize(("shape", "depth"), [((8, 8, 1), 4), ((64, 7, 3), 3), ((31, 31, 3), 5)])
def test_more_poolings_than_the_image_has_pixels_for_are_impossible(shape: tuple[int, int, int], depth: int):
    text = (
        rf"{depth} poolings of 2 x 2 need images of {2**depth} pixels or more\. Received {shape[0]} x {shape[1]}\. "
        r"Take fewer blocks, raise data\.image_size, or set model\.max_pooling to false\."
    )
    with pytest.raises(ImpossibleArchitectureError, match=text):
        build(shape, depth=depth)


@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 15, 3)])
def test_as_many_poolings_as_the_image_has_pixels_for_are_possible(shape: tuple[int, int, int]):
    assert build(shape, depth=3).output_shape == (None, 4)


def test_dropout_layers_exist_only_above_0():
    assert not layers_of(build(), "Dropout")
    assert [layer.rate for layer in layers_of(build(dropout=0.4), "Dropout")] == [0.4]
    assert [layer.rate for layer in layers_of(build(depth=2, block_dropout=0.2, dropout=0.4), "Dropout")] == [
        0.2,
        0.2,
        0.4,
    ]


def test_batch_normalization_stands_between_convolution_and_activation_and_takes_the_place_of_the_bias():
    model = build(depth=1, batch_normalization=True)
    names = [layer.name for layer in model.layers]
    convolution = names.index("block1_convolution")
    assert names[convolution + 1 : convolution + 3] == ["block1_batch_normalization", "block1_activation"]
    assert not model.get_layer("block1_convolution").use_bias
    without = build(depth=1, batch_normalization=False)
    assert not layers_of(without, "BatchNormalization")
    assert without.get_layer("block1_convolution").use_bias


@pytest.mark.parametrize("activation", ["relu", "elu", "gelu", "selu", "silu", "leaky_relu", "tanh"])
def test_every_activation_is_one_of_keras(activation: str):
    import keras

    layer = build(depth=1, activation=activation).get_layer("block1_activation")
    values = np.linspace(-2, 2, 9, dtype=np.float32)
    np.testing.assert_allclose(layer(values), keras.activations.get(activation)(values), rtol=1e-6)


def test_the_kernel_size_is_the_side_of_every_kernel():
    assert {layer.kernel_size for layer in layers_of(build(depth=2, kernel_size=5), "Conv2D")} == {(5, 5)}


@pytest.mark.parametrize(("pooling", "length"), [("flatten", 8 * 8 * 2), ("average", 2), ("max", 2)])
def test_head_pooling_makes_a_vector_of_the_feature_maps(pooling: str, length: int):
    assert build(depth=1, head_pooling=pooling).get_layer("dense").input.shape == (None, length)


def test_0_dense_units_leave_the_hidden_layer_out():
    assert [layer.name for layer in layers_of(build(dense_units=0), "Dense")] == ["probabilities"]
    assert [layer.units for layer in layers_of(build(dense_units=7), "Dense")] == [7, 4]


@pytest.mark.parametrize(
    "options",
    [
        {"depth": 0},
        {"depth": 17},
        {"depth": 2.5},
        {"filters": 0},
        {"filters": []},
        {"filters": [4, 0, 4]},
        {"kernel_size": 0},
        {"dropout": 1.0},
        {"block_dropout": -0.1},
        {"dense_units": -1},
        {"activation": "relu7"},
        {"batch_normalization": 1},
        {"depht": 2},
    ],
    ids=str,
)
def test_options_have_their_ranges_and_types(options: dict):
    with pytest.raises(ValidationError):
        SimpleCnn(**options)


def test_a_family_that_is_made_of_another_says_for_itself_whether_its_networks_can_be_reset():
    class Noisy(SimpleCnn):
        """It may add a layer that draws from the engine's own generators, which have to be seeded for it."""

    class Deterministic(Noisy):
        has_resettable_networks: ClassVar[bool] = True

    assert [family.has_resettable_networks for family in (SimpleCnn, Noisy, Deterministic)] == [True, False, True]
