"""Hyperparameters that are numbered block by block."""

from __future__ import annotations

import json

import pytest


def numeric(name: str, low: float, high: float, step: float | None = None, **others):
    return {"name": name, "min_value": low, "max_value": high, "step": step, "sampling": "linear", **others}


def numbered(name: str, count: int, low: float, high: float, kind: str = "Int"):
    return [(kind, numeric(f"{name}_{index}", low, high)) for index in range(count)]


def test_blocks_of_the_same_range_are_repeated(keras_tuner):
    space = keras_tuner(*numbered("filters", 3, 16, 64))
    assert space["model.blocks"] == {"repeat": {"int": [1, 3]}, "of": {"filters": {"int": [16, 64]}}}
    assert space.comment_of("filters") == "from filters_0 to filters_2"
    assert space.conversion.converted == ("filters_0", "filters_1", "filters_2")


def test_blocks_are_repeated_as_often_as_the_file_says(keras_tuner):
    parent = [{"class_name": "Parent", "config": {"name": "num_layers", "values": [2, 3]}}]
    space = keras_tuner(
        ("Int", numeric("num_layers", 1, 3)),
        ("Int", numeric("filters_0", 16, 64)),
        ("Int", numeric("filters_1", 16, 64, conditions=parent)),
    )
    assert space["model.blocks"] == {"repeat": {"int": [1, 3]}, "of": {"filters": {"int": [16, 64]}}}
    assert space.comment_of("repeat") == "from num_layers"
    assert "here always" not in space.conversion.text
    assert space.conversion.unmatched == ()


def test_every_option_of_a_block_goes_into_it(keras_tuner):
    space = keras_tuner(
        *numbered("conv_filters", 2, 16, 64),
        *numbered("conv_kernel", 2, 3, 5),
        *numbered("dropout", 2, 0.0, 0.5, "Float"),
        *numbered("units", 2, 32, 64),
    )
    assert space["model.blocks"]["of"] == {
        "filters": {"int": [16, 64]},
        "kernel_size": {"int": [3, 5]},
        "dropout": {"float": [0.0, 0.5]},
    }
    assert space["model.dense_units"] == {"int": [32, 64]}
    assert space.conversion.unmatched == ("units_1",)


def test_dropouts_with_other_numbers_are_not_those_of_blocks(keras_tuner):
    space = keras_tuner(*numbered("filters", 2, 16, 64), ("Float", numeric("dropout_3", 0.0, 0.5)))
    assert space["model.dropout"] == {"float": [0.0, 0.5]}
    assert "dropout" not in space["model.blocks"]["of"]


def test_an_option_of_all_blocks_stands_in_each(keras_tuner):
    space = keras_tuner(
        *numbered("filters", 2, 16, 64),
        ("Choice", {"name": "kernel_size", "values": [3, 5]}),
        ("Fixed", {"name": "block_dropout", "value": 0.1}),
    )
    assert space["model.blocks"]["of"] == {
        "filters": {"int": [16, 64]},
        "kernel_size": {"choice": [3, 5]},
        "dropout": 0.1,
    }
    assert space.comment_of("kernel_size") == "each block has its own here"
    assert space.comment_of("dropout") == "from block_dropout"


def test_blocks_of_different_ranges_are_listed(sweep):
    space = sweep(
        {
            "conv_2_filters": "{min: 32, max: 64}",
            "conv_1_filters": "{min: 8, max: 16}",
            "conv_1_kernel": "{value: 3}",
            "n_layers": "{min: 1, max: 2}",
        }
    )
    assert space["model.blocks"] == [{"filters": {"int": [8, 16]}}, {"filters": {"int": [32, 64]}}]
    assert "    - {filters: {int: [8, 16]}}" in space.conversion.text.splitlines()
    assert space.conversion.unmatched == ("conv_1_kernel", "n_layers")


def test_a_number_alone_is_no_block(keras_tuner):
    space = keras_tuner(*numbered("filters", 1, 16, 64))
    assert space["model.filters"] == {"int": [16, 64]}
    assert "blocks" not in space["model"]


@pytest.mark.parametrize("count", [17, 40])
def test_more_blocks_than_the_language_has_are_cut(keras_tuner, count):
    space = keras_tuner(*numbered("filters", count, 1, 8))
    assert space["model.blocks"]["repeat"] == {"int": [1, 16]}


def test_a_block_that_the_language_does_not_take_leaves_the_others_as_they_are_without_blocks(keras_tuner):
    space = keras_tuner(*numbered("filters", 2, 16, 64), ("Int", numeric("filters_2", -9, -1)))
    assert space["model.filters"] == {"int": [16, 64]}
    assert space.conversion.unmatched == ("filters_1", "filters_2")


def test_images_get_pixels_for_the_most_blocks(keras_tuner):
    assert keras_tuner(*numbered("filters", 5, 16, 64))["data.image_size"] == 32
    assert "image_size" not in keras_tuner(*numbered("filters", 3, 16, 64))["data"]


@pytest.mark.engine
def test_what_the_real_keras_tuner_writes_of_a_loop_is_repeated(make):
    keras_tuner = pytest.importorskip("keras_tuner")
    hp = keras_tuner.HyperParameters()
    hp.Int("conv_blocks", 1, 3)
    for block in range(3):
        hp.Int(f"filters_{block}", 32, 256, step=32)
    space = make(json.dumps(hp.get_config()), "space.json")
    assert space["model.blocks"] == {
        "repeat": {"int": [1, 3]},
        "of": {"filters": {"int": [32, 256], "step": 32}},
    }
