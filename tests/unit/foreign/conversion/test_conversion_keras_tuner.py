"""A KerasTuner space as a space file."""

from __future__ import annotations

import json

import pytest

from hpo.errors import SpaceError
from hpo.foreign.conversion import convert


def parent(name: str, *values: object) -> dict[str, object]:
    return {"class_name": "Parent", "config": {"name": name, "values": list(values)}}


def numeric(name: str, low: float, high: float, step: float | None = None, sampling: str | None = "linear", **others):
    return {"name": name, "min_value": low, "max_value": high, "step": step, "sampling": sampling, **others}


RELU_OR_TANH = {"choice": ["relu", "tanh"]}
LR = "training.learning_rate"


@pytest.mark.parametrize(
    ("kind", "config", "path", "expected"),
    [
        ("Int", numeric("units", 32, 512, 32), "model.dense_units", {"int": [32, 512], "step": 32}),
        ("Int", numeric("units", 32, 512, 1), "model.dense_units", {"int": [32, 512]}),
        ("Int", numeric("units", 32, 512, sampling="log"), "model.dense_units", {"int": [32, 512], "log": True}),
        ("Int", numeric("units", 32, 512, sampling=None), "model.dense_units", {"int": [32, 512]}),
        ("Int", numeric("bs", 8, 70, 2, "log"), "training.batch_size", {"choice": [8, 16, 32, 64]}),
        ("Int", numeric("units", 1, 9, 2, "reverse_log"), "model.dense_units", {"choice": [2, 6, 8, 9]}),
        ("Int", numeric("units", 4, 8, 9), "model.dense_units", 4),
        ("Int", numeric("units", 4, 4), "model.dense_units", 4),
        (
            "Float",
            numeric("lr", 1e-4, 0.1, sampling="log"),
            LR,
            {"float": [1e-4, 0.1], "log": True},
        ),
        ("Float", numeric("lr", 1e-4, 0.1, 10, "log"), LR, {"choice": [1e-4, 1e-3, 0.01, 0.1]}),
        ("Float", numeric("lr", 0.1, 1, 1.01, "log"), LR, {"float": [0.1, 1.0], "log": True}),
        ("Float", numeric("lr", 0.1, 1, sampling="reverse_log"), LR, {"float": [0.1, 1.0]}),
        ("Float", numeric("dropout", 0, 0.5, 0.1), "model.dropout", {"float": [0.0, 0.5], "step": 0.1}),
        (
            "Choice",
            {"name": "activation", "values": ["relu", "tanh"]},
            "model.activation",
            {"choice": ["relu", "tanh"]},
        ),
        ("Boolean", {"name": "batch_norm"}, "model.batch_normalization", {"choice": [True, False]}),
        ("Fixed", {"name": "epochs", "value": 3}, "training.epochs", 3),
    ],
)
def test_a_hyperparameter_becomes_what_has_the_same_values(keras_tuner, kind, config, path, expected):
    assert keras_tuner((kind, config))[path] == expected


def test_sampling_without_a_counterpart_is_said(keras_tuner):
    space = keras_tuner(("Float", numeric("lr", 0.1, 1, sampling="reverse_log")))
    assert "sampled more densely near its end before" in space.comment_of("learning_rate")


OPTIMIZER = ("Choice", {"name": "optimizer", "values": ["adam", "sgd", "rmsprop"]})


def test_conditions_on_the_optimizer_open_its_options(keras_tuner):
    space = keras_tuner(
        OPTIMIZER,
        ("Float", numeric("momentum", 0, 0.9, conditions=[parent("optimizer", "sgd")])),
        ("Float", numeric("rho", 0.5, 0.9, conditions=[parent("optimizer", "rmsprop")])),
    )
    expected = {"adam": None, "sgd": {"momentum": {"float": [0.0, 0.9]}}, "rmsprop": {"rho": {"float": [0.5, 0.9]}}}
    assert space["training.optimizer"] == {"choice": expected}
    assert space.comment_of("momentum") == ""


def test_one_name_under_two_conditions_is_two_parameters(keras_tuner):
    space = keras_tuner(
        OPTIMIZER,
        ("Float", numeric("momentum", 0, 0.9, conditions=[parent("optimizer", "sgd")])),
        ("Fixed", {"name": "momentum", "value": 0.1, "conditions": [parent("optimizer", "rmsprop")]}),
    )
    alternatives = space["training.optimizer"]["choice"]
    assert alternatives["sgd"] == {"momentum": {"float": [0.0, 0.9]}}
    assert alternatives["rmsprop"] == {"momentum": 0.1}


def test_any_other_condition_is_dropped_and_said(keras_tuner):
    space = keras_tuner(
        ("Choice", {"name": "net", "values": ["mlp", "cnn"]}),
        ("Int", numeric("kernel_size", 3, 5, conditions=[parent("net", "cnn")])),
    )
    assert space["model.kernel_size"] == {"int": [3, 5]}
    assert space.comment_of("kernel_size") == "in KerasTuner only where net is cnn; here always"


