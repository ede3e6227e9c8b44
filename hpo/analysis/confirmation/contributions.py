"""What each image contributes to a metric: so that the sampling of the images is part of an interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GROUPS = 200
"""Of images, for metrics that are no mean over images."""
_SMALLEST = 1e-7
"""What a probability counts as at least: as in Keras' cross-entropy."""


def compute_contributions(metric: str, labels: NDArray[Any], probabilities: NDArray[Any], top_k: int) -> NDArray[Any]:
    """Compute what each image contributes to a metric, the metric being the mean of all contributions.

    A metric that is a mean over images consists of such figures. Of macro F1, precision and recall they are the
    pseudo-values of a jackknife (Tukey, 1958): how much the metric changes when a group of images is left out.

    Args:
        metric: a learned objective without `val_`: `accuracy`, `loss`, `top_k_accuracy`, `macro_f1`, ...
        labels: `[n]`.
        probabilities: `[n, classes]`.
        top_k: what counts as right in `top_k_accuracy`.

    Returns:
        `[n]`, or `[groups]` where images were put into groups.
    """
    import numpy as np

    of_class = probabilities[np.arange(len(labels)), labels]
    if metric == "loss":
        losses: NDArray[Any] = -np.log(np.clip(of_class, _SMALLEST, 1).astype(np.float64))
        return losses
    predicted = probabilities.argmax(axis=1)
    is_right: dict[str, NDArray[np.bool_]] = {
        "accuracy": predicted == labels,
        "top_k_accuracy": (probabilities > of_class[:, None]).sum(axis=1) < top_k,
    }
    if metric in is_right:
        return is_right[metric].astype(np.float64)
    groups = min(_GROUPS, len(labels))
    order = np.random.default_rng(0).permutation(len(labels))
    confusion = np.zeros((groups, probabilities.shape[1], probabilities.shape[1]))
    np.add.at(confusion, (order % groups, labels, predicted), 1)
    total = confusion.sum(axis=0)
    without = np.array([_macro(metric, total - part) for part in confusion])
    return groups * _macro(metric, total) - (groups - 1) * without


def _macro(metric: str, confusion: NDArray[Any]) -> float:
    """Compute a macro metric of a confusion matrix `[class, prediction]`; classes that are nowhere are left out."""
    import numpy as np

    right, images, predictions = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    whole = {"macro_recall": images, "macro_precision": predictions}.get(metric, (images + predictions) / 2)
    figures = np.divide(right, whole, out=np.zeros_like(right), where=whole > 0)
    return float(figures[(images > 0) | (predictions > 0)].mean())
