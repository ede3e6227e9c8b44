"""A network that brings its own optimizer, loss and metrics, as a KerasTuner model does: it is trained with those."""

from __future__ import annotations

import inspect
import json
from typing import Any

import keras

SPARSE = "sparse"
"""What the names of Keras' losses and metrics begin with that take labels as numbers."""
ACCURACY = "accuracy"
_ACCURACIES = (ACCURACY, "acc", "categorical_accuracy", "sparse_categorical_accuracy")
"""Metrics that are the same, and may be called the same."""


def compile_as(model: keras.Model, own: str) -> None:
    """Compile a model as the code of its network has, with a fresh optimizer, and accuracy among its metrics.

    The labels are numbers. Losses and metrics that are not called sparse get them one-hot.

    Args:
        model: from images to class probabilities.
        own: what `own_compilation` gives.

    Raises:
        ValueError: it was compiled with what Keras cannot make anew.
    """
    compilation: dict[str, Any] = _deserialize(json.loads(own))
    del compilation["jit_compile"]  # what "auto" came to for the network, which says nothing of the model
    compilation["loss"] = _make_loss(compilation["loss"] or f"{SPARSE}_categorical_crossentropy")
    metrics = [metric for metric in keras.tree.flatten(compilation["metrics"]) if metric is not None]
    others = [_make_metric(metric) for metric in metrics if _name(metric) not in _ACCURACIES]
    compilation["metrics"] = [ACCURACY, *others]
    model.compile(**compilation)


def slots_of(own: str) -> int:
    """How many numbers its optimizer keeps for each trainable one of the network, averages of the weights among them.

    Args:
        own: what `own_compilation` gives.

    Raises:
        ValueError: it was compiled with what Keras cannot make anew.
    """
    optimizer, weight = _deserialize(json.loads(own)["optimizer"]), keras.Variable([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    optimizer.build([weight])
    return sum(tuple(variable.shape) == tuple(weight.shape) for variable in optimizer.variables)


def _deserialize(serialized: Any) -> Any:  # noqa: ANN401 - as Keras has it
    try:
        return keras.saving.deserialize_keras_object(serialized)
    except Exception as error:
        raise ValueError(
            f"what a model is compiled with can be saved and loaded again. Received {type(error).__name__}: {error} "
            "Decorate losses, metrics and schedules of your own by @keras.saving.register_keras_serializable()."
        ) from error


@keras.saving.register_keras_serializable("hpo")
class OneHotLoss(keras.losses.Loss):  # type: ignore[misc]
    """Another loss, which is given labels one-hot."""

    def __init__(self, loss: Any, name: str = "one_hot_loss", **options: Any) -> None:  # noqa: ANN401 - Keras' own
        super().__init__(name=name, **options)
        self.loss = loss

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """The loss of each image; of each batch, where the other gives no more."""
        return self.loss(_one_hot(y_true, y_pred), y_pred)

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of, as Keras saves it with a compiled model."""
        return {**super().get_config(), "loss": keras.saving.serialize_keras_object(self.loss)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> OneHotLoss:
        """Make it of that."""
        return cls(**{**config, "loss": keras.saving.deserialize_keras_object(config["loss"])})


@keras.saving.register_keras_serializable("hpo")
class OneHotMetric(keras.metrics.Metric):  # type: ignore[misc]
    """Another metric, which is given labels one-hot."""

    def __init__(self, metric: keras.metrics.Metric, name: str, **options: Any) -> None:  # noqa: ANN401 - Keras' own
        super().__init__(name=name, **options)
        self.metric = metric

    def update_state(
        self,
        y_true: keras.KerasTensor,
        y_pred: keras.KerasTensor,
        sample_weight: keras.KerasTensor | None = None,
    ) -> None:
        """Take a batch in."""
        self.metric.update_state(_one_hot(y_true, y_pred), y_pred, sample_weight)

    def result(self) -> keras.KerasTensor:
        """Of all batches since the last reset."""
        return self.metric.result()

    def reset_state(self) -> None:
        """Begin anew."""
        self.metric.reset_state()

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of, as Keras saves it with a compiled model."""
        return {**super().get_config(), "metric": keras.saving.serialize_keras_object(self.metric)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> OneHotMetric:
        """Make it of that."""
        return cls(**{**config, "metric": keras.saving.deserialize_keras_object(config["metric"])})


def _make_loss(identifier: Any) -> Any:  # noqa: ANN401 - a name, a function or an object
    loss = keras.losses.get(identifier)
    if _is_sparse(loss):
        return loss
    options = loss.get_config() if isinstance(loss, keras.losses.CategoricalCrossentropy) else {}
    is_cross_entropy = bool(options) or loss is keras.losses.categorical_crossentropy
    if is_cross_entropy and not options.get("label_smoothing"):  # the same, and a model without parts of ours
        return keras.losses.SparseCategoricalCrossentropy(from_logits=options.get("from_logits", False))
    return OneHotLoss(loss)


def _make_metric(identifier: Any) -> Any:  # noqa: ANN401 - a name, a function or an object
    metric = keras.metrics.get(identifier)
    if _is_sparse(metric):
        return metric
    if not isinstance(metric, keras.metrics.Metric):
        metric = keras.metrics.MeanMetricWrapper(metric, name=_name(identifier))
    return OneHotMetric(metric, identifier if isinstance(identifier, str) else metric.name)


def _is_sparse(thing: Any) -> bool:  # noqa: ANN401 - a function or an object
    kind = thing.__name__ if inspect.isfunction(thing) else type(thing).__name__
    return kind.lower().startswith(SPARSE)


def _name(metric: Any) -> str:  # noqa: ANN401 - a name, a function or an object
    return metric if isinstance(metric, str) else str(getattr(metric, "name", getattr(metric, "__name__", "metric")))


def _one_hot(labels: keras.KerasTensor, probabilities: keras.KerasTensor) -> keras.KerasTensor:
    numbers = keras.ops.reshape(labels, (-1,))
    return keras.ops.one_hot(numbers, probabilities.shape[-1], dtype=probabilities.dtype)
