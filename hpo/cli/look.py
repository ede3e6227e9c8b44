"""`hpo list`, `hpo show`, `hpo trials` and `hpo importance`: what there is, for people and for programs."""

from __future__ import annotations

import csv
import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from hpo.analysis import duration, importances, parameter_text
from hpo.cli.options import DEFAULT_STUDIES, Debug, Json, Studies, StudyName
from hpo.cli.result import shown_path
from hpo.errors import UserError
from hpo.spaces import to_yaml
from hpo.studies import TrialRecord, study_names
from hpo.tuning import open_study

_BAR = 30


def list_studies(studies: Studies = DEFAULT_STUDIES, as_json: Json = False, debug: Debug = False) -> None:
    """List the studies that there are."""
    summaries = []
    for name in study_names(studies):
        try:
            summaries.append(open_study(name, studies).summary())
        except UserError as error:
            typer.echo(f"{name}: cannot be read. {error}", err=True)
    if as_json:
        _print_json(summaries)
        return
    if not summaries:
        typer.echo(f"No study in {studies}. Begin one: hpo run --space quickstart.yaml")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, justify in (("study", "left"), ("state", "left"), ("trials", "right"), ("best", "right")):
        table.add_column(title, justify=justify)  # type: ignore[arg-type]
    table.add_column("objective")
    for summary in summaries:
        best, objective, budget = summary["best"], summary["objectives"][0], summary["budget"]
        table.add_row(
            summary["study"],
            summary["state"],
            f"{budget['used']} of {budget['trials']}",
            "" if best is None else f"{best['values'][0]:.4f}",
            f"{objective['direction']} {objective['metric']}",
        )
    _console().print(table)


def show(study: StudyName, studies: Studies = DEFAULT_STUDIES, as_json: Json = False, debug: Debug = False) -> None:
    """Show a study: its state, its budget, its best config."""
    found = open_study(study, studies)
    summary = found.summary()
    if as_json:
        _print_json(summary)
        return
    objective, budget, best = found.spec.objective, found.budget, found.best
    limit = "" if budget.timeout_s is None else f" of {duration(budget.timeout_s)}"
    counts = ", ".join(f"{count} {state}" for state, count in summary["trials"].items() if count) or "none yet"
    lines = {
        "study": f"{found.name}, {summary['state']}",
        "objective": f"{objective.direction} {objective.metric}",
        "trials": f"{budget.used} of {budget.trials} used: {counts}",
        "time": f"{duration(budget.worked_s)}{limit} worked",
        "files": shown_path(found.folder.path),
    }
    report = found.folder.reports / "report.html"
    if report.exists():
        lines["report"] = shown_path(report)
    if best is not None:
        lines["best"] = f"{best.value:.4f} at epoch {best.best_epoch} of trial {best.number}"
    score = found.test_score
    if score is not None and score["accuracy"] is not None:
        lines["test"] = f"accuracy {score['accuracy']:.4f}, loss {score['loss']:.4f}"
    for name, value in lines.items():
        typer.echo(f"{name:<10} {value}")
    if best is not None:
        typer.echo(f"\n{to_yaml(best.config)}", nl=False)


def trials(
    study: StudyName,
    studies: Studies = DEFAULT_STUDIES,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
    debug: Debug = False,
) -> None:
    """List the trials of a study."""
    if as_json and as_csv:
        raise UserError("--json, --csv: one format at a time. Received both. Drop one.")
    records = open_study(study, studies).trials()
    if as_json:
        _print_json([record.to_json() for record in records])
    elif as_csv:
        _print_csv(records)
    elif not records:
        typer.echo(f"Study {study} has no trial yet.")
    else:
        _print_trials(records)


def importance(
    study: StudyName, studies: Studies = DEFAULT_STUDIES, as_json: Json = False, debug: Debug = False
) -> None:
    """Tell which parameters decided the result."""
    found = importances(open_study(study, studies))
    if as_json:
        _print_json(found.to_json())
        return
    if found.reason is not None:
        typer.echo(f"Nothing to say yet: {found.reason}.")
        return
    width = max(len(name) for name in found.shares)
    largest = max(found.shares.values())
    for name, share in found.shares.items():
        bar = "█" * round(_BAR * share / largest) if largest else ""
        typer.echo(f"{name:<{width}}  {share:>4.0%}  {bar}")
    few = ": few, so a hint at most" if found.is_a_hint else "; the shares add up to 100%"
    typer.echo(f"\nPED-ANOVA over {found.trials} complete trials{few}.")
    if found.conditional:
        typer.echo(f"Left out, because only some trials have them: {', '.join(found.conditional)}.")


def _print_trials(records: list[TrialRecord]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("trial", justify="right")
    table.add_column("state")
    table.add_column("value", justify="right")
    table.add_column("epochs", justify="right")
    table.add_column("time", justify="right")
    table.add_column("parameters, and the cause of a failure", overflow="fold")
    for record in records:
        table.add_row(
            str(record.number),
            record.state,
            f"{record.values[0]:.4f}" if record.values else "",
            str(record.epochs),
            "" if record.duration_s is None else duration(record.duration_s),
            "\n".join(filter(None, [parameter_text(record.params), record.cause and record.cause.splitlines()[0]])),
        )
    _console().print(table)


def _print_csv(records: list[TrialRecord]) -> None:
    """One row a trial, one column a parameter; empty where a trial does not have it."""
    names = list(dict.fromkeys(name for record in records for name in record.params))
    fields = ["number", "state", "value", "epochs", "duration_s", "started", "finished", "worker", "attempts", "cause"]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*fields, *names])
    for record in records:
        row = {**record.to_json(), "value": record.values[0] if record.values else None}
        writer.writerow([*(row[name] for name in fields), *(record.params.get(name) for name in names)])


def _print_json(value: Any) -> None:  # noqa: ANN401 - plain values
    typer.echo(json.dumps(value, indent=2))


def _console() -> Console:
    return Console(highlight=False, markup=False)
