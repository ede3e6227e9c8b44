"""What of a recipe has an effect."""

from __future__ import annotations

import pytest

from hpo.spaces import Recipe


def effective(**training: object) -> Recipe:
    return Recipe.model_validate(training).effective()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"optimizer": {"sgd": {"nesterov": True}}}, {"optimizer": "sgd"}),
        ({"epochs": 10, "early_stopping": {"patience": 9, "min_delta": 0.1}}, {"epochs": 10}),
        ({"epochs": 10, "schedule": {"reduce_on_plateau": {"patience": 9}}}, {"epochs": 10}),
        ({"learning_rate": 0.1, "schedule": {"reduce_on_plateau": {"min_learning_rate": 0.1}}}, {"learning_rate": 0.1}),
    ],
)
def test_what_has_no_effect_is_left_out(one: dict, other: dict):
    assert effective(**one) == effective(**other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"optimizer": {"sgd": {"momentum": 0.1, "nesterov": True}}}, {"optimizer": {"sgd": {"momentum": 0.1}}}),
        ({"epochs": 10, "early_stopping": {"patience": 8}}, {"epochs": 10}),
        ({"epochs": 10, "schedule": {"reduce_on_plateau": {"patience": 8}}}, {"epochs": 10}),
        ({"optimizer": "adam"}, {"optimizer": "rmsprop"}),
        ({"epochs": 10}, {"epochs": 11}),
    ],
)
def test_what_has_an_effect_stays(one: dict, other: dict):
    assert effective(**one) != effective(**other)
