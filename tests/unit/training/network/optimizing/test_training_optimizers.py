"""Optimizers: all of Keras', with its own defaults; weight decay, clipping, averaged weights and loss scaling."""

from __future__ import annotations

import inspect
from typing import get_args

import numpy as np
import pytest

from hpo.spaces import Recipe
from hpo.spaces.sections.training.optimizers import AnyOptimizer, Optimizer

pytestmark = pytest.mark.engine

OPTIMIZERS: tuple[type[Optimizer], ...] = get_args(get_args(AnyOptimizer)[0])
NO_OPTIMIZERS = {"LossScaleOptimizer", "MultiOptimizer", "Optimizer", "OptimizerMap"}
"""What wraps others, and what they derive from."""


def recipe_of(**training: object) -> Recipe:
    return Recipe.model_validate({"learning_rate": 0.1, **training})


def made(weights, **training: object):
    from hpo.training.network.optimizing.optimizers import make_optimizer

    return make_optimizer(recipe_of(**training), 10, weights)


@pytest.fixture
def weights():
    import keras

    return [keras.Variable(np.full(shape, 2.0, np.float32)) for shape in ((3, 5), (5,))]


def stepped(optimizer, weights, gradient: float = 0.0) -> list[np.ndarray]:
    """The weights after one step with a gradient that is the same everywhere."""
    import keras

    optimizer.apply([keras.ops.full_like(weight, gradient) for weight in weights], weights)
    return [np.asarray(weight) for weight in weights]


def test_every_optimizer_of_keras_can_be_named():
    import keras

    there = {name for name, optimizer in vars(keras.optimizers).items() if inspect.isclass(optimizer)} - NO_OPTIMIZERS
    assert {optimizer.keras_class for optimizer in OPTIMIZERS} == there


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.model_fields["name"].default)
def test_left_out_options_are_as_keras_has_them_and_all_are_passed_on(optimizer: type[Optimizer], weights):
    import keras

    section = optimizer()
    options = section.model_dump(exclude={"name"})
    defaults = inspect.signature(getattr(keras.optimizers, optimizer.keras_class)).parameters
    assert {name: defaults[name].default for name in options} == options
    assert (defaults["weight_decay"].default or 0) == optimizer.own_weight_decay
    built = made(weights, optimizer=section.name)
    assert type(built).__name__ == optimizer.keras_class
    assert float(built.learning_rate) == pytest.approx(0.1)
    assert {name: built.get_config()[name] for name in options} == options


SLOTS = [optimizer() for optimizer in OPTIMIZERS]
SLOTS += [optimizer(amsgrad=True) for optimizer in OPTIMIZERS if "amsgrad" in optimizer.model_fields]
SLOTS += [optimizer(momentum=0.5) for optimizer in OPTIMIZERS if optimizer.keras_class in ("RMSprop", "SGD")]
SLOTS += [optimizer(momentum=0.5, centered=True) for optimizer in OPTIMIZERS if optimizer.keras_class == "RMSprop"]


@pytest.mark.parametrize("optimizer", SLOTS, ids=repr)
@pytest.mark.parametrize("ema", ["none", {"momentum": 0.9}], ids=["", "averaged"])
def test_an_optimizer_keeps_as_many_numbers_as_its_slots_say(optimizer: Optimizer, ema: object):
    import keras

    shape = (2, 2, 5, 7)  # a convolution's kernel
    spelled = {optimizer.name: optimizer.model_dump(exclude={"name"})}
    built = made([], optimizer=spelled, ema=ema)
    built.build([keras.Variable(np.zeros(shape))])
    slots = sum(tuple(variable.shape) == shape for variable in built.variables)
    assert slots == recipe_of(optimizer=spelled, ema=ema).optimizer_slots


@pytest.mark.parametrize(("training", "decay"), [({}, 0), ({"weight_decay": 0.5}, 0.5), ({"weight_decay": 0.0}, 0)])
@pytest.mark.parametrize("name", ["sgd", "adamw", "muon", "adam"])
def test_weight_decay_takes_its_share_of_kernels_and_spares_what_has_one_dimension(name, training, decay, weights):
    if not training:
        decay = recipe_of(optimizer=name).optimizer.own_weight_decay
    kernel, bias = stepped(made(weights, optimizer=name, **training), weights)
    np.testing.assert_allclose(kernel, 2 * (1 - 0.1 * decay), rtol=1e-6)
    np.testing.assert_array_equal(bias, 2)


@pytest.mark.parametrize(
    ("clipping", "steps"),
    [
        ({"value": 0.5}, (0.5, 0.5)),
        ({"norm": 1.0}, (1 / np.sqrt(15), 1 / np.sqrt(5))),
        ({"global_norm": 1.0}, (1 / np.sqrt(20), 1 / np.sqrt(20))),
        ("none", (3, 3)),
    ],
    ids=str,
)
def test_gradients_are_clipped_as_the_recipe_says(clipping, steps, weights):
    after = stepped(made(weights, optimizer="sgd", gradient_clipping=clipping), weights, gradient=3.0)
    for weight, step in zip(after, steps, strict=True):
        np.testing.assert_allclose(weight, 2 - 0.1 * step, rtol=1e-5)


def test_with_half_precision_the_loss_is_scaled_and_with_brain_floats_it_needs_not_be(weights):
    import keras

    assert isinstance(made(weights, precision="mixed_float16"), keras.optimizers.LossScaleOptimizer)
    assert isinstance(made(weights, precision="mixed_bfloat16"), keras.optimizers.Adam)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.model_fields["name"].default)
def test_an_optimizer_that_scales_the_loss_lists_all_variables_that_are_kept_and_reset(optimizer: type[Optimizer]):
    import keras

    from hpo.data import Outline
    from hpo.training.network.compiling import compile_model

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    recipe = recipe_of(optimizer=optimizer().name, precision="mixed_float16")
    compile_model(model, recipe, Outline((8, 8, 1), ("a", "b"), 4, 4, is_here=True))
    values = vars(model.optimizer.inner_optimizer).values()
    listed = {id(variable) for variable in model.optimizer.variables}
    assert {id(value) for value in values if isinstance(value, keras.Variable)} <= listed
