"""`hpo compare`: studies on the same data beside each other, and which model to put to use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hpo.analysis.comparison import Comparison, Priority, compare_studies
from hpo.analysis.comparison.compared_study import ComparedStudy
from hpo.analysis.comparison.comparison import TOLERANCE
from hpo.analysis.comparison.latency import Latency
from hpo.analysis.confirmation.intervals import Estimate
from hpo.analysis.texts.wording import format_duration
from hpo.cli.completion import complete_study
from hpo.cli.options import Debug, Files, Json, Storage, Studies
from hpo.cli.terminal.console import make_table, open_console, show_status
from hpo.cli.terminal.output import write, write_json
from hpo.cli.terminal.units import format_number
from hpo.studies.address import DEFAULT_STUDIES
from hpo.studies.limits.costs import StudyCosts
from hpo.tuning import open_study

_CLASSES = 5
_COLUMNS = 3
"""Studies beside each other, in 80 columns."""


def compare(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="STUDY...",
            help="Two studies or more, each by its name or the path of its folder.",
            autocompletion=complete_study,
        ),
    ],
    prefer: Annotated[
        Priority, typer.Option("--prefer", help="What matters most where the model is put to use.")
    ] = "accuracy",
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance",
            min=0.0,
            max=1.0,
            metavar="SHARE",
            help="How much less accuracy than the best is accepted for size or latency.",
        ),
    ] = TOLERANCE,
    latency: Annotated[
        bool, typer.Option("--latency/--no-latency", help="Load the models, and measure how long they take.")
    ] = True,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare studies on the same data, and recommend the model of one.

    Accuracy with intervals, size, latency on this machine and cost of each; whether they differ by more than chance;
    and a conclusion for each study. The data is the same where the same images are in the same parts.
    """
    records = [open_study(name, studies, storage, files) for name in names]
    with show_status() as tell_status:
        comparison = compare_studies(records, prefer, tolerance=tolerance, measures_latency=latency, listen=tell_status)
    if as_json:
        write_json(comparison.to_json())
        return
    _print(comparison)


def _print(comparison: Comparison) -> None:
    console = open_console()
    for start in range(0, len(comparison.studies), _COLUMNS):
        if start:
            write("")
        console.print(_make_study_table(comparison, comparison.studies[start : start + _COLUMNS]))
    _print_classes(console, comparison)
    for title, sentences in (("Recommendation", comparison.recommendation), ("Notes", comparison.notes)):
        if sentences:
            write(f"\n{title}")
            for sentence in sentences:
                console.print(sentence)
    write("\nConclusions")
    conclusions = ((study.study, study.conclusion) for study in comparison.studies)
    for name, found in conclusions:
        console.print(f"{name}: {' '.join((found.words, *found.evidence))}", markup=False)


def _print_classes(console: Console, comparison: Comparison) -> None:
    """Print the classes that the models know differently well, those of which they differ most."""
    classes = [item for item in comparison.classes[:_CLASSES] if item.spread]
    if not classes:
        return
    names = [study.study for study in comparison.studies]
    marked = any(item.separable for item in classes)
    write(f"\nRecall of the classes that differ most ({'* ' if marked else 'none '}by more than chance)")
    rows = [
        [
            f"{item.name}{' *' if item.separable else ''}",
            f"{item.images:,}",
            *(f"{item.recall[name]:.3f}" for name in names),
        ]
        for item in classes
    ]
    console.print(make_table(["class", "images", *names], rows, numbers=("images", *names)))


def _make_study_table(comparison: Comparison, studies: Sequence[ComparedStudy]) -> Table:
    """Make a table with a column for each study, and a line for each figure that is known of one."""
    metric = comparison.metric.replace("_", " ")
    lines = {
        "trial": [_format_trial(study) for study in studies],
        metric: [_format(study.value, "{:.4f}") for study in studies],
        "  95% interval": [_format_interval(study) if metric == "accuracy" else "" for study in studies],
        "confirmed mean": ["" if study.confirmed is None else f"{study.confirmed.estimate:.4f}" for study in studies],
        "  95% interval ": [_format_confirmed(study.confirmed) for study in studies],
        "parameters": ["" if study.parameters is None else format_number(study.parameters) for study in studies],
        "weights": ["" if study.model_mb is None else format_number(study.model_mb * 1e6, "B") for study in studies],
        "latency": [_format_latency(study.latency) for study in studies],
        "trials": [str(study.trials) for study in studies],
        "epochs": [f"{study.costs.epochs:,}" for study in studies],
        "GPU-hours": [_format(study.costs.gpu_hours or None, "{:.3g}") for study in studies],
        "cost": [_format_money(study.costs) for study in studies],
        "worked": [format_duration(study.worked_s) for study in studies],
    }
    names = [study.study for study in studies]
    rows = [[title, *cells] for title, cells in lines.items() if any(cells)]
    return make_table(["", *names], rows, numbers=names)


def _format_trial(study: ComparedStudy) -> str:
    return str(study.trial) if study.confirms is None else f"{study.trial}, confirms {study.confirms}"


def _format_confirmed(estimate: Estimate | None) -> str:
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    return f"{estimate.low:.4f} to {estimate.high:.4f}"


def _format_money(costs: StudyCosts) -> str:
    return "" if costs.money is None else f"{costs.money:,.2f} {costs.currency or ''}".rstrip()


def _format(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def _format_interval(study: ComparedStudy) -> str:
    interval = study.accuracy_interval
    return "" if interval is None else f"{interval[0]:.4f} to {interval[1]:.4f}"


def _format_latency(latency: Latency | None) -> str:
    return "" if latency is None else f"{latency.milliseconds:.3g} ms"