def test_a_condition_that_never_holds_here_leaves_the_option_out(keras_tuner):
    space = keras_tuner(
        OPTIMIZER, ("Fixed", {"name": "momentum", "value": 0, "conditions": [parent("optimizer", "lion")]})
    )
    assert space["training.optimizer"] == {"choice": ["adam", "sgd", "rmsprop"]}
    assert space.conversion.unmatched == ("momentum",)


def test_scopes_and_numbers_in_a_name_do_not_hide_it(keras_tuner):
    space = keras_tuner(("Int", numeric("head/units_0", 8, 16)), ("Int", numeric("head/units_1", 8, 16)))
    assert space["model.dense_units"] == {"int": [8, 16]}
    assert "`model.dense_units` is taken from head/units_0" in space.conversion.text


def test_the_current_values_are_a_comment(keras_tuner):
    space = keras_tuner(("Fixed", {"name": "epochs", "value": 3}), values={"epochs": 3})
    assert "#   values: {epochs: 3}" in space.conversion.text.splitlines()


def test_what_a_tuner_writes_into_its_folder_is_read_too(make):
    space = [{"class_name": "Fixed", "config": {"name": "epochs", "value": 3}}]
    text = json.dumps({"ongoing_trials": {}, "hyperparameters": {"space": space, "values": {}}})
    assert make(text, "oracle.json")["training.epochs"] == 3


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (3, "a hyperparameter has a class_name and a config. Received 3."),
        ({"class_name": "Int"}, "a hyperparameter has a class_name and a config"),
        ({"class_name": "Itn", "config": {}}, "Did you mean 'Int'?"),
        ({"class_name": "Int", "config": {"name": 3}}, "name is a text. Received 3."),
        ({"class_name": "Int", "config": numeric("a", 2, 1)}, "min_value is at most max_value"),
        ({"class_name": "Int", "config": numeric("a", 0.5, 1)}, "min_value of an Int is a whole number"),
        ({"class_name": "Int", "config": numeric("a", 10**30, 10**31)}, "fits in 64 bits"),
        ({"class_name": "Int", "config": {"name": "a"}}, "min_value is a finite number"),
        ({"class_name": "Float", "config": numeric("a", float("nan"), 1)}, "min_value is a finite number"),
        ({"class_name": "Float", "config": numeric("a", 0, float("inf"))}, "max_value is a finite number"),
        ({"class_name": "Float", "config": numeric("a", 0, True)}, "max_value is a finite number"),
        ({"class_name": "Float", "config": numeric("a", 0, 1, 0)}, "step is above 0"),
        ({"class_name": "Float", "config": numeric("a", 0, 1, sampling="log")}, "needs min_value > 0"),
        ({"class_name": "Float", "config": numeric("a", 1, 2, 1, "log")}, "multiplies by step, which is above 1"),
        ({"class_name": "Float", "config": numeric("a", 1, 2, sampling="cubic")}, "sampling is one of linear"),
        ({"class_name": "Choice", "config": {"name": "a", "values": []}}, "values is a list of one value or more"),
        ({"class_name": "Fixed", "config": {"name": "a"}}, "a Fixed has a value"),
        ({"class_name": "Fixed", "config": {"name": "a", "value": 1, "conditions": 3}}, "conditions is a list"),
        ({"class_name": "Fixed", "config": {"name": "a", "value": 1, "conditions": [{}]}}, "a condition is a Parent"),
    ],
)
def test_a_mistake_names_its_place_in_the_space_and_its_rule(make, item, said):
    with pytest.raises(SpaceError) as refused:
        make(json.dumps({"space": [item], "values": {}}), "space.json")
    assert "space.json space[0]" in str(refused.value)
    assert said in str(refused.value)


def test_an_empty_space_is_refused(make):
    with pytest.raises(SpaceError, match="a KerasTuner space has hyperparameters"):
        make('{"space": [], "values": {}}', "space.json")


@pytest.mark.engine
def test_what_the_real_keras_tuner_writes_is_converted(make, tmp_path):
    keras_tuner = pytest.importorskip("keras_tuner")
    hp = keras_tuner.HyperParameters()
    hp.Choice("optimizer", ["adam", "sgd"])
    with hp.conditional_scope("optimizer", ["sgd"]):
        hp.Float("momentum", 0.0, 0.9, step=0.1)
        hp.Boolean("nesterov")
    with hp.name_scope("head"):
        hp.Int("units", 32, 512, step=32, default=64)
    hp.Float("lr", 1e-4, 1e-1, sampling="log")
    hp.Int("batch_size", 8, 64, step=2, sampling="log")
    hp.Fixed("epochs", 3)
    space = make(json.dumps(hp.get_config()), "space.json")
    assert space.conversion.unmatched == ()
    assert space["training"] == {
        "epochs": 3,
        "batch_size": {"choice": [8, 16, 32, 64]},
        "learning_rate": {"float": [1e-4, 1e-1], "log": True},
        "optimizer": {
            "choice": {
                "adam": None,
                "sgd": {"momentum": {"float": [0.0, 0.9], "step": 0.1}, "nesterov": {"choice": [True, False]}},
            }
        },
    }
    (tmp_path / "again.json").write_text(
        json.dumps(keras_tuner.HyperParameters.from_config(hp.get_config()).get_config())
    )
    assert convert(tmp_path / "again.json").converted == space.conversion.converted
