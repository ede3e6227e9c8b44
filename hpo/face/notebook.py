"""A study as a notebook shows it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from hpo.analysis import format_counts, format_duration, format_objectives, format_value
from hpo.shown import readable
from hpo.studies import StudyRecord


def show_in_notebook(record: StudyRecord) -> str:
    """Make HTML of the figures of a study, and of its best config as a table."""
    spec, budget, best = record.spec, record.budget, record.best
    rows = {
        "objective": format_objectives(spec.objectives),
        "trials": f"{budget.used:,} of {budget.trials:,}: {format_counts(record.counts()) or 'none yet'}",
        "time": f"{format_duration(budget.worked_s)} worked",
    }
    if best is not None:
        metric = spec.objectives[0].metric
        rows["best"] = f"{metric} {format_value(metric, best.value)}, trial {best.number}"
        score = record.test_score
        if score is not None and score["accuracy"] is not None:
            rows["test"] = f"accuracy {score['accuracy']:.4f}"
        rows["model"] = "not kept" if best.model_path is None else str(best.model_path)
    heading = f"<b>Study {_escape(record.name)}</b>, {record.state}"
    return f"{heading}{_make_table(rows)}{_make_table(best.params) if best is not None and best.params else ''}"


def _make_table(rows: Mapping[str, object]) -> str:
    cells = (
        f'<tr><th style="text-align:left">{_escape(name)}</th><td style="text-align:left">{_escape(value)}</td></tr>'
        for name, value in rows.items()
    )
    return f"<table>{''.join(cells)}</table>"


def _escape(text: object) -> str:
    return escape(readable(text))
