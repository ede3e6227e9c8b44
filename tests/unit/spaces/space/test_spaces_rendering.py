"""What reports print as a space file is one."""

from __future__ import annotations

import pytest

from hpo.spaces import load, to_yaml


def test_the_rendered_document_is_the_file_again(read):
    spec = load("quickstart.yaml")
    assert read(to_yaml(spec.document)) == spec


def test_a_rendered_config_is_a_space_file_of_one_configuration(read):
    spec = load("quickstart.yaml")
    _, params = next(spec.space.corners())
    again = read(to_yaml(spec.config(params).tree))
    assert again.space.size == 1
    assert again.config({}) == spec.config(params)


@pytest.mark.parametrize("rate", [1e-5, 0.1, 1e20, 3e-2, 5e-324, 1.0, 123456.789])
def test_numbers_are_rendered_exactly(read, rate):
    text = to_yaml({"data": "digits", "model": "simple_cnn", "training": {"learning_rate": rate}})
    assert read(text).config({}).training.learning_rate == rate


def test_it_looks_as_a_person_would_write_it():
    tree = {
        "data": {"dataset": "digits", "validation": 0.2},
        "training": {
            "learning_rate": {"float": [1e-4, 0.03], "log": True},
            "optimizer": {"choice": {"adam": None, "sgd": {"momentum": {"float": [0.0, 0.95]}}}},
            "schedule": {"reduce_on_plateau": {"factor": 0.5, "patience": 3}},
        },
    }
    assert to_yaml(tree) == (
        "data:\n"
        "  dataset: digits\n"
        "  validation: 0.2\n"
        "training:\n"
        "  learning_rate: {float: [0.0001, 0.03], log: true}\n"
        "  optimizer: {choice: {adam: null, sgd: {momentum: {float: [0.0, 0.95]}}}}\n"
        "  schedule: {reduce_on_plateau: {factor: 0.5, patience: 3}}\n"
    )
