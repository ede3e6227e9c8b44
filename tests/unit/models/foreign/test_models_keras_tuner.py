"""Models of KerasTuner in all the forms that it takes, with the values of a config."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from hpo.data import Outline
from hpo.errors import OwnCodeError
from hpo.models.foreign.keras_tuner import KerasTuner
from hpo.spaces import Recipe, read_config
from hpo.training.network.compiling import compile_model
from hpo.training.network.cost import cost_of
from hpo.training.network.model import symbolic_model
from hpo.training.network.symbolic import without_weights

pytestmark = pytest.mark.engine
SHAPE = (4, 4, 1)
NETWORK = """\
import keras
import keras_tuner
from keras import layers


def build(hp):
    width = hp.Choice("width", [3, 5])
    with hp.conditional_scope("width", [5]):
        rate = hp.Float("rate", 0.0, 0.5)
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(width, "relu")])
    if rate is not None:
        model.add(layers.Dropout(rate))
    model.add(layers.Dense(3, "softmax", name="last"))
    {compiled}
    return model


class Hyper(keras_tuner.HyperModel):
    def build(self, hp):
        return build(hp)


class WithFit(Hyper):
    def fit(self, hp, model, *args, **kwargs):
        return model.fit(*args, batch_size=hp.Int("batch", 1, 9), **kwargs)


class WithArgument(Hyper):
    def __init__(self, classes):
        super().__init__()


instance = Hyper()


def factory():
    return Hyper()


number = 3
"""


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`family(name, compiled, **values)`: what a module of the name and such a call of `compile` gives."""
    monkeypatch.setattr(sys, "path", list(sys.path))

    def make(name: str = "build", compiled: str = "pass", **values: object) -> KerasTuner:
        (tmp_path / "own_tuned.py").write_text(NETWORK.replace("{compiled}", compiled))
        return KerasTuner(build=f"{tmp_path}/own_tuned.py:{name}", **{"width": {"5": {"rate": 0.3}}, **values})

    yield make
    sys.modules.pop("own_tuned", None)


@pytest.mark.parametrize("name", ["build", "Hyper", "instance", "factory"])
def test_every_form_that_keras_tuner_takes_is_taken(family, name):
    network = family(name).build(SHAPE, 3)
    assert network.layers[1].units == 5
    assert network.layers[2].rate == 0.3


def test_an_alternative_stands_for_the_value_that_it_is_called_after(family, capfd):
    network = family(width=3).build(SHAPE, 3)
    assert [type(layer).__name__ for layer in network.layers] == ["Flatten", "Dense", "Dense"]
    assert capfd.readouterr().err.count("the config has no") == 0


def test_a_hyperparameter_that_the_config_has_not_takes_its_default_and_that_is_said(family, capfd):
    assert family(width="5").build(SHAPE, 3).layers[2].rate == 0.0
    assert "own_tuned.py:build: the config has no rate; it is 0.0, its default" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("WithFit", "Received one with a `fit` of its own"),
        ("WithArgument", "gives a HyperModel when called without arguments. Received TypeError"),
        ("number", r"it is a function build\(hp\), a HyperModel, or a function that gives one. Received 3"),
        ("missing", "Received a module without 'missing'"),
    ],
)
def test_what_is_no_model_of_keras_tuner_is_told_before_any_trial(family, name, message):
    with pytest.raises(OwnCodeError, match=message):
        family(name).require()


def test_images_of_another_shape_are_told_with_both(family):
    with pytest.raises(ValueError, match=r"the images of the data set, 8 x 8 x 3. Received one that takes 4 x 4 x 1"):
        family().build((8, 8, 3), 3)


ADAM = "keras.optimizers.Adam(hp.Float('rate_of_adam', 1e-4, 1e-1))"

SMOOTHED = "keras.losses.CategoricalCrossentropy(label_smoothing=0.1)"
TOP = "keras.metrics.SparseTopKCategoricalAccuracy(2, name='top')"


def compiled_as(family, compiled: str) -> keras.Model:
    own = family("build", f"model.compile({compiled})", rate_of_adam=0.02)
    network = own.build(SHAPE, 3)
    assert not network.compiled
    model = keras.Model(inputs := keras.Input(SHAPE), network(inputs))
    compile_model(model, Recipe(learning_rate=7.0), Outline(SHAPE, ("a", "b", "c"), 8, 4, is_here=True))
    model.run_eagerly = True  # to trace it takes longer than to train it
    return model


