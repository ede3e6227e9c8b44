"""`hpo importance`: which parameters decided, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from hpo.analysis import ImportanceMethod, Importances, compute_importances, format_ranks
from hpo.analysis.plots.export import FORMATS, export_figure
from hpo.analysis.plots.importances import plot_importances
from hpo.cli.options import Debug, Files, Json, Storage, Studies, StudyName
from hpo.cli.terminal.console import make_table, open_console, show_status
from hpo.cli.terminal.lines import print_lines
from hpo.cli.terminal.output import write, write_json
from hpo.cli.terminal.units import shorten_path
from hpo.errors import UserError
from hpo.studies.address import DEFAULT_STUDIES
from hpo.tuning import open_study

_BAR = 24
_LEAST_BAR = 6


def importance(
    study: StudyName,
    method: Annotated[
        ImportanceMethod | None, typer.Option("--method", help="How it is computed; by default fanova.")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            metavar="NAME",
            help="What is explained, as val_loss, duration_s or parameters; by default the objective.",
        ),
    ] = None,
    best_quarter: Annotated[
        bool, typer.Option("--best-quarter", help="Over the best quarter of the trials alone.")
    ] = False,
    pruned: Annotated[bool, typer.Option("--pruned", help="Over pruned trials as well, by their best epochs.")] = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="PATH", help=f"Draw them to a file as well, {' or '.join(FORMATS)}."),
    ] = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show which parameters decided the result.

    A parameter's share comes with the interval in which it lies in 95 % of resampled trials, and with its rank, or the
    ranks that are possible where trials are too few to tell.
    """
    if plot is not None and plot.suffix.removeprefix(".") not in FORMATS:
        choices = ", ".join(f".{name}" for name in FORMATS)
        raise UserError(
            f"--plot: a suffix says the format. Received {plot.name!r}. Name a file that ends in {choices}."
        )
    with show_status() as update:
        update("computing importances")
        importances = compute_importances(
            open_study(study, studies, storage, files).snapshot(),
            method=method,
            metric=metric,
            trials="best quarter" if best_quarter else "all",
            pruned=pruned,
        )
    if plot is not None and importances.reason is None:
        _write_plot(importances, plot)
    if as_json:
        write_json(importances.to_json())
        return
    if importances.reason is not None:
        write(f"Nothing to say yet: {importances.reason}.{' Nothing is drawn.' if plot is not None else ''}")
        return
    console = open_console()
    console.print(_make_importance_table(importances, console.width))
    write("")
    for sentence in importances.in_words():
        console.print(sentence)
    if plot is not None:
        print_lines(console, [("plot", shorten_path(plot))])


def _write_plot(importances: Importances, path: Path) -> None:
    try:
        export_figure(plot_importances(importances), path)
    except OSError as error:
        raise UserError(
            f"--plot: the figure is written to a file. Received {shorten_path(path)}: {error.strerror}. Allow writing, "
            "make room, or name another file."
        ) from error


def _make_importance_table(importances: Importances, width: int) -> Table:
    """Make a line for each parameter; the solid part of a bar is where its interval begins, the other its interval."""
    has_conditions = any(parameter.conditional for parameter in importances.parameters)
    titles = ["rank", "parameter", "share", "95% interval", *(["trials", "within"] if has_conditions else [])]
    rows = []
    for parameter in importances.parameters:
        within = "" if parameter.within is None else f"{parameter.within:.0%}"
        rows.append(
            [
                format_ranks(parameter) or "-",
                parameter.name,
                f"{parameter.share:.0%}",
                f"{parameter.low:.0%} to {parameter.high:.0%}",
                *([str(parameter.trials), within] if has_conditions else []),
            ]
        )
    used = sum(max(len(row[i]) for row in [titles, *rows]) + 2 for i in range(len(titles)))
    if (bar := min(width - used, _BAR)) >= _LEAST_BAR:
        longest = max(parameter.high for parameter in importances.parameters)
        titles.append("")
        for row, parameter in zip(rows, importances.parameters, strict=True):
            solid, whole = (round(bar * part / longest) for part in (parameter.low, parameter.high))
            row.append("█" * solid + "▒" * (whole - solid))
    return make_table(titles, rows, numbers=("share", "95% interval", "trials", "within"))
