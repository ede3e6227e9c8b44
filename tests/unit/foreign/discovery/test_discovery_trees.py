"""KerasTuner's hyperparameters become parameters that exist where their conditions hold."""

from __future__ import annotations

import pytest

from hpo.foreign.discovery.parameter_tree import parameter_tree
from hpo.foreign.readers.keras_tuner_space import read_hyperparameters

pytestmark = pytest.mark.engine  # KerasTuner imports it


def tree(ask) -> dict[str, object]:
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    ask(hp)
    return parameter_tree(read_hyperparameters(hp.get_config(), "test").hyperparameters)


def test_each_kind_has_its_parameter():
    def ask(hp):
        hp.Int("units", 8, 64)
        hp.Int("steps", 8, 64, step=8)
        hp.Int("powers", 2, 32, step=2, sampling="log")
        hp.Float("rate", 1e-4, 1e-1, sampling="log")
        hp.Float("share", 0, 1, step=0.25)
        hp.Choice("kind", ["a", "b"])
        hp.Choice("one", [3])
        hp.Boolean("on")
        hp.Fixed("loss", "mse")
        hp.Int("same", 5, 5)

    assert tree(ask) == {
        "units": {"int": [8, 64]},
        "steps": {"int": [8, 64], "step": 8},
        "powers": {"choice": [2, 4, 8, 16, 32]},
        "rate": {"float": [1e-4, 1e-1], "log": True},
        "share": {"float": [0.0, 1.0], "step": 0.25},
        "kind": {"choice": ["a", "b"]},
        "one": 3,
        "on": {"choice": [True, False]},
        "loss": "mse",
        "same": 5,
    }


def test_what_a_scope_opens_stands_below_each_alternative_that_opens_it():
    def ask(hp):
        hp.Choice("kind", ["a", "b", "c"])
        with hp.conditional_scope("kind", ["a", "b"]):
            hp.Int("units", 1, 9)
        with hp.conditional_scope("kind", ["c"]):
            hp.Int("units", 1, 3)

    units, fewer = {"units": {"int": [1, 9]}}, {"units": {"int": [1, 3]}}
    assert tree(ask) == {"kind": {"choice": {"a": units, "b": units, "c": fewer}}}


def test_scopes_nest_and_other_values_than_words_open_them():
    def ask(hp):
        hp.Boolean("deep")
        with hp.conditional_scope("deep", [True]):
            hp.Choice("size", [3, 5])
            with hp.conditional_scope("size", [5]):
                hp.Float("rate", 0, 1)

    rate = {"rate": {"float": [0.0, 1.0]}}
    assert tree(ask) == {"deep": {"choice": {"true": {"size": {"choice": {"3": None, "5": rate}}}, "false": None}}}


def test_a_condition_on_a_number_is_left_to_the_model():
    def ask(hp):
        hp.Int("layers", 1, 3)
        with hp.conditional_scope("layers", [2, 3]):
            hp.Int("units_1", 1, 9)

    assert tree(ask) == {"layers": {"int": [1, 3]}, "units_1": {"int": [1, 9]}}


@pytest.mark.parametrize("parent", [["a"], ["b"]])
def test_a_constant_opens_what_it_opens_or_nothing(parent):
    def ask(hp):
        hp.Fixed("kind", "a")
        with hp.conditional_scope("kind", parent):
            hp.Int("units", 1, 9)

    assert ("units" in tree(ask)) == (parent == ["a"])
