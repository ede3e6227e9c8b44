"""`hpo list` and `hpo show`: what there is, for people and for programs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hpo.analysis import (
    describe_confirmation,
    format_costs,
    format_counts,
    format_duration,
    format_estimate,
    format_objectives,
    format_remark,
    format_value,
    format_worst_classes,
    summarize_confirmation,
)
from hpo.cli.options import Debug, Files, Json, Storage, Studies, StudyName
from hpo.cli.terminal.console import make_table, open_console
from hpo.cli.terminal.lines import print_lines
from hpo.cli.terminal.output import write, write_json
from hpo.cli.terminal.units import format_number, shorten_path
from hpo.cli.texts.history import draw_history
from hpo.cli.texts.result import (
    describe_data,
    describe_model,
    describe_trackers,
    format_best,
    format_front,
    format_test_score,
    list_causes,
)
from hpo.cli.texts.trial_lines import make_trial_lines, select_top
from hpo.spaces import to_yaml
from hpo.studies import StudyAddress, StudyRecord, open_place, space_document, space_text
from hpo.studies.address import DEFAULT_STUDIES
from hpo.studies.store.ledger import is_outside
from hpo.tuning import open_study

_TOP = 5


def list_studies(
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """List the studies of a folder, or of a database server."""
    summaries = []
    place = open_place(StudyAddress.named("*", studies, storage, files))
    for name in place.names():
        try:
            summaries.append(open_study(place.beside(name)).snapshot().summary())
        except Exception as error:
            summaries.append({"study": name, "state": "unreadable", "error": str(error) or type(error).__name__})
    if as_json:
        write_json(summaries)
        return
    if not summaries:
        write(f"No study in {place.studies}. Begin one: hpo run quickstart.yaml")
        return
    titles = ["study", "state", "trials", "best", "objective"]
    if any(summary.get("tags") for summary in summaries):
        titles.append("tags")
    rows = (_make_row(summary)[: len(titles)] for summary in summaries)
    open_console().print(make_table(titles, rows, numbers=("trials", "best")))


def _make_row(summary: dict[str, Any]) -> list[str]:
    if "error" in summary:
        return [summary["study"], summary["state"], "", "", summary["error"], ""]
    budget, best = summary["budget"], f"front of {len(summary['pareto'])}" if "pareto" in summary else ""
    if summary["best"] is not None:
        best = format_value(summary["objectives"][0]["metric"], summary["best"]["values"][0])
    objectives = ", ".join(f"{objective['direction']} {objective['metric']}" for objective in summary["objectives"])
    counts, tags = f"{budget['used']} of {budget['trials']}", ", ".join(summary["tags"])
    return [summary["study"], summary["state"], counts, best, objectives, tags]


def show(
    study: StudyName,
    space: Annotated[bool, typer.Option("--space", help="Print its space instead, as a file to run.")] = False,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show a study: its state, its budget, its best config."""
    record = open_study(study, studies, storage, files).snapshot()
    if space and as_json:
        write_json(space_document(record))
    elif space:
        write(space_text(record))
    elif as_json:
        write_json({**record.summary(), **describe_confirmation(record)})
    else:
        _print(record)


def _print(record: StudyRecord) -> None:
    objectives, budget, best, state = record.spec.objectives, record.budget, record.best, record.state
    limit = "" if budget.timeout_s is None else f" of {format_duration(budget.timeout_s)}"
    outside = sum(is_outside(trial.user_attrs) for trial in record.frozen_trials())
    counts = format_counts(record.counts()) or "none yet"
    lines = {
        "study": f"{record.name}, {state}{_describe_end(record)}",
        "objective": format_objectives(objectives),
        "trials": f"{budget.used:,} of {budget.trials:,} used: {counts}"
        f"{f'; {outside} of them outside the space' if outside else ''}",
        "time": f"{format_duration(budget.worked_s)}{limit} worked",
        "costs": format_costs(record.costs, budget),
        "files": shorten_path(record.files.path),
        "disk": _format_disk(record),
    }
    if state != "finished" and (estimate := record.estimate_end()) is not None:
        lines["left"] = format_estimate(estimate, budget)
    report = record.files.reports / "report.html"
    if report.exists():
        lines["report"] = shorten_path(report)
    if best is not None and len(objectives) == 1:
        lines["best"] = format_best(objectives[0].metric, best)
        if best.remark is not None:
            lines["remark"] = format_remark(best.remark)
        lines["test"] = format_test_score(record.test_score)
        lines["model"] = describe_model(record, best)
        if best.classes:
            lines["classes"] = format_worst_classes(best.classes)
        elif best.model_path is not None and not best.model_path.with_suffix(".json").exists():
            description = shorten_path(best.model_path.with_suffix(".json"))
            lines["classes"] = f"not known: {description}, which describes the model, is missing"
    if tags := record.ledger.tags:
        lines["tags"] = ", ".join(f"{name} (trial {tag['trial']})" for name, tag in tags.items())
    trackers = [("trackers", place) for place in describe_trackers(record)]
    confirmation = summarize_confirmation(record)
    texts = [] if confirmation is None else confirmation.in_words()
    confirmed = [("" if index else "confirmed", text) for index, text in enumerate(texts)]
    failed = [("failed", text) for text in list_causes(record)]
    print_lines(open_console(), [*lines.items(), *failed, *confirmed, *describe_data(record), *trackers])
    if best is None:
        return
    if len(objectives) == 1:
        _print_trials(record)
    if len(objectives) > 1:
        table = "\n".join(format_front(record))
        write(f"\n{table}\n\n# The config of trial {best.number}, the best by {objectives[0].metric}")
        write(to_yaml(best.config))
    else:
        write(f"\n{to_yaml(best.config)}")


def _print_trials(record: StudyRecord) -> None:
    """Draw how the values came about, and list the best trials."""
    console, objectives = open_console(), record.spec.objectives
    if (chart := draw_history(record, console.width)) and console.encoding.startswith("utf"):
        write("\n" + "\n".join(chart))
    if len(top := select_top(record.trials(), objectives, _TOP)) > 1:
        write("")
        console.print(make_trial_lines(top, objectives))


def _describe_end(record: StudyRecord) -> str:
    """Say why a study is finished."""
    budget = record.budget
    return "" if budget.spent in (None, "trials") or budget.end is None else f": {budget.end}"


def _format_disk(record: StudyRecord) -> str:
    usage = record.disk_usage()
    total = format_number(usage.pop("total"), "B")
    parts = [f"{name} {format_number(size, 'B')}" for name, size in usage.items() if size]
    return ": ".join([total, *([", ".join(parts)] if parts else [])])
