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


def options_of_fit(train: Batches | BatchParts, validation: Batches | BatchParts | None = None) -> dict[str, Any]:
    """Give what `fit` is to be called with for its data, however many epochs it has.

    On TensorFlow, they are datasets without an end, of which Keras is told how many batches make an epoch: of others,
    it (3.15) makes two iterators for each epoch and each validation, one of which is thrown away unused. Each takes 5
    to 7 ms of CPU. As of any dataset, the caller has to keep the batches; see `as_dataset`.

    Args:
        train: is taken from pass to pass, as Keras does at the beginning of a fit and after each epoch.
        validation: is computed metrics of after each epoch.
    """
    if keras.backend.backend() != "tensorflow":
        return {"x": train, "validation_data": validation}
    options = {"x": as_dataset(train, begins_passes=True).repeat(), "steps_per_epoch": len(train)}
    if validation is None:
        return options
    return {**options, "validation_data": as_dataset(validation).repeat(), "validation_steps": len(validation)}


def as_dataset(batches: Batches | BatchParts, *, begins_passes: bool = False) -> tf.data.Dataset | Batches | BatchParts:
    """Give what is to be handed to `evaluate` and `predict`; for `fit`, see `options_of_fit`.

    On TensorFlow (2.20), the dataset that Keras makes of batches is tuned while it runs, by a thread of each iterator
    that sleeps for ten milliseconds at first, and for twice as long each time. Whoever ends the iterator waits for it,
    and now and then until it wakes up: after an epoch of 0.8 s until 1.3 s, after one of 3.9 s until 5.2. This dataset
    is not tuned. It is read ahead for a GPU alone: on a CPU, the threads for it take as long as they save.

    It does not keep the batches, so the caller has to, for as long as it is used: TensorFlow frees no function that a
    dataset calls, and would keep images and threads of each fit with it.

    Args:
        batches: are read one after the other.
        begins_passes: whether the batches go over to their next pass before the first of them is read.
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *array.shape[1:]), array.dtype) for array in batches[0]]
    steps, find_batches = len(batches), ref(batches)

    def read_batch(step: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a NumPy scalar and arrays
        found = find_batches()
        assert found is not None  # noqa: S101 - the caller keeps them
        if begins_passes and step == 0:
            found.on_epoch_end()  # of the one before, as Keras has it
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
