"""`hpo trials`: one line a trial for people, everything for programs and spreadsheets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from hpo.analysis import duration, parameter_text, remark_text, trial_table, value_text
from hpo.cli.options import DEFAULT_STUDIES, Debug, Json, Studies, StudyName
from hpo.cli.terminal.console import open_console
from hpo.cli.terminal.output import write, write_csv, write_json
from hpo.errors import Fault, UserError
from hpo.spaces import Objective
from hpo.studies import TrialRecord
from hpo.studies.record.record import TRIAL_STATES
from hpo.tuning import open_study
from hpo.vocabulary import suggestion

_SHOWN_PARAMETERS = 8
_KEYS = ("number", "state", "value", "epochs", "time", "started", "finished")


def trials(
    study: StudyName,
    best: Annotated[
        int | None, typer.Option("--best", min=1, metavar="N", help="The N best complete trials, the best first.")
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
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
    debug: Debug = False,
) -> None:
    """List the trials of a study.

    Each is a line; what has no room in it is cut off. A wide terminal, --json and --csv have all of it.
    """
    if as_json and as_csv:
        raise UserError("--json, --csv: one format at a time. Received both. Drop one.")
    wanted = [each.strip() for text in state or () for each in text.split(",")]
    for each in wanted:
        if each not in TRIAL_STATES:
            rule = f"it is {', '.join(TRIAL_STATES)}"
            raise UserError(Fault(rule, repr(each), suggestion(each, list(TRIAL_STATES)), subject="--state"))
    found = open_study(study, studies).snapshot()
    objectives, records = found.spec.objectives, found.trials()
    chosen = [each for each in records if not wanted or each.state in wanted]
    if best is not None:
        compared = [each for each in chosen if each.state == "complete" and each.outside is None]
        chosen = sorted(compared, key=_by_value(objectives, 0))[:best]
    if sort is not None:
        chosen = _sort(chosen, sort, objectives, _short_names(records))
    if as_json:
        write_json([record.to_json() for record in chosen])
    elif as_csv:
        columns, rows = trial_table(chosen, objectives)
        write_csv([columns, *rows])
    elif not chosen:
        write(f"Study {found.name} has no trial yet." if not records else f"No trial of study {found.name} is such.")
    else:
        open_console().print(_table(chosen, objectives))


def _sort(
    records: list[TrialRecord], key: str, objectives: tuple[Objective, ...], short: Mapping[str, str]
) -> list[TrialRecord]:
    """The trials in order; those that do not have what they are sorted by come last, whichever way.

    Args:
        records: the trials.
        key: see `--sort`.
        objectives: of their study.
        short: its parameters, and what the table calls each.
    """
    name = key.removeprefix("-")
    by = _sort_key(name, records, objectives, short)
    having = sorted((each for each in records if by(each) is not None), key=by, reverse=key.startswith("-"))
    return [*having, *(each for each in records if by(each) is None)]


def _sort_key(
    name: str, records: list[TrialRecord], objectives: tuple[Objective, ...], short: Mapping[str, str]
) -> Callable[[TrialRecord], Any]:
    metrics = [objective.metric for objective in objectives]
    if name == "value" or name in metrics:
        return _by_value(objectives, metrics.index(name) if name in metrics else 0)
    if name in _KEYS:
        field = "duration_s" if name == "time" else name
        return lambda record: getattr(record, field)
    name = next((parameter for parameter in short if name == short[parameter]), name)
    if name in short:
        values = [record.params.get(name) for record in records]
        are_numbers = all(isinstance(value, int | float) for value in values if value is not None)
        return lambda record: record.params.get(name) if are_numbers else _text(record.params.get(name))
    several = [*list(short.values())[:_SHOWN_PARAMETERS], *(["..."] if len(short) > _SHOWN_PARAMETERS else [])]
    rule = f"it is {', '.join([*_KEYS, *metrics])}, or a parameter{': ' * bool(several)}{', '.join(several)}"
    raise UserError(Fault(rule, repr(name), suggestion(name, [*_KEYS, *metrics, *short]), subject="--sort"))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _by_value(objectives: tuple[Objective, ...], index: int) -> Callable[[TrialRecord], Any]:
    """The best first, complete trials before pruned ones, whose values are of an earlier epoch."""
    sign = -1 if objectives[index].direction == "maximize" else 1

    def key(record: TrialRecord) -> tuple[bool, float, int] | None:
        return (
            None if record.values is None else (record.state != "complete", sign * record.values[index], record.number)
        )

    return key


def _table(records: Sequence[TrialRecord], objectives: tuple[Objective, ...]) -> Table:
    """One line a trial: what is short is whole, and parameters have the room that is left."""
    short = _short_names(records)
    titles = ["trial", "state", *(objective.metric for objective in objectives), "epochs", "time"]
    rows = [_cells(record, objectives) for record in records]
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for index, title in enumerate(titles):
        width = max(len(title), *(len(row[index]) for row in rows))
        table.add_column(title, justify="left" if title == "state" else "right", no_wrap=True, min_width=width)
    table.add_column("parameters, and remarks", no_wrap=True, overflow="ellipsis", ratio=1)
    for record, cells in zip(records, rows, strict=True):
        params = parameter_text({short[name]: value for name, value in record.params.items()})
        table.add_row(*cells, "; ".join(filter(None, [*_notes(record), params])))
    return table


def _cells(record: TrialRecord, objectives: tuple[Objective, ...]) -> list[str]:
    values = [value_text(each.metric, value) for each, value in zip(objectives, record.values or (), strict=False)]
    time = "" if record.duration_s is None else duration(record.duration_s)
    return [str(record.number), record.state, *(values or [""] * len(objectives)), str(record.epochs), time]


def _short_names(records: Sequence[TrialRecord]) -> dict[str, str]:
    """Parameters by the last part of their names, where no other one has the same."""
    names = dict.fromkeys(name for record in records for name in record.params)
    ends = Counter(name.rpartition(".")[2] for name in names)
    return {name: end if ends[end := name.rpartition(".")[2]] == 1 and not end.isdecimal() else name for name in names}


def _notes(record: TrialRecord) -> Iterator[str]:
    if record.cause is not None:
        yield record.cause.splitlines()[0]
    if record.remark is not None:
        yield remark_text(record.remark)
    if record.outside is not None and not (record.cause or "").startswith("outside:"):
        yield f"outside: {record.outside}"
