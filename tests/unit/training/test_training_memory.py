"""What a trial leaves behind in the engine."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.engine


def test_tensorflow_keeps_nothing_of_a_trial_that_ended():
    import keras
    import numpy as np
    from tensorflow.python.framework import ops

    from hpo.training.memory import free_memory_afterwards

    def fit():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        model.compile("adam", "mse")
        model.fit(np.zeros((8, 4)), np.zeros((8, 2)), verbose=0)

    before = set(ops.gradient_registry.list())
    fit()
    assert set(ops.gradient_registry.list()) > before, "else TensorFlow has mended it, and the module can go"
    before = set(ops.gradient_registry.list())
    with free_memory_afterwards():
        fit()
    assert set(ops.gradient_registry.list()) == before
