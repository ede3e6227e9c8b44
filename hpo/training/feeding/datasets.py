"""Batches as Keras is given them: on TensorFlow as a dataset whose threads nobody has to wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

import keras

from hpo.data.layers.batches import Batches
from hpo.training.feeding.parts import BatchParts
from hpo.training.memory import uses_gpu

if TYPE_CHECKING:
    import tensorflow as tf


class Passes(keras.callbacks.Callback):  # type: ignore[misc]
    """Takes batches from pass to pass, where Keras does not: of a dataset, it knows nothing but its elements."""

    def __init__(self, batches: Batches | BatchParts) -> None:
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Begin the next pass, as Keras does with batches at the beginning of a fit and after each epoch."""
        if keras.backend.backend() == "tensorflow":
            self._batches.on_epoch_end()


def as_dataset(batches: Batches | BatchParts) -> tf.data.Dataset | Batches | BatchParts:
    """Give what is to be handed to `fit`, `evaluate` and `predict`; with `fit`, `Passes` belongs to it.

    On TensorFlow (2.20), the dataset that Keras makes of batches is tuned while it runs, by a thread of each iterator
    that sleeps for ten milliseconds at first, and for twice as long each time. Whoever ends the iterator waits for it,
    and now and then until it wakes up: after an epoch of 0.8 s until 1.3 s, after one of 3.9 s until 5.2. This dataset
    is not tuned. It is read ahead for a GPU alone: on a CPU, the threads for it take as long as they save.

    It does not keep the batches, so the caller has to, for as long as it is used: TensorFlow frees no function that a
    dataset calls, and would keep images and threads of each fit with it.
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *array.shape[1:]), array.dtype) for array in batches[0]]
    steps, find_batches = len(batches), ref(batches)

    def read_batch(step: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a NumPy scalar and arrays
        found = find_batches()
        assert found is not None  # noqa: S101 - the caller keeps them
        return found[int(step)]

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def read(step: tf.Tensor) -> tuple[tf.Tensor, ...]:
        arrays = tf.numpy_function(read_batch, [step], [spec.dtype for spec in signature])
        return tuple(tf.ensure_shape(array, spec.shape) for array, spec in zip(arrays, signature, strict=True))

    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False  # there is nothing to be optimized
    dataset = tf.data.Dataset.range(steps).map(read)
    return (dataset.prefetch(2) if uses_gpu() else dataset).with_options(options)


def trace_prediction(model: keras.Model, batches: tf.data.Dataset | Batches | BatchParts) -> None:
    """Have TensorFlow trace what a model predicts once, for batches of any size.

    Keras (3.15) has it traced for whole batches, and again for a smaller one at the end.
    """
    if keras.backend.backend() != "tensorflow" or model.run_eagerly or model.jit_compile:
        return
    model.make_predict_function()
    model.predict_function.get_concrete_function([batches.element_spec])
