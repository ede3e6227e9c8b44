"""Trials as a table: one row a trial, one column an objective and a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hpo.analysis.texts.wording import format_duration, format_values
from hpo.spaces import Objective
from hpo.studies import TrialRecord

_ENDED = ("epochs", "duration_s", "started", "finished", "worker", "attempts", "cause", "remark", "outside")


def format_trial(trial: TrialRecord, objectives: Sequence[Objective]) -> list[str]:
    """Write number, state, the value of each objective, epochs and time; "" for what a trial does not have."""
    deviations = () if trial.repeats is None else trial.repeats.deviations
    texts = format_values(objectives, trial.values or (), deviations) or [""] * len(objectives)
    time = "" if trial.duration_s is None else format_duration(trial.duration_s)
    return [str(trial.number), trial.state, *texts, str(trial.epochs), time]


def make_trial_table(
    trials: Sequence[TrialRecord], objectives: Sequence[Objective]
) -> tuple[list[str], list[list[Any]]]:
    """Make the columns and the rows; None stands where a trial does not have something.

    A parameter is called by its name, and `params.NAME` where another column is called so. Where trials confirm others,
    the column `confirms` has the numbers of those.
    """
    metrics = ["value"] if len(objectives) == 1 else [objective.metric for objective in objectives]
    confirms = ["confirms"] if any(trial.confirms for trial in trials) else []
    deviations = [f"{metric} deviation" for metric in metrics] if any(trial.repeats for trial in trials) else []
    fields = ["number", "state", *metrics, *deviations, *_ENDED, *confirms]
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
    rows = []
    for trial in trials:
        row = {
            "remark": None,
            **trial.to_json(),
            **dict.fromkeys(metrics),
            "confirms": None if trial.confirms is None else trial.confirms["trial"],
            **dict(zip(metrics, trial.values or (), strict=False)),
            **dict.fromkeys(deviations),
            **dict(zip(deviations, trial.repeats.deviations if trial.repeats else (), strict=False)),
        }
        rows.append([*(row[name] for name in fields), *(trial.params.get(name) for name in names)])
    return [*fields, *(f"params.{name}" if name in fields else name for name in names)], rows
