"""What a confirmation has found, as people read it in a terminal."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

from hpo.analysis import ConfirmationSummary, format_value, summarize_confirmation
from hpo.cli.terminal.units import shorten_path
from hpo.studies import StudyRecord

_WIDTH = 80


def format_confirmation(study: StudyRecord) -> str:
    """Make a table of the configs that are confirmed, and say below it what follows; lines of 80 columns."""
    summary = summarize_confirmation(study)
    if summary is None:
        return f"# Nothing of study {study.name} is confirmed."
    head = f"# The best configs of study {study.name}, trained again: {summary.metric}, with its 95% interval"
    lines = [fill(head, _WIDTH, subsequent_indent="# "), *_make_table(summary), ""]
    lines += [fill(text, _WIDTH) for text in summary.in_words()]
    if summary.model is not None:
        lines += ["", f"# model   {shorten_path(Path(summary.model))}"]
    return "\n".join(lines)


def _make_table(summary: ConfirmationSummary) -> list[str]:
    rows = [["trial", "search", "confirmed", "low", "high", "runs", "failed", "left"]]
    for config in summary.configs:
        interval = config.interval
        figures = (None, None, None) if interval is None else (interval.estimate, interval.low, interval.high)
        values = [config.search_value, *figures]
        texts = ["" if value is None else format_value(summary.metric, value) for value in values]
        rows.append([str(config.trial), *texts, str(len(config.values)), str(config.failed), str(config.left)])
    empty = [index for index in (6, 7) if all(row[index] == "0" for row in rows[1:])]
    rows = [[cell for index, cell in enumerate(row) if index not in empty] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
