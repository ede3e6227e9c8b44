"""What TensorFlow runs for each batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import keras
import numpy as np
from numpy.typing import NDArray

from hpo.training.network.optimizing.updates import simplify_updates

if TYPE_CHECKING:
    import tensorflow as tf

Logs = dict[str, Any]
Result = TypeVar("Result")


def compile_steps(model: keras.Model) -> None:
    """Have a compiled model take a batch and compute its step in one function of TensorFlow, traced when it is called.

    Keras (3.15) has a function for the batch, in it one for the step, and options of distribution and of missing parts
    around both, for what hpo does not use: a batch of a small network takes 1.1 to 1.3 ms of CPU less without. Steps
    and their digits are the same. The function that evaluates can keep predictions, and Adam takes fewer operations
    (`simplify_updates`). What runs by XLA or eagerly, several steps at a time or on several devices is left to Keras,
    and so are other engines.
    """
    if keras.backend.backend() != "tensorflow" or model.run_eagerly or model.jit_compile:
        return
    import tensorflow as tf

    if model.steps_per_execution == 1 and model.distribute_strategy is tf.distribute.get_strategy():
        simplify_updates(model.optimizer)
        model.train_function = _Function(model.train_step)
        model.test_function = _Evaluation(model)


def has_functions(model: keras.Model) -> bool:
    """Say whether a compiled model was traced itself, to train or to predict; True where Keras' own function trains."""
    step = model.train_function
    return model.predict_function is not None or not isinstance(step, _Function) or bool(step.traces)


def keep_predictions(model: keras.Model, room: float = 64 * 2**20) -> None:
    """Have the next evaluation keep what the model predicts, unless that takes more bytes."""
    if isinstance(model.test_function, _Evaluation):
        model.test_function.begin(room)


def take_predictions(model: keras.Model) -> NDArray[np.float32] | None:
    """Give what the last evaluation has kept, as `model.predict` would give it; None where it has kept nothing."""
    return model.test_function.end() if isinstance(model.test_function, _Evaluation) else None


def evaluated_targets(model: keras.Model) -> tf.TensorSpec | None:
    """Give the form of the targets that a model was evaluated with, whose function predicts without being traced again.

    None where there is no such function.
    """
    return model.test_function.targets if isinstance(model.test_function, _Evaluation) else None


class _Evaluation:
    """What Keras calls for each batch of an evaluation; keeps predictions from `begin` to `end`.

    Attributes:
        targets: the form of those in the data sets so far; None without one, or where it had weights of images as well.
    """

    def __init__(self, model: keras.Model) -> None:
        def step(batch: Any) -> tuple[Logs, list[tf.Tensor]]:  # noqa: ANN401 - arrays of any kinds
            with _watch_predictions(model) as predictions:
                logs: Logs = model.test_step(batch)
            return logs, predictions

        self._function = _Function(step)
        self.targets: tf.TensorSpec | None = None
        self._kept: list[tf.Tensor] = []
        self._room: float = 0

    def begin(self, room: float) -> None:
        self._kept, self._room = [], room

    def end(self) -> NDArray[np.float32] | None:
        kept, has_all = self._kept, self._room > 0
        self._kept, self._room = [], 0
        return np.concatenate([batch.numpy() for batch in kept]) if kept and has_all else None

    def __call__(self, batches: Iterator[Any]) -> Logs:
        match getattr(batches, "element_spec", None):
            case (_, targets):
                self.targets = targets
        logs, predictions = self._function(batches)
        if self._room > 0:
            self._kept += predictions
            self._room -= sum(batch.dtype.size * batch.shape.num_elements() for batch in predictions)
        return logs


@contextmanager
def _watch_predictions(model: keras.Model) -> Iterator[list[tf.Tensor]]:
    """Give the predictions that a step computes metrics of."""
    found: list[tf.Tensor] = []
    compute = model.compute_metrics

    def compute_metrics(x: object, y: object, y_pred: tf.Tensor, sample_weight: object = None) -> Logs:
        found.append(y_pred)
        logs: Logs = compute(x, y, y_pred, sample_weight)
        return logs

    model.compute_metrics = compute_metrics
    try:
        yield found
    finally:
        del model.compute_metrics


class _Function(Generic[Result]):
    """A function of an iterator, as Keras calls it: of a dataset in `fit`, of Python in `test_on_batch`.

    Which trace belongs to an iterator is looked up here, and it is handed over as the tensors that it consists of: for
    `tf.function` (TensorFlow 2.20) to find that out takes 0.35 ms of CPU more for each batch.

    Attributes:
        traces: what was compiled, by the form of a dataset's batches.
    """

    def __init__(self, step: Callable[[Any], Result]) -> None:
        import tensorflow as tf

        self.traces: dict[object, Callable[..., Result]] = {}
        self._step = step
        self._on_batch = tf.function(tf.autograph.experimental.do_not_convert(step), reduce_retracing=True)

    def __call__(self, batches: Iterator[Any]) -> Result:
        import tensorflow as tf

        if not isinstance(batches, tf.data.Iterator):
            result: Result = self._on_batch(next(batches))
            return result
        form = batches.element_spec
        if form not in self.traces:
            self.traces[form] = self._trace(batches)
        return self.traces[form](*_handles_of(batches))

    def _trace(self, batches: tf.data.Iterator) -> Callable[..., Result]:
        import tensorflow as tf

        form = tf.type_spec_from_value(batches)

        @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
        def step_on_iterator(*handles: tf.Tensor) -> Result:
            return self._step(next(tf.nest.pack_sequence_as(form, handles, expand_composites=True)))

        traced: Callable[..., Result] = tf.function(step_on_iterator).get_concrete_function(*_handles_of(batches))
        return traced


def _handles_of(batches: tf.data.Iterator) -> list[tf.Tensor]:
    import tensorflow as tf

    handles: list[tf.Tensor] = tf.nest.flatten(batches, expand_composites=True)
    return handles
