"""Trials as a table for people: one line a trial."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rich.table import Table

from hpo.analysis import format_parameters, format_remark, format_trial
from hpo.analysis.texts.wording import format_parameter_value
from hpo.cli.terminal.console import make_table
from hpo.spaces import Objective
from hpo.studies import TrialRecord


def make_trial_lines(selection: Sequence[TrialRecord], objectives: tuple[Objective, ...]) -> Table:
    """Make a line for each trial; parameters and remarks are cut off where they have no room.

    Parameters that differ most between these trials come first.
    """
    names = dict.fromkeys(name for trial in selection for name in trial.params)
    values = {name: {format_parameter_value(trial.params.get(name)) for trial in selection} for name in names}
    order = sorted(names, key=lambda name: -len(values[name]))
    titles = ["trial", "state", *(objective.metric for objective in objectives), "epochs", "time"]
    rows = []
    for trial in selection:
        params = format_parameters({name: trial.params[name] for name in order if name in trial.params})
        rows.append([*format_trial(trial, objectives), "; ".join(filter(None, [*_list_remarks(trial), params]))])
    numbers = [title for title in titles if title != "state"]
    return make_table([*titles, "parameters, and remarks"], rows, numbers=numbers, fills_line=True)


def _list_remarks(trial: TrialRecord) -> Iterator[str]:
    if trial.confirms is not None:
        fold = trial.confirms["fold"]
        yield f"confirms trial {trial.confirms['trial']}{'' if fold is None else f' on fold {fold}'}"
    if trial.prefix is not None:
        yield f"first {trial.prefix['epochs']} epochs of trial {trial.prefix['trial']}"
    if trial.cause is not None:
        yield trial.cause.splitlines()[0]
    if trial.remark is not None:
        yield format_remark(trial.remark)
    if trial.attempt_causes is not None:
        kinds = [cause.partition(":")[0] for cause in trial.attempt_causes if cause is not None]
        yield f"{trial.attempts} attempts{': ' * bool(kinds)}{', '.join(kinds)}"
    if trial.outside is not None and not (trial.cause or "").startswith("outside:"):
        yield f"outside: {trial.outside}"


def select_top(trials: Sequence[TrialRecord], objectives: tuple[Objective, ...], count: int) -> list[TrialRecord]:
    """Select the best complete trials of the space as it is, by the first objective, the best first."""
    candidates = [trial for trial in trials if trial.outside is None and trial.confirms is None]
    compared = [trial for trial in candidates if trial.state == "complete"]
    return sorted(compared, key=value_key(objectives, 0))[:count]


def value_key(objectives: tuple[Objective, ...], index: int) -> Callable[[TrialRecord], Any]:
    """Sort the best first, complete trials before pruned ones, whose values are of an earlier epoch."""
    sign = -1 if objectives[index].direction == "maximize" else 1

    def key(trial: TrialRecord) -> tuple[bool, float, int] | None:
        return None if trial.values is None else (trial.state != "complete", sign * trial.values[index], trial.number)

    return key
