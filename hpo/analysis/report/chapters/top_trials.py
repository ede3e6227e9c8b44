"""The top trials one by one: how each learned, and what says so."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.diagnosis import DiagnosisKind
from hpo.analysis.report.document import Chapter, News, Paragraph, ReportBlock, Statement, Statements
from hpo.analysis.report.source import ReportSource
from hpo.analysis.texts.wording import format_value

_BAD = frozenset(("overfitting", "underfitting", "stalled", "unstable", "failed"))


def classify(kind: DiagnosisKind) -> News:
    """Say whether a diagnosis is good or bad news, or leaves it open."""
    return "good" if kind == "good" else "bad" if kind in _BAD else "open"


def describe_top_trials(source: ReportSource) -> Chapter:
    """Say how the top trials learned."""
    return Chapter("How the top trials learned", tuple(_describe(source)))


def _describe(source: ReportSource) -> Iterator[ReportBlock]:
    if not any(trial.epochs for trial in source.trials):
        yield Paragraph("No epoch was reported yet.")
        return
    if source.top_trials:
        yield Statements(tuple(_list_diagnoses(source)))
    yield from source.draw("learning_curves")
    word = "The best trial stands out" if source.has_one_objective else "Trials of the Pareto front stand out"
    yield from source.draw("intermediate_values", f"{word}; pruned trials are pale.")


def _list_diagnoses(source: ReportSource) -> Iterator[Statement]:
    objectives = source.objectives
    for trial, diagnosis in source.top_trials:
        values = zip(objectives, trial.values or (), strict=False)
        figures = ", ".join(f"{goal.metric} {format_value(goal.metric, value)}" for goal, value in values)
        title = f"Trial {trial.number}: {figures}"
        yield Statement(diagnosis.words, " ".join(diagnosis.evidence), title=title, kind=classify(diagnosis.kind))
