"""Trials and their learning curves as tables of pandas."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hpo.analysis import make_trial_table
from hpo.errors import MissingExtraError
from hpo.studies import StudyRecord, TrialLedger

if TYPE_CHECKING:
    from types import ModuleType

    import pandas as pd


def make_trials_frame(study: StudyRecord) -> pd.DataFrame:
    """One row a trial, with the columns of `hpo trials --csv`; times are in UTC."""
    pandas = _import_pandas()
    columns, rows = make_trial_table(study.trials(), study.spec.objectives)
    frame: pd.DataFrame = pandas.DataFrame(rows, columns=columns)
    for name in ("started", "finished"):
        frame[name] = pandas.to_datetime(frame[name], utc=True)
    return frame


def make_curves_frame(study: StudyRecord) -> pd.DataFrame:
    """One row an epoch of each trial: `number`, `state`, `epoch` from 1, and the metrics of that epoch.

    Also of trials that did not end; those of version 0.1 have the objective alone then.
    """
    rows: list[dict[str, Any]] = []
    states = {trial.number: trial.state for trial in study.trials()}
    metric = study.spec.objective.metric
    for trial in study.frozen_trials():
        metrics = TrialLedger(trial.user_attrs).history
        reported = trial.intermediate_values
        for epoch in range(1, max([*reported, *map(len, metrics.values())], default=0) + 1):
            row = {"number": trial.number, "state": states[trial.number], "epoch": epoch, metric: reported.get(epoch)}
            row |= {name: values[epoch - 1] for name, values in metrics.items() if len(values) >= epoch}
            rows.append(row)
    frame: pd.DataFrame = _import_pandas().DataFrame(
        rows, columns=None if rows else ["number", "state", "epoch", metric]
    )
    return frame


def _import_pandas() -> ModuleType:
    try:
        return import_module("pandas")
    except ImportError as error:
        raise MissingExtraError(
            "dataframe: it needs the package pandas. Received an installation without it. Install it with "
            "`pip install pandas`, or use trials(), which needs nothing."
        ) from error
