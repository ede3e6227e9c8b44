"""The models that a study keeps, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpo.cli.terminal.console import make_table, open_console
from hpo.cli.terminal.output import write
from hpo.cli.terminal.units import format_number

if TYPE_CHECKING:
    from hpo.shipping.registry import ModelEntry
    from hpo.studies import StudyRecord


def print_models(study: StudyRecord, entries: Sequence[ModelEntry]) -> None:
    """Print one row a model; columns of nothing are left out."""
    from hpo.analysis import format_values

    if not entries:
        write(f"Study {study.name} keeps no model yet. A model is kept of each trial that no other trial beats.")
        return
    objectives = study.spec.objectives
    metrics = [objective.metric for objective in objectives]
    titles = ["trial", *metrics, "test accuracy", "parameters", "size", "tags", "exports"]
    rows = [
        [
            f"{entry.trial}{' *' if entry.is_best else ''}",
            *(format_values(objectives, entry.values) or [""] * len(metrics)),
            "" if entry.test_accuracy is None else f"{entry.test_accuracy:.4f}",
            "" if entry.parameters is None else f"{entry.parameters:,}",
            format_number(entry.size, "B"),
            ", ".join(entry.tags),
            ", ".join(entry.exports),
        ]
        for entry in entries
    ]
    shown = [index for index in range(len(titles)) if any(row[index] for row in rows)]
    numbers = [title for title in titles if title not in ("tags", "exports")]
    console = open_console()
    console.print(make_table([titles[i] for i in shown], [[row[i] for i in shown] for row in rows], numbers=numbers))
    if len(entries) > sum(entry.is_best for entry in entries):
        console.print("\n* no other trial beats it", style="dim")
