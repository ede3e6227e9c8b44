"""The top trials one by one: how they learned."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.plots.curves import plot_intermediate_values
from hpo.analysis.report.document import Chapter, Chart, Paragraph, ReportBlock
from hpo.analysis.report.source import ReportSource


def describe_top_trials(source: ReportSource) -> Chapter:
    """Say how the top trials learned."""
    return Chapter("How the top trials learned", tuple(_describe(source)))


def _describe(source: ReportSource) -> Iterator[ReportBlock]:
    if not any(trial.epochs for trial in source.trials):
        yield Paragraph("No epoch was reported yet.")
        return
    word = "The best trial stands out" if source.has_one_objective else "Trials of the Pareto front stand out"
    figure = plot_intermediate_values(source.study)
    yield Chart("learning_curves", "How each trial learned", figure, f"{word}; pruned trials are pale.")
