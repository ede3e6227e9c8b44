"""Guesses of good values: `prior` of a parameter."""

from __future__ import annotations

import pytest

from hpo.errors import SpaceError
from hpo.spaces import spec_of

BASE = {"study": "guesses", "data": "digits", "model": "simple_cnn"}


def spec_with(training, **others):
    """A study whose training has parameters."""
    return spec_of({**BASE, "training": training, **others}, "guesses.yaml")


def optimizers(**prior):
    """A choice, one of whose alternatives has a parameter with a prior."""
    return {"choice": {"adam": None, "sgd": {"momentum": {"float": [0.0, 0.9], "step": 0.3, "prior": 0.3}}}, **prior}


def test_the_priors_of_all_parameters_make_a_config_to_start_from():
    spec = spec_with({"epochs": {"int": [1, 9], "prior": 4}, "optimizer": optimizers(prior="sgd")})
    assert spec.start_from == ({"epochs": 4, "optimizer": "sgd", "optimizer.sgd.momentum": 0.3},)


def test_a_prior_that_exists_only_under_another_alternative_is_left_out_of_it():
    assert spec_with({"optimizer": optimizers()}).start_from == ()
    assert spec_with({"optimizer": optimizers(prior="adam")}).start_from == ({"optimizer": "adam"},)


def test_the_length_of_a_list_may_have_one():
    blocks = {"repeat": {"int": [1, 3], "prior": 2}, "of": {"filters": {"choice": [4, 8], "prior": 8}}}
    spec = spec_of({**BASE, "model": {"family": "simple_cnn", "blocks": blocks}}, "")
    assert spec.start_from == ({"blocks": 2, "blocks.0.filters": 8, "blocks.1.filters": 8},)


def test_the_priors_come_after_the_configs_that_the_file_starts_from():
    spec = spec_with({"epochs": {"int": [1, 9], "prior": 4}}, start_from=[{"epochs": 2}])
    assert spec.start_from == ({"epochs": 2}, {"epochs": 4})


def test_priors_that_break_a_constraint_together_are_refused():
    training = {"epochs": {"int": [1, 9], "prior": 9}, "batch_size": {"choice": [32, 64], "prior": 64}}
    with pytest.raises(SpaceError, match=r"priors.* meet the constraints\. Received .*Change one of the two"):
        spec_with(training, constraints=["epochs * batch_size <= 500"])


def test_a_range_is_the_same_whatever_its_prior():
    one, other = (spec_with({"epochs": {"int": [1, 9], **prior}}).space.parameters() for prior in ({}, {"prior": 2}))
    assert one == other
