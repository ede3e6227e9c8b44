"""`hpo report`: what a study has taught, as a document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpo.analysis import ReportFormat, write_report
from hpo.cli.options import Debug, Files, Json, Quiet, Storage, Studies, StudyName
from hpo.cli.terminal.output import write, write_json
from hpo.cli.terminal.units import shorten_path
from hpo.errors import UserError
from hpo.studies.address import DEFAULT_STUDIES
from hpo.tuning import open_study

FormatOption = Annotated[
    ReportFormat | None,
    typer.Option("--format", help="By default that of PATH, and html without one."),
]
ReportOutput = Annotated[
    Path | None,
    typer.Option("--output", metavar="PATH", help="A file, or a folder; by default studies/NAME/reports/report.html."),
]


def report(
    study: StudyName,
    report_format: FormatOption = None,
    output: ReportOutput = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write what a study has taught as a page, a PDF, Markdown or a notebook.

    The study may be worked on meanwhile: the report says how it is now.
    """
    record = open_study(study, studies, storage, files)
    try:
        path = write_report(record, report_format, output)
    except OSError as error:
        raise UserError(
            f"a report is written to the folder of its study. Received {shorten_path(record.files.reports)}: "
            f"{error.strerror}. Allow writing, make room, or name another place by --output."
        ) from error
    if as_json:
        write_json({"report": str(path)})
        return
    write(str(path) if quiet else f"report  {shorten_path(path)}")
