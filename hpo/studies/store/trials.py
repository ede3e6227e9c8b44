"""Optuna's trials, read from its tables by one plain SELECT each.

Optuna 5.0 makes an object of SQLAlchemy's ORM of every row, which takes 2.6 times as long for one trial, and
seven times for a hundred. A search reads the unfinished trials a few times for each trial that it asks for, and at each
report.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial
from sqlalchemy import ColumnElement, Connection, select

_TRIALS: Any = models.TrialModel.__table__
_ATTRIBUTES = (models.TrialUserAttributeModel, models.TrialSystemAttributeModel)
_read_distribution = lru_cache(maxsize=1000)(json_to_distribution)
_read_value = models.TrialValueModel.stored_repr_to_value
_read_report = models.TrialIntermediateValueModel.stored_repr_to_intermediate_value


def select_trials(connection: Connection, condition: ColumnElement[bool]) -> list[FrozenTrial]:
    """Read the trials whose rows fulfil a condition, in the order in which they were made."""
    rows = connection.execute(select(_TRIALS).where(condition).order_by(_TRIALS.c.trial_id)).all()

    def select_parts(model: Any, *columns: str) -> Any:  # noqa: ANN401 - rows of a table of Optuna's
        table = model.__table__
        trials = select(_TRIALS.c.trial_id).where(condition)
        selected = select(table.c.trial_id, *(table.c[name] for name in columns)).where(table.c.trial_id.in_(trials))
        return connection.execute(selected.order_by(*table.primary_key))

    params = defaultdict[int, dict[str, Any]](dict)
    distributions = defaultdict[int, dict[str, BaseDistribution]](dict)
    for trial, name, number, text in select_parts(
        models.TrialParamModel, "param_name", "param_value", "distribution_json"
    ):
        distributions[trial][name] = distribution = _read_distribution(text)
        params[trial][name] = distribution.to_external_repr(number)
    values = defaultdict[int, dict[int, float]](dict)
    for trial, objective, number, kind in select_parts(models.TrialValueModel, "objective", "value", "value_type"):
        values[trial][objective] = _read_value(number, kind)
    reports = defaultdict[int, dict[int, float]](dict)
    for trial, step, number, kind in select_parts(
        models.TrialIntermediateValueModel, "step", "intermediate_value", "intermediate_value_type"
    ):
        reports[trial][step] = _read_report(number, kind)
    attributes = {model: defaultdict[int, dict[str, Any]](dict) for model in _ATTRIBUTES}
    for model in _ATTRIBUTES:
        for trial, key, text in select_parts(model, "key", "value_json"):
            attributes[model][trial][key] = json.loads(text)
    ours, optunas = attributes.values()
    return [
        FrozenTrial(
            number=row.number,
            state=row.state,
            value=None,
            values=[values[row.trial_id][objective] for objective in sorted(values[row.trial_id])] or None,
            datetime_start=_local_time(row.datetime_start),
            datetime_complete=_local_time(row.datetime_complete),
            params=params[row.trial_id],
            distributions=distributions[row.trial_id],
            user_attrs=ours[row.trial_id],
            system_attrs=optunas[row.trial_id],
            intermediate_values=reports[row.trial_id],
            trial_id=row.trial_id,
        )
        for row in rows
    ]


def _local_time(stored: datetime | None) -> datetime | None:
    """Optuna stores times in UTC, and gives them out in local time, without a time zone both times."""
    return None if stored is None else stored.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)
