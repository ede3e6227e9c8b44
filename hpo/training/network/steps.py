"""What TensorFlow runs for each batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras


def compile_steps(model: keras.Model) -> None:
    """Have a compiled model take a batch and compute its step in one function of TensorFlow, traced when it is called.

    Keras (3.15) has a function for the batch, in it one for the step, and options of distribution and of missing parts
    around both, for what hpo does not use: a batch of a small network takes 1.1 to 1.3 ms of CPU less without. Steps
    and their digits are the same. What runs by XLA or eagerly, several steps at a time or on several devices is left to
    Keras, and so are other engines.
    """
    if keras.backend.backend() != "tensorflow" or model.run_eagerly or model.jit_compile:
        return
    import tensorflow as tf

    if model.steps_per_execution == 1 and model.distribute_strategy is tf.distribute.get_strategy():
        model.train_function = _make_function(model.train_step)
        model.test_function = _make_function(model.test_step)


def _make_function(step: Callable[[Any], dict[str, Any]]) -> Callable[[Iterator[Any]], dict[str, Any]]:
    """Make a function of an iterator, as Keras calls it: of a dataset in `fit`, of Python in `test_on_batch`."""
    import tensorflow as tf

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def step_on_iterator(batches: Iterator[Any]) -> dict[str, Any]:
        return step(next(batches))

    from_dataset = tf.function(step_on_iterator, reduce_retracing=True)
    on_batch = tf.function(tf.autograph.experimental.do_not_convert(step), reduce_retracing=True)

    def function(batches: Iterator[Any]) -> dict[str, Any]:
        is_dataset = isinstance(batches, tf.data.Iterator)
        logs: dict[str, Any] = from_dataset(batches) if is_dataset else on_batch(next(batches))
        return logs

    return function
