"""`hpo trials`: one line a trial for people, everything for programs and spreadsheets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from hpo.analysis import make_trial_table
from hpo.cli.options import Debug, Files, Json, Storage, Studies, StudyName
from hpo.cli.terminal.console import open_console
from hpo.cli.terminal.output import write, write_csv, write_json
from hpo.cli.texts.trial_lines import make_trial_lines, select_top, value_key
from hpo.errors import Fault, UserError
from hpo.spaces import Objective
from hpo.studies import TrialRecord
from hpo.studies.address import DEFAULT_STUDIES
from hpo.studies.store.stored import TRIAL_STATES
from hpo.tuning import open_study
from hpo.vocabulary import suggest

_SHOWN_PARAMETERS = 8
_KEYS = ("number", "state", "value", "epochs", "time", "started", "finished")


def trials(
    study: StudyName,
    best: Annotated[
        int | None,
        typer.Option("--top", "--best", min=1, metavar="N", help="The N best complete trials, the best first."),
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state", metavar="STATE", help=f"Those that are {', '.join(TRIAL_STATES)}; commas between several."
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            metavar="KEY",
            help=f"By {', '.join(_KEYS)}, a metric or a parameter. Values have the best first; -KEY turns the order.",
        ),
    ] = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
    debug: Debug = False,
) -> None:
    """List the trials of a study.

    Each trial is a line, which is cut off where the terminal is too narrow; --json and --csv print all of it.
    """
    if as_json and as_csv:
        raise UserError("--json, --csv: one format at a time. Received both. Drop one.")
    states = [name.strip() for names in state or () for name in names.split(",")]
    for name in states:
        if name not in TRIAL_STATES:
            rule = f"it is {', '.join(TRIAL_STATES)}"
            raise UserError(Fault(rule, repr(name), suggest(name, list(TRIAL_STATES)), subject="--state"))
    record = open_study(study, studies, storage, files).snapshot()
    objectives, all_trials = record.spec.objectives, record.trials(confirming=True)
    selection = [trial for trial in all_trials if not states or trial.state in states]
    if best is not None:
        selection = select_top(selection, objectives, best)
    if sort is not None:
        selection = _sort(
            selection, sort, objectives, list(dict.fromkeys(name for trial in all_trials for name in trial.params))
        )
    if as_json:
        write_json([trial.to_json() for trial in selection])
    elif as_csv:
        columns, rows = make_trial_table(selection, objectives)
        write_csv([columns, *rows])
    elif not all_trials:
        write(f"Study {record.name} has no trial yet.")
    elif not selection and best is not None:
        write(f"Study {record.name} has no complete trial{' in such a state' if states else ' yet'}.")
    elif not selection:
        write(f"No trial of study {record.name} is in such a state.")
    else:
        open_console().print(make_trial_lines(selection, objectives))


def _sort(
    selection: list[TrialRecord], option: str, objectives: tuple[Objective, ...], parameters: Sequence[str]
) -> list[TrialRecord]:
    """Sort trials as `--sort` says; those that do not have what they are sorted by come last, whichever way."""
    key = _sort_key(option.removeprefix("-"), selection, objectives, parameters)
    sortable = [trial for trial in selection if key(trial) is not None]
    others = [trial for trial in selection if key(trial) is None]
    return sorted(sortable, key=key, reverse=option.startswith("-")) + others


def _sort_key(
    name: str, selection: list[TrialRecord], objectives: tuple[Objective, ...], parameters: Sequence[str]
) -> Callable[[TrialRecord], Any]:
    metrics = [objective.metric for objective in objectives]
    if name == "value" or name in metrics:
        return value_key(objectives, metrics.index(name) if name in metrics else 0)
    if name in _KEYS:
        field = "duration_s" if name == "time" else name
        return lambda trial: getattr(trial, field)
    name = next((parameter for parameter in parameters if parameter.endswith(f".{name}")), name)
    if name in parameters:
        values = [trial.params.get(name) for trial in selection]
        are_numbers = all(isinstance(value, int | float) for value in values if value is not None)
        return lambda trial: trial.params.get(name) if are_numbers else _to_text(trial.params.get(name))
    shown = ", ".join(parameters[:_SHOWN_PARAMETERS]) + ", ..." * (len(parameters) > _SHOWN_PARAMETERS)
    rule = f"it is {', '.join([*_KEYS, *metrics])}, or a parameter{': ' * bool(shown)}{shown}"
    raise UserError(Fault(rule, repr(name), suggest(name, [*_KEYS, *metrics, *parameters]), subject="--sort"))


def _to_text(value: object) -> str | None:
    return None if value is None else str(value)
