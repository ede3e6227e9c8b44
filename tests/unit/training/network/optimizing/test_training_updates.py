"""Adam in fewer operations: the same as Keras' own to the last bit, and fewer they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.engine

ADAM: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("Adam", {}),
    "odd": ("Adam", {"beta_1": 0.0, "beta_2": 0.5, "epsilon": 1.0, "clipvalue": 0.01}),
    "clipped": ("Adam", {"epsilon": 1e-3, "clipnorm": 0.1, "weight_decay": 0.1}),
    "averaged": ("AdamW", {"weight_decay": 0.01, "use_ema": True, "ema_momentum": 0.9}),
    "global": ("AdamW", {"global_clipnorm": 0.1, "ema_overwrite_frequency": 2, "use_ema": True}),
}
LEFT: dict[str, tuple[str, dict[str, Any]]] = {
    "amsgrad": ("Adam", {"amsgrad": True}),
    "accumulated": ("Adam", {"gradient_accumulation_steps": 3}),
    "scaled": ("Adam", {"loss_scale_factor": 100.0}),
    "whole epsilon": ("Adam", {"epsilon": 1}),
    "whole beta": ("Adam", {"beta_1": 0}),
    "number of numpy": ("AdamW", {"beta_2": np.float64(0.99)}),
    "sgd": ("SGD", {"momentum": 0.9}),
    "rmsprop": ("RMSprop", {}),
    "nadam": ("Nadam", {}),
}


def make_model(optimizer, size: int = 4, policy: str = "float32"):
    import keras

    keras.utils.set_random_seed(1)
    keras.config.set_dtype_policy(policy)
    try:
        layers = [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(size, 3, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(3, dtype="float32"),
            keras.layers.Softmax(dtype="float32"),
        ]
        model = keras.Sequential(layers)
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return model


def learn(model) -> list[Any]:
    random = np.random.default_rng(1)
    images, labels = random.random((44, 8, 8, 3), np.float32), random.integers(0, 3, 44)
    history = model.fit(images, labels, batch_size=8, epochs=3, shuffle=False, verbose=0).history
    return [history, *(np.asarray(variable).tobytes() for variable in (*model.variables, *model.optimizer.variables))]


def learn_in_both_ways(make: Any, **options: Any) -> None:
    from hpo.training.network.optimizing.updates import simplify_updates

    own, simple = (make_model(make(), **options) for _ in range(2))
    simplify_updates(simple.optimizer)
    assert learn(own) == learn(simple)


@pytest.mark.parametrize("name", ADAM)
def test_an_optimizer_gives_what_it_gives_by_keras_own_updates_to_the_last_bit(name: str):
    import keras

    kind, options = ADAM[name]
    learn_in_both_ways(lambda: getattr(keras.optimizers, kind)(0.01, **options))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_a_network_of_two_precisions_gives_the_same(policy: str):
    import keras

    def make():
        optimizer = keras.optimizers.Adam(0.01)
        return keras.optimizers.LossScaleOptimizer(optimizer) if policy == "mixed_float16" else optimizer

    learn_in_both_ways(make, policy=policy)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_weights_of_another_type_than_their_gradients_are_left_to_keras(dtype: str):
    import keras

    def learn_once(*, is_simple: bool) -> list[Any]:
        from hpo.training.network.optimizing.updates import simplify_updates

        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(3, dtype=dtype)])
        optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01), initial_scale=4.0)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss, jit_compile=False)
        model.optimizer.build(model.trainable_variables)
        if is_simple:
            simplify_updates(model.optimizer)
        return learn(model)

    assert learn_once(is_simple=True) == learn_once(is_simple=False)


SCHEDULES: dict[str, dict[str, Any]] = {
    "CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 15, "alpha": 0.1},
    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.7},
    "PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 12, "power": 2.0},
    "PiecewiseConstantDecay": {"boundaries": [5, 9], "values": [0.1, 0.03, 0.01]},
}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_gives_the_same(schedule: str):
    import keras

    make = getattr(keras.optimizers.schedules, schedule)
    learn_in_both_ways(lambda: keras.optimizers.AdamW(make(**SCHEDULES[schedule]), weight_decay=0.01))


@pytest.mark.parametrize("dtype", ["float64", "int32"])
def test_a_learning_rate_of_another_type_is_left_to_keras(dtype: str):
    import keras

    class Falling(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return keras.ops.cast(1.5 - 0.1 * keras.ops.cast(step, "float64"), dtype)

    learn_in_both_ways(lambda: keras.optimizers.Adam(Falling()))


def test_an_update_takes_a_third_of_the_operations():
    import keras
    import tensorflow as tf

    from hpo.training.network.optimizing.updates import simplify_updates

    def count(*, is_simple: bool) -> int:
        weights = [keras.Variable(np.ones((2, 2), np.float32)) for _ in range(20)]
        optimizer = keras.optimizers.Adam(0.01)
        optimizer.build(weights)
        if is_simple:
            simplify_updates(optimizer)
        gradients = [tf.TensorSpec((2, 2))] * len(weights)
        step = tf.function(lambda *gradients: optimizer.apply(list(gradients), weights), autograph=False)
        return len(step.get_concrete_function(*gradients).graph.get_operations())

    assert count(is_simple=True) < 0.4 * count(is_simple=False)


def test_what_is_not_known_is_left_to_keras():
    import keras

    from hpo.training.network.optimizing.updates import simplify_updates

    class Halved(keras.optimizers.Adam):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(gradient / 2, variable, learning_rate)

    for optimizer in (Halved(), *(getattr(keras.optimizers, kind)(**options) for kind, options in LEFT.values())):
        simplify_updates(optimizer)
        assert "_backend_update_step" not in vars(optimizer)


def test_gradients_of_some_rows_are_left_to_keras():
    import keras
    import tensorflow as tf

    from hpo.training.network.optimizing.updates import simplify_updates

    def step(*, is_simple: bool) -> np.ndarray:
        weights = keras.Variable(np.ones((4, 2), np.float32))
        optimizer = keras.optimizers.Adam(0.1)
        optimizer.build([weights])
        if is_simple:
            simplify_updates(optimizer)
        rows = tf.IndexedSlices(tf.ones((1, 2)), tf.constant([2]), tf.constant([4, 2]))
        optimizer.apply([rows], [weights])
        return weights.numpy()

    np.testing.assert_array_equal(step(is_simple=True), step(is_simple=False))
