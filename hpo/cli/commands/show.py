"""`hpo list`, `hpo show` and `hpo importance`: what there is, for people and for programs."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from hpo.analysis import duration, importances, remark_text, value_text, worst_classes_text
from hpo.cli.options import Debug, Json, Studies, StudyName
from hpo.cli.terminal.console import open_console
from hpo.cli.terminal.lines import print_lines
from hpo.cli.terminal.output import write, write_json
from hpo.cli.terminal.units import short_path
from hpo.cli.texts.result import data_lines, front_lines, model_text, test_text
from hpo.spaces import to_yaml
from hpo.studies import space_document, space_text, study_names
from hpo.studies.files.address import DEFAULT_STUDIES
from hpo.tuning import open_study

_BAR = 30


def list_studies(studies: Studies = DEFAULT_STUDIES, as_json: Json = False, debug: Debug = False) -> None:
    """List the studies of a folder."""
    summaries = []
    for name in study_names(studies):
        try:
            summaries.append(open_study(name, studies).snapshot().summary())
        except Exception as error:
            summaries.append({"study": name, "state": "unreadable", "error": str(error) or type(error).__name__})
    if as_json:
        write_json(summaries)
        return
    if not summaries:
        write(f"No study in {studies}. Begin one: hpo run quickstart.yaml")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, justify in (("study", "left"), ("state", "left"), ("trials", "right"), ("best", "right")):
        table.add_column(title, justify=justify)  # type: ignore[arg-type]
    table.add_column("objective")
    for summary in summaries:
        if "error" in summary:
            table.add_row(summary["study"], summary["state"], "", "", summary["error"])
            continue
        best, budget = summary["best"], summary["budget"]
        unbeaten = f"{len(summary['pareto'])} unbeaten" if "pareto" in summary else ""
        table.add_row(
            summary["study"],
            summary["state"],
            f"{budget['used']} of {budget['trials']}",
            unbeaten if best is None else value_text(summary["objectives"][0]["metric"], best["values"][0]),
            ", ".join(f"{objective['direction']} {objective['metric']}" for objective in summary["objectives"]),
        )
    open_console().print(table)


def show(
    study: StudyName,
    space: Annotated[bool, typer.Option("--space", help="Print its space instead, as a file to run.")] = False,
    studies: Studies = DEFAULT_STUDIES,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show a study: its state, its budget, its best config."""
    found = open_study(study, studies).snapshot()
    if space:
        if as_json:
            write_json(space_document(found))
        else:
            write(space_text(found))
        return
    summary = found.summary()
    if as_json:
        write_json(summary)
        return
    objectives, budget, best = found.spec.objectives, found.budget, found.best
    limit = "" if budget.timeout_s is None else f" of {duration(budget.timeout_s)}"
    counts = ", ".join(f"{count} {state}" for state, count in summary["trials"].items() if count) or "none yet"
    counts += f"; {summary['outside']} of them outside the space" if summary["outside"] else ""
    lines = {
        "study": f"{found.name}, {summary['state']}{': every config is tried' if found.spent == 'space' else ''}",
        "objective": ", ".join(f"{objective.direction} {objective.metric}" for objective in objectives),
        "trials": f"{budget.used} of {budget.trials} used: {counts}",
        "time": f"{duration(budget.worked_s)}{limit} worked",
        "files": short_path(found.files.path),
    }
    report = found.files.reports / "report.html"
    if report.exists():
        lines["report"] = short_path(report)
    if best is not None and len(objectives) == 1:
        value = value_text(objectives[0].metric, best.value)
        lines["best"] = f"{value} at epoch {best.best_epoch} of trial {best.number}"
        if best.remark is not None:
            lines["remark"] = remark_text(best.remark)
        lines["test"] = test_text(found.test_score)
        lines["model"] = model_text(found, best)
        if best.classes:
            lines["classes"] = worst_classes_text(best.classes)
    for name, value in lines.items():
        write(f"{name:<10} {value}")
    print_lines(open_console(), data_lines(found))
    if len(objectives) > 1 and best is not None:
        table = "\n".join(front_lines(found))
        write(f"\n{table}\n\n# The config of trial {best.number}, the best by {objectives[0].metric}")
    if best is not None:
        write(to_yaml(best.config) if len(objectives) > 1 else f"\n{to_yaml(best.config)}")


def importance(
    study: StudyName, studies: Studies = DEFAULT_STUDIES, as_json: Json = False, debug: Debug = False
) -> None:
    """Show which parameters decided the result."""
    found = importances(open_study(study, studies).snapshot())
    if as_json:
        write_json(found.to_json())
        return
    if found.reason is not None:
        write(f"Nothing to say yet: {found.reason}.")
        return
    width = max(len(name) for name in found.shares)
    largest = max(found.shares.values())
    for name, share in found.shares.items():
        if found.by_chance and name == found.by_chance[0]:
            write("not told apart from chance:")
        bar = "█" * round(_BAR * share / largest) if largest else ""
        write(f"{name:<{width}}  {share:>4.0%}  {bar}".rstrip())
    write("")
    for sentence in found.in_words():
        open_console().print(sentence)
