"""The family deep_cnn: blocks of several convolutions, and what grows from block to block."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hpo.models import ImpossibleArchitectureError
from hpo.models.families.blocks import DeepBlock
from hpo.models.families.cnn import DeepCnn, SimpleCnn

pytestmark = pytest.mark.engine

SHAPE = (16, 16, 3)


def build(**options: object):
    return DeepCnn(**{"filters": 2, "depth": 2, "dense_units": 3, **options}).build(SHAPE, 4)


def names(model) -> list[str]:
    return [layer.name for layer in model.layers]


def test_a_block_is_convolutions_with_normalization_and_activation_then_pooling_and_dropout():
    assert names(build(depth=1, block_dropout=0.2, convolution_dropout=0.1)) == [
        "images",
        "block1_convolution1",
        "block1_batch_normalization1",
        "block1_activation1",
        "block1_dropout1",
        "block1_convolution2",
        "block1_batch_normalization2",
        "block1_activation2",
        "block1_pooling",
        "block1_dropout",
        "head_pooling",
        "dense",
        "probabilities",
    ]


def test_batch_normalization_may_follow_the_activation_and_leaves_the_bias_then():
    model = build(depth=1, convolutions=1, batch_normalization="after_activation")
    assert names(model)[1:4] == ["block1_convolution1", "block1_activation1", "block1_batch_normalization1"]
    assert model.get_layer("block1_convolution1").use_bias
    assert not build().get_layer("block1_convolution1").use_bias
    assert build(batch_normalization=False).get_layer("block1_convolution1").use_bias


def test_dropout_grows_from_block_to_block():
    model = build(depth=3, block_dropout=0.2, block_dropout_growth=0.1)
    assert [model.get_layer(f"block{number}_dropout").rate for number in (1, 2, 3)] == [0.2, 0.3, 0.4]


@pytest.mark.parametrize("family", [DeepCnn, SimpleCnn])
def test_dropout_that_grows_out_of_its_range_is_refused(family: type):
    with pytest.raises(ValidationError, match=r"block_dropout grows to 1 in block 4: it has to stay below 1; lower it"):
        family(depth=4, block_dropout=0.4, block_dropout_growth=0.2)


def test_each_block_may_be_described_by_itself():
    blocks = [{"filters": 3, "convolutions": 1}, {"filters": 2, "convolutions": 3, "dropout": 0.5, "kernel_size": 5}]
    model = DeepCnn(blocks=[DeepBlock(**block) for block in blocks]).build(SHAPE, 2)
    layers = [layer for layer in model.layers if "_convolution" in layer.name]
    assert [(layer.filters, layer.kernel_size) for layer in layers] == [(3, (3, 3)), *[(2, (5, 5))] * 3]
    assert model.get_layer("block2_dropout").rate == 0.5


@pytest.mark.parametrize("given", [{"convolutions": 2}, {"depth": 1}, {"block_dropout_growth": 0.1}])
def test_blocks_one_by_one_and_all_at_once_do_not_mix(given: dict):
    with pytest.raises(ValidationError, match=f"blocks stands in place of .*: remove {next(iter(given))}"):
        DeepCnn(blocks=[DeepBlock()], **given)


def test_l2_is_on_the_kernels_of_convolutions_and_hidden_layers_and_not_on_the_output_layer_s():
    model = build(kernel_l2=0.25, bias_l2=0.5, batch_normalization=False)
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            is_output = layer.name == "probabilities"
            assert (layer.kernel_regularizer is None) == is_output, layer.name
            assert is_output or float(layer.kernel_regularizer.l2) == pytest.approx(0.25)
            assert is_output or float(layer.bias_regularizer.l2) == pytest.approx(0.5)
    assert len(model.losses) == 2 * 5


def test_the_known_recipe_for_cifar10_has_the_parameters_that_its_author_counted():
    """A. Kumar, 2018: 309,290 parameters, 896 of them moving statistics."""
    model = DeepCnn(
        filters=32,
        activation="elu",
        batch_normalization="after_activation",
        block_dropout=0.2,
        block_dropout_growth=0.1,
        dense_units=0,
        kernel_l2=1e-4,
    ).build((32, 32, 3), 10)
    assert model.count_params() == 309_290


def test_images_that_are_too_small_for_the_poolings_are_impossible():
    with pytest.raises(ImpossibleArchitectureError, match="5 poolings of 2 x 2 need images of 32 pixels or more"):
        build(depth=5)
