"""`hpo plot`: what a study did, as figures in files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpo.analysis.plots.catalog import PLOTS, draw_plot, find_plot
from hpo.analysis.plots.export import Format, export_figures
from hpo.analysis.plots.theme import DARK, LIGHT
from hpo.cli.completion import complete_plot
from hpo.cli.options import Debug, Files, Json, Storage, Studies, StudyName
from hpo.cli.terminal.console import open_console
from hpo.cli.terminal.lines import print_lines
from hpo.cli.terminal.output import write, write_json
from hpo.cli.terminal.units import shorten_path
from hpo.errors import UserError
from hpo.studies.address import DEFAULT_STUDIES
from hpo.tuning import open_study


def plot(
    study: StudyName,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help=f"What to draw: {', '.join(PLOTS)}. By default all that can be.",
            autocompletion=complete_plot,
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="A page that answers to the mouse, or a picture.")] = "html",
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="DIR", help="Where to write; by default the study's reports/plots."),
    ] = None,
    dark: Annotated[
        bool, typer.Option("--dark", help="Draw pictures on dark paper; a page follows its reader.")
    ] = False,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Draw a study: history, parameters, learning curves, classes and more.

    Several pages share `plotly.min.js`, which is written beside them; a single one has it inside.
    """
    record = open_study(study, studies, storage, files).snapshot()
    chosen = [find_plot(name) for name in names or PLOTS]
    obstacles = {plot.name: plot.find_obstacle(record) for plot in chosen} if not names else {}
    figures = {plot.name: draw_plot(record, plot.name) for plot in chosen if obstacles.get(plot.name) is None}
    folder = output or record.files.reports / "plots"
    paths = {name: folder / f"{name}.{form}" for name in figures}
    try:
        if paths:
            folder.mkdir(parents=True, exist_ok=True)
        export_figures({paths[name]: figure for name, figure in figures.items()}, paper=DARK if dark else LIGHT)
    except OSError as error:
        raise UserError(
            f"--output: plots are written to a folder. Received {shorten_path(folder)}: {error.strerror}. Allow "
            "writing, make room, or name another folder."
        ) from error
    missing = {name: reason for name, reason in obstacles.items() if reason is not None}
    if as_json:
        write_json({"plots": {name: str(path) for name, path in paths.items()}, "missing": missing})
        return
    if not paths:
        write(f"No plot of study {record.name} can be drawn yet.")
    width = max(map(len, [*paths, *missing])) + 2
    print_lines(open_console(), [(name, shorten_path(path)) for name, path in paths.items()], width)
    if missing:
        write("\nNot drawn:" if paths else "")
        print_lines(open_console(), missing.items(), width)
