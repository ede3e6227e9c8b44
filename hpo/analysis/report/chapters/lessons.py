"""What the study has taught: which parameters decided the result, and what to try next."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.plots.catalog import PLOTS
from hpo.analysis.plots.importances import plot_importances
from hpo.analysis.report.document import Chapter, Chart, Paragraph, ReportBlock, Statement, Statements
from hpo.analysis.report.source import ReportSource


def describe_importance(source: ReportSource) -> Chapter:
    """Say which parameters decided the result."""
    return Chapter("What mattered", tuple(_describe_importance(source)))


def _describe_importance(source: ReportSource) -> Iterator[ReportBlock]:
    importances = source.importances
    if importances.reason is not None:
        yield Paragraph(f"Nothing to say yet: {importances.reason}.")
        return
    yield Paragraph(" ".join(importances.in_words()))
    chart = PLOTS["importances"]
    caption = "" if len(importances.by_chance) == len(importances.parameters) else "The lines are 95% intervals."
    yield Chart(chart.name, chart.question, plot_importances(importances), caption)
    yield from source.draw("slice")
    yield from source.draw("parallel_coordinate")


def describe_advice(source: ReportSource) -> Chapter:
    """Say what to try next."""
    if source.advice:
        statements = (Statement(advice.words, " ".join(advice.evidence), advice.remedy) for advice in source.advice)
        return Chapter("What to try next", (Statements(tuple(statements)),))
    if source.best is None:
        text = "There is no advice before a trial is complete."
    else:
        text = "Nothing in the trials so far says that another range, more epochs or more trials would do better."
    return Chapter("What to try next", (Paragraph(text),))