def fitted(model: keras.Model) -> dict[str, list[float]]:
    random = np.random.default_rng(0)
    images, labels = random.random((12, *SHAPE)), np.arange(12, dtype=np.int32) % 3
    return model.fit(images, labels, verbose=0, validation_data=(images, labels)).history


@pytest.mark.parametrize(
    ("compiled", "metrics"),
    [
        (f"{ADAM}, 'sparse_categorical_crossentropy', metrics=['accuracy']", set()),
        (f"{ADAM}, 'categorical_crossentropy', metrics=['acc']", set()),
        (
            f"{ADAM}, {SMOOTHED}, metrics=[keras.metrics.AUC(name='auc')]",
            {"auc"},
        ),
        (
            f"{ADAM}, 'mse', metrics=['accuracy', 'mae', {TOP}]",
            {"mae", "top"},
        ),
        (ADAM, set()),
    ],
)
def test_its_own_optimizer_loss_and_metrics_are_what_it_is_trained_with(family, tmp_path, compiled, metrics):
    model = compiled_as(family, compiled)
    history = fitted(model)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.02)
    assert {"loss", "val_loss", "accuracy", "val_accuracy"} | metrics <= history.keys()
    assert all(np.isfinite(values).all() for values in history.values())
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    loaded.run_eagerly = True
    images, labels = np.ones((3, *SHAPE)), np.arange(3)
    assert loaded.evaluate(images, labels, verbose=0) == pytest.approx(model.evaluate(images, labels, verbose=0))


def test_cross_entropy_of_one_hot_labels_is_that_of_numbers(family):
    losses = [
        compiled_as(family, f"{ADAM}, '{name}'").compute_loss(
            y=np.array([0, 2]), y_pred=np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]], np.float32)
        )
        for name in ("categorical_crossentropy", "sparse_categorical_crossentropy")
    ]
    assert float(losses[0]) == pytest.approx(float(losses[1]))


@pytest.mark.parametrize(
    ("optimizer", "slots"),
    [
        ("SGD(0.1)", 0),
        ("SGD(0.1, momentum=0.9)", 1),
        ("Adam(use_ema=True)", 3),
        ("LossScaleOptimizer(keras.optimizers.Adam())", 2),
    ],
)
def test_memory_counts_what_its_own_optimizer_keeps(family, optimizer, slots):
    own = family("build", f"model.compile(keras.optimizers.{optimizer})", rate_of_adam=0.02)
    for name in ("sgd", "adam"):
        tree = {"data": {"dataset": "digits"}, "model": own.model_dump(), "training": {"optimizer": name}}
        built = symbolic_model(read_config(tree), Outline(SHAPE, ("a", "b", "c"), 8, 4, is_here=True))
        assert built.cost == cost_of(built.model, 32, slots)


@pytest.mark.parametrize(
    ("data", "training"),
    [({"augmentation": {"mixup": {}}}, {}), ({}, {"label_smoothing": 0.1}), ({}, {"targets": "one_hot"})],
)
def test_targets_that_its_own_loss_does_not_take_are_refused(family, data, training):
    own = family("build", f"model.compile({ADAM})", rate_of_adam=0.02)
    model = own.model_dump()
    config = read_config({"data": {"dataset": "digits", **data}, "model": model, "training": training})
    with pytest.raises(ValueError, match="its own code compiles takes labels by their index"):
        symbolic_model(config, Outline(SHAPE, ("a", "b", "c"), 8, 4, is_here=True))


def test_compiling_again_begins_with_a_fresh_optimizer(family):
    model = compiled_as(family, ADAM)
    fitted(model)
    compile_model(model, Recipe(), Outline(SHAPE, ("a", "b", "c"), 8, 4, is_here=True))
    assert int(model.optimizer.iterations) == 0


def test_it_is_built_without_weights_although_it_is_compiled(family):
    own = family("build", f"model.compile({ADAM})", rate_of_adam=0.02)
    network = without_weights(lambda: own.untrained(SHAPE, 3))
    compilation = json.loads(network.own_compilation)
    assert compilation["optimizer"]["config"]["learning_rate"] == pytest.approx(0.02)
    assert network(keras.Input(SHAPE)).shape == (None, 3), "a tensor, and no list of one"


def test_a_model_that_is_not_compiled_is_trained_as_the_file_says(family):
    network = family().build(SHAPE, 3)
    model = keras.Model(inputs := keras.Input(SHAPE), network(inputs))
    compile_model(model, Recipe(learning_rate=0.5), Outline(SHAPE, ("a", "b", "c"), 8, 4, is_here=True))
    assert float(model.optimizer.learning_rate) == pytest.approx(0.5)
