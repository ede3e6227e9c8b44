"""`hpo report`: what a study has taught, as a document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpo.analysis import ReportFormat, write_report
from hpo.cli.options import Debug, Files, Quiet, Storage, Studies, StudyName
from hpo.cli.terminal.output import write
from hpo.cli.terminal.units import shorten_path
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
    debug: Debug = False,
) -> None:
    """Write what a study has taught as a page, a PDF, Markdown or a notebook.

    The study may be worked on meanwhile: the report says how it is now.
    """
    path = write_report(open_study(study, studies, storage, files), report_format, output)
    write(str(path) if quiet else f"report  {shorten_path(path)}")
