"""Two trainings compared to the last bit: their histories, and the weights of their models."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WEIGHTS = "model.weights.h5"
"""The member of a `.keras` file that has them."""


@dataclass(frozen=True, slots=True)
class MetricCurve:
    """A history: of one repeat, counted from 1, or the means over all.

    Attributes:
        repeat: which one; None for the means.
        history: every metric at every epoch; None where a value was no finite number.
    """

    repeat: int | None
    history: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class MetricDifference:
    """A metric that two trainings differ in, at one epoch.

    Attributes:
        epoch: counted from 1.
        metric: by Keras' name.
        repeat: of which repeat, counted from 1; None for the mean over all, or the only training.
        recorded: its value in the record; None where it was no finite number, or there was no such epoch.
        trained: its value now; None likewise.
    """

    epoch: int
    metric: str
    repeat: int | None
    recorded: float | None
    trained: float | None

    @property
    def by(self) -> float | None:
        """By how much it is more now; None where one of the two is no number."""
        return None if self.recorded is None or self.trained is None else self.trained - self.recorded


@dataclass(frozen=True, slots=True)
class WeightDifference:
    """A variable that two models differ in, the first of several.

    Attributes:
        variable: by its path in the file.
        largest: the largest difference of two numbers in it; None where it is not in both, or has other shapes.
        variables: how many differ.
        total: how many there are.
    """

    variable: str
    largest: float | None
    variables: int
    total: int


def compare_curves(
    recorded: Sequence[MetricCurve], trained: Sequence[MetricCurve]
) -> tuple[list[MetricDifference], int]:
    """List the values in which the histories of two trainings differ, epoch by epoch, and count all.

    Values are equal that have the same bits; two that are no finite numbers are, too.
    """
    differences, count = [], 0
    histories = {curve.repeat: curve.history for curve in trained}
    for curve in recorded:
        history = histories.get(curve.repeat, {})
        for metric in dict.fromkeys([*curve.history, *history]):
            then, now = curve.history.get(metric, ()), history.get(metric, ())
            for index in range(max(len(then), len(now))):
                old, new = _at(then, index), _at(now, index)
                count += 1
                if _bits(old) != _bits(new):
                    differences.append(MetricDifference(index + 1, metric, curve.repeat, old, new))
    return sorted(differences, key=lambda difference: difference.epoch), count


def compare_weights(kept: Path, trained: Path) -> WeightDifference | None:
    """Compare the weights in two `.keras` files; None where they are equal to the last bit.

    Raises:
        OSError: one cannot be read.
        ValueError: one is no such file.
    """
    ours, theirs = _read_weights(trained), _read_weights(kept)
    names = list(dict.fromkeys([*theirs, *ours]))
    differing = [
        name
        for name in names
        if name not in ours
        or name not in theirs
        or ours[name].shape != theirs[name].shape
        or ours[name].dtype != theirs[name].dtype
        or ours[name].tobytes() != theirs[name].tobytes()
    ]
    if not differing:
        return None
    first = differing[0]
    is_comparable = first in ours and first in theirs and ours[first].shape == theirs[first].shape
    largest = float(abs(ours[first].astype(float) - theirs[first].astype(float)).max()) if is_comparable else None
    return WeightDifference(first, largest, len(differing), len(names))


def _read_weights(path: Path) -> dict[str, Any]:
    import h5py

    weights: dict[str, Any] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(_WEIGHTS)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"{path.name} is no .keras file") from error
    with h5py.File(io.BytesIO(content), "r") as file:
        file.visititems(
            lambda name, node: weights.__setitem__(name, node[()]) if isinstance(node, h5py.Dataset) else None
        )
    return weights


def _at(values: Sequence[float | None], index: int) -> float | None:
    value = values[index] if index < len(values) else None
    return value if value is not None and math.isfinite(value) else None


def _bits(value: float | None) -> str | None:
    return None if value is None else float(value).hex()
