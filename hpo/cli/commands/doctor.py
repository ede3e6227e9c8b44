"""`hpo doctor`: what hpo finds on this machine, what is wrong with it, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from hpo.cli.completion import complete_study
from hpo.cli.options import Debug, Files, Json, Storage, Studies
from hpo.cli.terminal.console import make_readable_text, open_console, show_status
from hpo.cli.terminal.lines import format_count
from hpo.cli.terminal.output import write_json
from hpo.doctor import (
    Diagnosis,
    examine_engines,
    examine_hardware,
    examine_software,
    examine_storage,
    examine_study,
)
from hpo.errors import WorkError
from hpo.fleet.placement import Machine
from hpo.fleet.reservations import Reservation, ReservationBook
from hpo.studies import find_study
from hpo.studies.address import DEFAULT_STUDIES

SOMETHING_IS_WRONG = 1
_STYLES = {"ok": "green", "warning": "yellow", "error": "bold red"}
_STATUS, _SUBJECT = 9, 11
"""Widths of the columns before the text."""


def doctor(
    study: Annotated[
        str | None,
        typer.Argument(metavar="STUDY", help="Whether this study can go on here, too.", autocompletion=complete_study),
    ] = None,
    engines: Annotated[
        bool, typer.Option("--engines", help="Ask each engine which GPUs it sees; takes some seconds each.")
    ] = False,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Explain what hpo finds on this machine, and what to do about what is wrong.

    It looks at packages, engines, GPUs, cores, memory, the folder of studies and the database. Nothing is changed. The
    exit status is 1 where something is wrong that makes trials fail.
    """
    machine, held = Machine.survey(), _look_at_reservations()

    def examine() -> Iterator[Diagnosis]:
        yield from examine_software(machine.gpus.cuda if machine.gpus.gpus else None)
        yield from examine_hardware(machine.gpus, held)
        yield from examine_storage(studies, storage)
        if engines:
            with show_status() as show:
                yield from examine_engines(machine.gpus, show)
        if study is not None:
            yield from examine_study(find_study(study, studies, storage, files), machine, held)

    console, diagnoses = open_console(), []
    for diagnosis in examine():
        diagnoses.append(diagnosis)
        if not as_json:
            _print(console, diagnosis)
    errors = sum(diagnosis.status == "error" for diagnosis in diagnoses)
    warnings = sum(diagnosis.status == "warning" for diagnosis in diagnoses)
    if as_json:
        write_json({"errors": errors, "warnings": warnings, "findings": [asdict(diagnosis) for diagnosis in diagnoses]})
    elif errors or warnings:
        console.print(f"{format_count(errors, 'error')}, {format_count(warnings, 'warning')}.")
    else:
        console.print("Nothing is wrong.")
    if errors:
        raise typer.Exit(SOMETHING_IS_WRONG)


def _look_at_reservations() -> Reservation:
    """Give what runs hold; nothing where that cannot be told."""
    with suppress(WorkError), ReservationBook().turn() as held:
        return held
    return Reservation()


def _print(console: Console, diagnosis: Diagnosis) -> None:
    """Print the status, the subject, and beside them what was found and what to do."""
    indent = " " * (_STATUS + _SUBJECT)
    texts = [diagnosis.text] + ([f"-> {diagnosis.remedy}"] if diagnosis.remedy else [])
    width = max(20, console.width - len(indent))
    lines = [line for text in texts for line in textwrap.wrap(text, width, break_on_hyphens=False)]
    head = make_readable_text(f"{diagnosis.status:<{_STATUS}}", _STYLES[diagnosis.status])
    console.print(Text.assemble(head, make_readable_text(f"{diagnosis.subject:<{_SUBJECT}}{lines[0]}")), soft_wrap=True)
    for line in lines[1:]:
        console.print(make_readable_text(f"{indent}{line}"), soft_wrap=True)
