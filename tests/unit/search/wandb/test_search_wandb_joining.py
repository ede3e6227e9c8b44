"""A sweep that somebody has made is joined where it draws what the space has; what misfits is told, all at once."""

from __future__ import annotations

import pytest

from hpo.errors import UserError
from hpo.search.wandb.joining import match_sweep
from hpo.search.wandb.mapping import SweepMapping
from hpo.search.wandb.sweep import make_config
from hpo.spaces import spec_of

SPACE = {
    "data": "digits",
    "model": {"simple_cnn": {"filters": {"choice": [4, 8]}, "dense_units": 8}},
    "training": {
        "epochs": 2,
        "batch_size": {"int": [16, 64], "step": 16},
        "learning_rate": {"float": [1e-3, 1e-1], "log": True},
    },
    "search": {"backend": "wandb"},
}
METRIC = {"name": "val_accuracy", "goal": "maximize"}
PARAMETERS = {
    "simple_cnn.filters": {"values": [4, 8]},
    "batch_size": {"values": [16, 32]},
    "learning_rate": {"distribution": "log_uniform_values", "min": 1e-3, "max": 1e-2},
}


@pytest.fixture(scope="module")
def spec():
    return spec_of(SPACE, "values")


def match(spec, parameters=PARAMETERS, metric=METRIC, **others):
    return match_sweep(spec, {"metric": metric, "parameters": parameters, **others}, "me/project/x1")


def test_what_hpo_makes_of_the_space_fits_it(spec):
    assert match_sweep(spec, make_config(spec, 10), "me/project/x1") == {
        "simple_cnn.filters": "simple_cnn.filters",
        "batch_size": "batch_size",
        "learning_rate": "learning_rate",
    }


def test_parameters_are_matched_by_their_names_with_and_without_section_and_nested_ones_by_dots(spec):
    parameters = {
        "simple_cnn": {"parameters": {"filters": {"values": [4, 8]}}},
        "training.batch_size": {"distribution": "q_uniform", "min": 16, "max": 64, "q": 16},
        "learning_rate": {"distribution": "log_uniform", "min": -6.9, "max": -2.4},
        "epochs": {"value": 2},
    }
    names = match(spec, parameters)
    assert names == {
        "simple_cnn.filters": "simple_cnn.filters",
        "batch_size": "training.batch_size",
        "learning_rate": "learning_rate",
    }
    args = {
        "simple_cnn": {"value": {"filters": 8}},
        "training.batch_size": {"value": 48.0},
        "learning_rate": {"value": 0.02},
        "epochs": {"value": 2},
    }
    draw = SweepMapping(spec.space, names).read(args)
    assert draw.params == {"simple_cnn.filters": 8, "batch_size": 48, "learning_rate": 0.02}
    assert type(draw.params["batch_size"]) is int


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"simple_cnn.filters": {"values": [4, 16]}},
            r"simple_cnn\.filters may be 16, and the space has a choice of 4, 8",
        ),
        ({"simple_cnn.filters": {"min": 4, "max": 8}}, "simple_cnn.filters draws numbers, and the space has a choice"),
        ({"batch_size": {"values": [16, 40]}}, "batch_size may be 40, and the space has 16 to 64"),
        ({"batch_size": {"min": 16, "max": 128}}, "batch_size may be 128, and the space has 16 to 64"),
        (
            {"learning_rate": {"distribution": "log_normal", "mu": 0, "sigma": 1}},
            "learning_rate draws log_normal, which",
        ),
        ({"learning_rate": {"value": "high"}}, "learning_rate may be 'high', and the space has 0.001 to 0.1"),
        ({"epochs": {"values": [2, 5]}}, "epochs draws 2, 5, and the file has the constant 2"),
        ({"bach_size": {"values": [16]}}, "bach_size is nothing that the file has"),
    ],
)
def test_what_draws_something_else_is_refused(spec, changes, told):
    with pytest.raises(UserError, match=told) as caught:
        match(spec, {**PARAMETERS, **changes})
    assert "search.sweep: the sweep me/project/x1 draws what the space has" in str(caught.value)


def test_all_misfits_are_told_at_once_and_what_is_missing_as_well(spec):
    with pytest.raises(UserError) as caught:
        match(spec, {"simple_cnn.filters": {"values": [5]}}, {"name": "loss"})
    text = str(caught.value)
    assert "simple_cnn.filters may be 5" in text
    assert "batch_size is a parameter of the space, and none of the sweep: write a constant there" in text
    assert "its metric is to minimize loss, and the study's is to maximize val_accuracy" in text
    assert "`hpo convert` makes a space file of the sweep's YAML" in text
