"""What is measured of predictions after every epoch: Keras' metrics, and one for the means over classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from hpo.spaces import Recipe


def make_metrics(recipe: Recipe, classes: int) -> list[keras.metrics.Metric]:
    """Accuracy, and what the recipe asks for besides.

    Args:
        recipe: names the metrics, and how targets are given.
        classes: how many there are.
    """
    form = "" if recipe.has_one_hot_targets else "Sparse"
    metrics = [getattr(keras.metrics, f"{form}CategoricalAccuracy")(name="accuracy")]
    if "top_k_accuracy" in recipe.metrics:
        metrics.append(getattr(keras.metrics, f"{form}TopKCategoricalAccuracy")(k=recipe.top_k, name="top_k_accuracy"))
    means = [name for name in recipe.metrics if name.startswith("macro_")]
    if means:
        metrics.append(MacroMeans(classes, means))
    return metrics


class MacroMeans(keras.metrics.Metric):  # type: ignore[misc]
    """Precision, recall and F1, each the mean over classes, from one confusion matrix.

    As scikit-learn's with `average="macro"` and `zero_division=0`, over the classes that are predicted or there.
    Targets are indices of classes or one number a class, of which the largest counts. The result is a mapping, whose
    keys Keras writes into the history.
    """

    def __init__(self, classes: int, names: Sequence[str]) -> None:
        super().__init__(name="macro", dtype="float32")
        self._classes = classes
        self._names = tuple(names)
        self._counts = self.add_variable((classes, classes), initializer="zeros", name="counts")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # noqa: ANN401 - tensors
        """Count a batch; weights do not matter."""
        predicted = ops.argmax(y_pred, axis=-1)
        is_one_hot = len(y_true.shape) > 1 and y_true.shape[-1] == self._classes
        labels = ops.argmax(y_true, axis=-1) if is_one_hot else ops.cast(ops.reshape(y_true, (-1,)), "int32")
        rows, columns = (ops.one_hot(classes, self._classes, dtype="float32") for classes in (labels, predicted))
        self._counts.assign_add(ops.matmul(ops.transpose(rows), columns))

    def result(self) -> dict[str, Any]:
        """The means that were asked for, by name, each from 0 to 1."""
        right = ops.diagonal(self._counts)
        labels, predicted = ops.sum(self._counts, axis=1), ops.sum(self._counts, axis=0)
        n_seen = ops.maximum(ops.sum(ops.cast(labels + predicted > 0, "float32")), 1)
        by_class = {
            "macro_precision": right / ops.maximum(predicted, 1),
            "macro_recall": right / ops.maximum(labels, 1),
            "macro_f1": 2 * right / ops.maximum(labels + predicted, 1),
        }
        return {name: ops.sum(by_class[name]) / n_seen for name in self._names}
