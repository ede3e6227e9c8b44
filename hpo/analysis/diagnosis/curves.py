"""The learning curves of a trial, brought into the form in which they are judged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hpo.spaces import Recipe, StudySpec
from hpo.studies import TrialLedger

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from hpo.studies.store.stored import StoredTrial

Curve = tuple[float, ...]
"""One figure an epoch; NaN where there was no finite one."""
_JUDGED = ("accuracy", "macro_f1", "macro_precision", "macro_recall")
_END = 3
"""Epochs of which the median is what a curve has come to: one epoch alone may be an outlier."""


@dataclass(frozen=True, slots=True)
class Curves:
    """The learning curves of a trial; one that was not recorded is empty.

    Attributes:
        metric: what `training` and `validation` are, where higher is better and 1 is perfect, such as `accuracy`.
        objective: what the trial reports, of the validation part; `direction` says which way is better.
        total: the most epochs that the trial could have had; 0 where that is not known.
        batch_size: images of a step; 0 where that is not known.
        may_normalize_batches: whether the file leaves batch normalization to the network.
    """

    metric: str
    training: Curve
    validation: Curve
    training_loss: Curve
    validation_loss: Curve
    objective: Curve
    direction: str
    total: int = 0
    batch_size: int = 0
    may_normalize_batches: bool = True

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return max(len(self.objective), len(self.validation), len(self.training_loss))

    @property
    def is_finite(self) -> bool:
        """Whether no recorded figure was NaN or infinite."""
        curves = (self.training, self.validation, self.training_loss, self.validation_loss, self.objective)
        return all(math.isfinite(value) for curve in curves for value in curve)

    @property
    def best_epoch(self) -> int:
        """The epoch of the best value of the objective, counted from 1; 0 where no value is finite."""
        sign = 1 if self.direction == "maximize" else -1
        values = [(sign * value, -index) for index, value in enumerate(self.objective, 1) if math.isfinite(value)]
        return -max(values)[1] if values else 0

    @property
    def gap(self) -> float | None:
        """By how much the metric is better on the training part than on the validation part at the end."""
        if not (self.training and self.validation):
            return None
        return end_level(self.training) - end_level(self.validation)


def read_curves(trial: FrozenTrial | StoredTrial, spec: StudySpec) -> Curves:
    """Read the learning curves of a trial; those of one without a history are what it reported."""
    history: Mapping[str, Sequence[float | None]] = TrialLedger(trial.user_attrs).history
    objective = spec.objective
    name = objective.metric.removeprefix("val_")
    metric = name if name in _JUDGED and f"val_{name}" in history else "accuracy"
    reported = _make_curve(history.get(objective.metric, ())) or _make_curve(_list_reported(trial.intermediate_values))
    return Curves(
        metric=metric,
        training=_make_curve(history.get(metric, ())),
        validation=_make_curve(history.get(f"val_{metric}", ())) or (reported if name == metric else ()),
        training_loss=_make_curve(history.get("loss", ())),
        validation_loss=_make_curve(history.get("val_loss", ())),
        objective=reported,
        direction=objective.direction,
        **_read_recipe(trial, spec),
    )


def level(values: Iterable[float]) -> float:
    """Give the median of the finite values; NaN where there is none."""
    finite = [value for value in values if math.isfinite(value)]
    return median(finite) if finite else math.nan


def end_level(curve: Curve) -> float:
    """Give what a curve has come to: the median of its last epochs."""
    return level(curve[-_END:])


def _list_reported(values: Mapping[int, float]) -> list[float | None]:
    return [values.get(epoch) for epoch in range(1, max(values, default=0) + 1)]


def _make_curve(values: Iterable[float | None]) -> Curve:
    return tuple(math.nan if value is None else float(value) for value in values)


def _read_recipe(trial: FrozenTrial | StoredTrial, spec: StudySpec) -> dict[str, Any]:
    """Read what matters of the config of a trial; nothing where it cannot be read.

    That is so where the space has changed since, or an extension is missing.
    """
    outside = TrialLedger(trial.user_attrs).outside
    try:
        tree: Any = spec.space.tree(trial.params) if outside is None else outside["config"]
        recipe = Recipe.model_validate(tree.get("training") or {})
    except (KeyError, ValidationError):
        return {}
    normalizes = (tree.get("model") or {}).get("batch_normalization", True)
    return {
        "total": recipe.total_epochs,
        "batch_size": recipe.batch_size,
        "may_normalize_batches": normalizes is not False,
    }
