"""What mattered: which parameters decided the result."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.plots.importances import plot_importances
from hpo.analysis.report.document import Chapter, Chart, Paragraph, ReportBlock
from hpo.analysis.report.source import ReportSource


def describe_importance(source: ReportSource) -> Chapter:
    """Say which parameters decided the result."""
    return Chapter("What mattered", tuple(_describe(source)))


def _describe(source: ReportSource) -> Iterator[ReportBlock]:
    importances = source.importances
    if importances.reason is not None:
        yield Paragraph(f"Nothing to say yet: {importances.reason}.")
        return
    yield Paragraph(" ".join(importances.in_words()))
    yield Chart("importances", "Which parameters decided the result", plot_importances(importances))
