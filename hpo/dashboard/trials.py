"""Trials as Optuna has them, with attributes that people can read in place of those that hpo works with."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from optuna.distributions import json_to_distribution
from optuna.trial import FrozenTrial, TrialState

from hpo.analysis import format_counts, format_duration, format_objectives
from hpo.studies import StudyRecord, TrialLedger, TrialRecord
from hpo.studies.store.ledger import FIXED
from hpo.studies.store.stored import StoredTrial

_read_distribution = lru_cache(maxsize=1000)(json_to_distribution)
_ARTIFACT, _CONSTRAINTS = "artifacts:", "constraints"
"""Attributes of trials, under names of Optuna's dashboard."""
_RATE = "learning_rate"
"""Of the epoch, in the history; what people look for under that name is the parameter."""


def convert_trial(
    trial_id: int, stored: StoredTrial, described: TrialRecord, pictures: Mapping[str, str] = {}
) -> FrozenTrial:
    """Make a trial of Optuna's.

    Args:
        trial_id: its id in the dashboard.
        stored: the trial as its database has it.
        described: the same as hpo describes it.
        pictures: names of files by the ids of artifacts.
    """
    distributions = {name: _read_distribution(text) for name, text in stored.distributions.items()}
    values = stored.values if stored.values and not any(map(math.isnan, stored.values)) else None
    return FrozenTrial(
        number=stored.number,
        state=TrialState[stored.state.name],
        value=None,
        values=values,
        datetime_start=_local_time(stored.datetime_start),
        datetime_complete=_local_time(stored.datetime_complete),
        params={name: described.params[name] for name in distributions if name in described.params},
        distributions=distributions,
        user_attrs=describe_trial(stored, described),
        system_attrs=_describe_for_optuna(stored, pictures),
        intermediate_values=stored.intermediate_values,
        trial_id=trial_id,
    )


def describe_trial(stored: StoredTrial, described: TrialRecord) -> dict[str, Any]:
    """Say what hpo knows of a trial: figures are columns that can be sorted."""
    ledger = TrialLedger(stored.user_attrs)
    metrics = {name: _at(values, ledger.best_epoch) for name, values in ledger.history.items() if name != _RATE}
    attributes = {
        "epochs": described.epochs,
        "best_epoch": ledger.best_epoch or None,
        **metrics,
        **(ledger.measures or {}),
        "duration_s": described.duration_s,
        "images_per_second": ledger.images_per_second,
        "cause": described.cause,
        "remark": described.remark,
        "worker": described.worker,
        "attempts": described.attempts if described.attempts > 1 else None,
    }
    return {name: _shorten(value) for name, value in attributes.items() if value is not None}


def _shorten(value: Any) -> Any:  # noqa: ANN401 - plain values
    """Write a figure with as many digits as people read."""
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else float(f"{value:.6g}")


def describe_study(record: StudyRecord) -> dict[str, str]:
    """Say in what state a study is, and what it works on."""
    budget, data, spec = record.budget, record.data or {}, record.spec
    return {
        "state": record.state,
        "objective": format_objectives(spec.objectives),
        "trials": f"{budget.used:,} of {budget.trials:,} used: {format_counts(record.counts()) or 'none yet'}",
        "time": f"{format_duration(budget.worked_s)} worked",
        **({"data": data["text"]} if "text" in data else {}),
        "engine": spec.engine,
    }


def _at(values: Sequence[float | None], epoch: int) -> float | None:
    return values[epoch - 1] if 0 < epoch <= len(values) else None


def _describe_for_optuna(stored: StoredTrial, pictures: Mapping[str, str]) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        f"{_ARTIFACT}{artifact}": json.dumps({"artifact_id": artifact, "filename": name, "mimetype": "image/png"})
        for artifact, name in pictures.items()
    }
    if fixed := stored.system_attrs.get(FIXED):
        attributes[FIXED] = fixed
    if stored.constraints:
        attributes[_CONSTRAINTS] = list(stored.constraints.values())
    return attributes


def _local_time(moment: datetime | None) -> datetime | None:
    """Optuna has local times without a time zone."""
    return None if moment is None else moment.astimezone().replace(tzinfo=None)
