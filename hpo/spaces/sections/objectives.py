"""What a study optimizes: one metric, or several of which none is given up for another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from pydantic import ConfigDict, model_validator

from hpo.spaces.sections.section import Section

Direction = Literal["maximize", "minimize"]
Recorded = Literal["accuracy", "top_k_accuracy", "macro_f1", "macro_precision", "macro_recall"]
"""What can be measured of predictions besides the loss."""

Metric = Literal[
    "val_accuracy",
    "val_loss",
    "val_top_k_accuracy",
    "val_macro_f1",
    "val_macro_precision",
    "val_macro_recall",
    "parameters",
    "flops",
    "memory",
    "model_mb",
    "latency_ms",
    "duration_s",
]

LEARNED: tuple[str, ...] = tuple(metric for metric in get_args(Metric) if metric.startswith("val_"))
"""The metrics that every epoch gives a value of; one objective at least is one of them."""


def natural_direction(metric: str) -> Direction:
    """Which way of a metric is better: what is learned grows but for the loss, all that is measured shrinks."""
    return "maximize" if metric in LEARNED and metric != "val_loss" else "minimize"


class Objective(Section):
    """A metric and which way is better, which follows from the metric.

    Those that begin with `val_` are learned: of the validation part, known after every epoch. `val_top_k_accuracy`
    counts an image as right where its class is among the `top_k` most likely; macro F1, precision and recall are means
    over the classes, each of which counts the same. The others are measured:
    `parameters` (numbers of the network), `flops` (floating-point operations of one image's forward pass), `memory`
    (bytes of peak training memory, estimated), `model_mb` (10^6 bytes of the weights), `latency_ms` (median
    milliseconds for one image, on what the trial ran on), `duration_s` (seconds of the trial).
    """

    model_config = ConfigDict(json_schema_extra={"required": []})  # a file may leave the direction to the metric

    metric: Metric = "val_accuracy"
    """What is optimized."""
    direction: Direction
    """Follows from the metric: what is learned is maximized but for the loss, all else is minimized. A file that says
    otherwise is refused."""

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, data: object) -> object:
        if isinstance(data, str):
            data = {"metric": data}
        if isinstance(data, dict) and "direction" not in data:
            return {**data, "direction": natural_direction(data.get("metric", "val_accuracy"))}
        return data

    @property
    def is_learned(self) -> bool:
        """Whether every epoch gives a value."""
        return self.metric in LEARNED

    def better(self, value: float, than: float | None) -> bool:
        """Whether `value` is strictly better than another, or there is no other."""
        if than is None:
            return True
        return value > than if self.direction == "maximize" else value < than


_SWEPT = 2
"""So many objectives need one comparison a trial, and no numpy, which looking at a study does not import."""


def front(objectives: Sequence[Objective], candidates: Sequence[Sequence[float]]) -> list[int]:
    """The Pareto front: the candidates that no other beats. With one objective that is the best, and it alone.

    Args:
        objectives: what is compared.
        candidates: a value for each objective, `[n][objectives]`.

    Returns:
        Indices into `candidates`, the best in the first objective first. A candidate is beaten by another that is as
        good in all objectives, and better in one or earlier.
    """
    all_costs = [_costs(objectives, values) for values in candidates]
    order = sorted(range(len(candidates)), key=lambda index: (all_costs[index], index))
    unbeaten = order[:1]
    if len(objectives) <= _SWEPT:
        for index in order:  # its first cost is no lower than theirs, so its second has to be
            if all_costs[index][-1] < all_costs[unbeaten[-1]][-1]:
                unbeaten.append(index)
        return unbeaten
    import numpy as np

    unbeaten = []
    indices = np.array(order, dtype=int)
    costs = np.array([all_costs[index] for index in order])
    while indices.size:  # they are sorted, so none of the others beats the first
        unbeaten.append(int(indices[0]))
        survives = (costs < costs[0]).any(axis=1)
        indices, costs = indices[survives], costs[survives]
    return unbeaten


def joins_front(objectives: Sequence[Objective], candidates: Sequence[Sequence[float]], index: int) -> bool:
    """Whether a candidate is in the front, which takes one comparison with each of the others.

    Args:
        objectives: what is compared.
        candidates: a value for each objective, `[n][objectives]`; of equal ones the first is in the front.
        index: of the candidate.
    """
    if len(candidates) == 1:
        return True
    import numpy as np

    values = np.array(candidates)
    excess = (values - values[index]) * _costs(objectives, [1.0] * len(objectives))
    beaten = (excess <= 0).all(axis=1)
    beaten[index:] &= (excess[index:] < 0).any(axis=1)
    return not beaten.any()


def _costs(objectives: Sequence[Objective], values: Sequence[float]) -> tuple[float, ...]:
    """Values of which lower ones are better."""
    return tuple(
        -value if objective.direction == "maximize" else value
        for objective, value in zip(objectives, values, strict=True)
    )
