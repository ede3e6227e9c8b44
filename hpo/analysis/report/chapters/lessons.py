"""What the study has taught: which parameters decided the result, and what to try next."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.importance.result import Importances, format_ranks
from hpo.analysis.plots.catalog import PLOTS
from hpo.analysis.plots.importances import plot_importances
from hpo.analysis.report.document import (
    Chapter,
    Chart,
    Column,
    DataTable,
    Paragraph,
    ReportBlock,
    Statement,
    Statements,
)
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
    yield Chart(chart.name, chart.question, plot_importances(importances))
    yield _list_importances(importances)
    yield from source.draw("slice")
    yield from source.draw("parallel_coordinate")


def _list_importances(importances: Importances) -> DataTable:
    has_conditional = any(one.within is not None for one in importances.parameters)
    columns = [Column("parameter"), Column("share", is_number=True), Column("95% interval"), Column("rank")]
    columns += [Column("share in its condition", is_number=True)] if has_conditional else []
    rows = []
    for one in importances.parameters:
        rank = "no more than chance" if one.by_chance else format_ranks(one)
        within = [("" if one.within is None else f"{one.within:.0%}")] if has_conditional else []
        rows.append((one.name, f"{one.share:.0%}", f"{one.low:.0%} to {one.high:.0%}", rank, *within))
    note = "A rank such as 1-3 stands where it cannot be told more exactly."
    has_open = any(one.rank is None and not one.by_chance for one in importances.parameters)
    return DataTable("How sure that is", tuple(columns), tuple(rows), note=note if has_open else "")


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
