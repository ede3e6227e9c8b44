"""How good predictions are: one figure for all classes, and figures for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo.data import Labels
from hpo.studies import ClassScore

Probabilities = NDArray[np.float32]
_SMALLEST = 1e-7
"""What a probability counts as at least: as in Keras' cross-entropy."""


@dataclass(frozen=True, slots=True)
class Score:
    """How a model does on a part.

    Attributes:
        accuracy: the share of images whose class is held most likely.
        loss: cross-entropy in nats, whatever the model was trained with.
        macro_precision: the mean of the precisions of the classes that are there or predicted; each counts the same. A
            class that the part has no image of, and that is never predicted, is left out.
        macro_recall: likewise.
        macro_f1: likewise.
        top_k_accuracy: the share of images whose class is among the `top_k` most likely; None where that is all.
        classes: the figures of each class, in the data set's order.
    """

    accuracy: float
    loss: float
    macro_precision: float
    macro_recall: float
    macro_f1: float
    top_k_accuracy: float | None
    classes: tuple[ClassScore, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values; what does not apply is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def score_of(labels: Labels, probabilities: Probabilities, classes: Sequence[str], top_k: int) -> Score:
    """Compare predictions with the labels.

    Args:
        labels: `[n]`, indices of classes.
        probabilities: `[n, classes]`.
        classes: their names.
        top_k: see `Score`.
    """
    predicted, count = probabilities.argmax(axis=1), len(classes)
    images, times = np.bincount(labels, minlength=count), np.bincount(predicted, minlength=count)
    right = np.bincount(labels[predicted == labels], minlength=count)
    columns = _divide(right, times), _divide(right, images), _divide(2 * right, images + times)
    means = [column[images + times > 0].mean() for column in columns]
    of_class = probabilities[np.arange(len(labels)), labels]
    more_likely = (probabilities > of_class[:, None]).sum(axis=1)
    return Score(
        accuracy=float(np.mean(predicted == labels)),
        loss=float(-np.log(np.clip(of_class, _SMALLEST, 1)).mean(dtype=np.float64)),
        macro_precision=float(means[0]),
        macro_recall=float(means[1]),
        macro_f1=float(means[2]),
        top_k_accuracy=float(np.mean(more_likely < top_k)) if top_k < len(classes) else None,
        classes=tuple(
            ClassScore(
                name, round(float(precision), 4), round(float(recall), 4), round(float(f1), 4), int(images), int(n)
            )
            for name, precision, recall, f1, images, n in zip(classes, *columns, images, times, strict=True)
        ),
    )


def _divide(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide counts by counts; 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
