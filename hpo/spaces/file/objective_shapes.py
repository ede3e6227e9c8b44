"""What an objective was meant to be whose words are known and whose shape is another."""

from __future__ import annotations

from typing import get_args

from hpo.spaces.sections.objectives import Direction, Metric, natural_direction
from hpo.spaces.space.parameters import Value
from hpo.vocabulary import find_synonym

_METRICS, _DIRECTIONS = get_args(Metric), get_args(Direction)
_BY_DIRECTION = {"maximize": "val_accuracy", "minimize": "val_loss"}


def guess_objective(value: Value) -> Value:
    """An objective, or a list of them, that a value says in another shape; None where it has the shape of one.

    `max` is the first metric that is maximized; `{val_loss: min}` and `{min: val_loss}` are a metric and a direction;
    `{metric: [val_accuracy, parameters]}` is a list of metrics.
    """
    match value:
        case str() if find_synonym(value, _METRICS) is None:
            return _BY_DIRECTION.get(find_synonym(value, _DIRECTIONS) or "")
        case {"metric": list(metrics), **others} if metrics and not others:
            names = [find_synonym(name, _METRICS) if isinstance(name, str) else None for name in metrics]
            return None if None in names else list(names)
        case dict() if len(value) == 1:
            ((key, below),) = value.items()
            for metric, direction in ((key, below), (below, key)):
                if isinstance(metric, str) and find_synonym(metric, _METRICS) and isinstance(direction, str):
                    metric_name, direction_name = find_synonym(metric, _METRICS), find_synonym(direction, _DIRECTIONS)
                    if metric_name is not None and natural_direction(metric_name) == direction_name:
                        return {"metric": metric_name, "direction": direction_name}
    return None
