"""A model, a schedule or a section that a sweep names, and where it stands in the file."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("name", "written", "model"),
    [
        ("model", "{value: vgg16}", {"family": "vgg16"}),
        ("model", "{value: SimpleCNN}", {"family": "simple_cnn"}),
        ("architecture", "{value: ResNet50}", {"family": "application", "name": "resnet50"}),
        ("model.name", "{value: resnet}", {"family": "application", "name": "resnet50"}),
        ("model", "{values: [simple_cnn, vgg16]}", {"family": {"choice": ["simple_cnn", "vgg16"]}}),
        ("backbone", "{values: [vgg16, vgg19]}", {"family": "application", "name": {"choice": ["vgg16", "vgg19"]}}),
        ("model", "{values: [resnet18, resnet50]}", {"family": "application", "name": "resnet50"}),
    ],
)
def test_a_model_that_hpo_has_by_that_name_is_taken_with_its_options(sweep, name, written, model):
    space = sweep({"dropout": "{min: 0.1, max: 0.5}", name: written})
    assert space["model"] == {**model, "dropout": {"float": [0.1, 0.5]}}
    assert space.conversion.converted == ("dropout", name)
    assert ("image_size" in space["data"]) == (model != {"family": "simple_cnn"})


@pytest.mark.parametrize("written", ["{value: resnet18}", "{values: [simple_cnn, resnet50]}"])
def test_another_model_is_told(sweep, written):
    space = sweep({"model": written})
    assert (space["model.family"], space.conversion.unmatched) == ("simple_cnn", ("model",))


def test_options_are_those_of_the_model_that_is_named(sweep):
    space = sweep({"model": "{value: deep_cnn}", "convolutions": "{values: [1, 2]}"})
    assert space["model"] == {"family": "deep_cnn", "convolutions": {"choice": [1, 2]}}
    space = sweep({"model": "{value: vgg16}", "depth": "{min: 1, max: 3}"})
    assert space.conversion.unmatched == ("depth",)


def test_the_options_of_a_schedule_are_known_with_what_holds_them(sweep):
    space = sweep({"lr_scheduler": "{parameters: {name: {value: StepLR}, gamma: {value: 0.5}, step_size: {value: 4}}}"})
    assert space["training.schedule"] == {"step": {"every": 4, "factor": 0.5}}
    space = sweep({"warmup_epochs": "{values: [0, 2]}"})
    assert space["training.schedule"] == {"constant": {"warmup_epochs": {"choice": [0, 2]}}}


def test_a_name_that_means_a_section_says_what_there_is_below(sweep):
    lines = sweep({"ema": "{values: [true, false]}"}).conversion.text.splitlines()
    assert "#       `training.ema` has options of its own, such as momentum" in lines
