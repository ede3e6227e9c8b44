"""What TensorFlow runs for each batch: the same as Keras has it run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.engine


def make_model(**compilation: Any):
    import keras

    keras.utils.set_random_seed(1)
    layers = [keras.Input((6,)), keras.layers.Dropout(0.5), keras.layers.BatchNormalization(), keras.layers.Dense(3)]
    model = keras.Sequential([*layers, keras.layers.Softmax()])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **compilation)
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.mark.parametrize("is_weighted", [False, True])
def test_a_model_learns_what_it_learns_by_keras_own_functions_to_the_last_bit(is_weighted: bool):
    import tensorflow as tf

    from hpo.training.network.steps import compile_steps

    random = np.random.default_rng(1)
    parts = [(random.random((22, 6), np.float32), random.integers(0, 3, 22)) for _ in range(2)]
    if is_weighted:
        parts = [(*part, random.random(22, np.float32)) for part in parts]
    train, validation = (tf.data.Dataset.from_tensor_slices(part).batch(8) for part in parts)
    learned = []
    for compiles in (False, True):
        model = make_model()
        if compiles:
            compile_steps(model)
        function = model.train_function
        history = model.fit(train, validation_data=validation, epochs=3, shuffle=False, verbose=0).history
        one = model.test_on_batch(*parts[1])
        learned.append((history, [float(value) for value in one], [value.tobytes() for value in model.get_weights()]))
        assert (model.train_function is function) is compiles
    assert learned[0] == learned[1]


@pytest.mark.parametrize("compilation", [{"run_eagerly": True}, {"jit_compile": True}, {"steps_per_execution": 2}])
def test_what_is_run_in_another_way_is_left_to_keras(compilation: dict[str, Any]):
    from hpo.training.network.steps import compile_steps

    model = make_model(**compilation)
    compile_steps(model)
    assert model.train_function is None
    assert model.test_function is None


def test_several_devices_are_left_to_keras():
    import tensorflow as tf

    from hpo.training.network.steps import compile_steps

    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        model = make_model()
    compile_steps(model)
    assert model.train_function is None


def test_a_model_whose_own_step_computes_no_metrics_predicts_as_keras_has_it():
    import keras
    import tensorflow as tf

    from hpo.data import Part
    from hpo.training.feeding.feeding import predictions
    from hpo.training.network.steps import compile_steps, evaluated_targets, keep_predictions, take_predictions

    class Silent(keras.Model):
        def test_step(self, data):
            return {"loss": tf.constant(0.0)}

    images = keras.Input((4, 4, 1), dtype="uint8")
    outputs = keras.layers.Softmax()(keras.layers.Dense(3)(keras.layers.Flatten()(images)))
    model = Silent(images, outputs)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    compile_steps(model)
    part = Part(np.random.default_rng(1).integers(0, 256, (10, 4, 4, 1), np.uint8), np.zeros(10, np.int32))
    keep_predictions(model)
    model.evaluate(tf.data.Dataset.from_tensor_slices((part.images, part.labels)).batch(4), verbose=0)
    assert take_predictions(model) is None
    assert evaluated_targets(model) is not None
    np.testing.assert_array_equal(predictions(model, part, 4), model.predict(part.images, batch_size=4, verbose=0))
