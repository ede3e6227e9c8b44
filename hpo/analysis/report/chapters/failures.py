"""What failed: failures and configs that were ruled out, by cause."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.report.document import Chapter, Column, DataTable, Paragraph, ReportBlock
from hpo.analysis.report.source import ReportSource
from hpo.studies import TrialRecord

_MOST_CAUSES = 20
_MOST_NUMBERS = 8


def describe_failures(source: ReportSource) -> Chapter:
    """Say what failed, and why."""
    return Chapter("What failed", tuple(_describe(source)))


def _describe(source: ReportSource) -> Iterator[ReportBlock]:
    failed = [trial for trial in source.trials if trial.state == "failed"]
    infeasible = [trial for trial in source.trials if trial.state == "infeasible"]
    if failed:
        yield _list_causes("Trials that failed, by cause", failed)
        yield Paragraph(f"`hpo retry {source.study.address.argument}` runs them again from their last checkpoints.")
    elif source.trials:
        yield Paragraph("No trial failed.")
    else:
        yield Paragraph("No trial has begun, so none has failed.")
    if infeasible:
        yield _list_causes("Configs that were ruled out, by reason", infeasible)
    retried = [trial for trial in source.trials if trial.interruptions]
    if retried:
        attempts = sum(trial.interruptions + 1 for trial in retried)
        yield Paragraph(
            f"{len(retried):,} trial{' was' if len(retried) == 1 else 's were'} interrupted and went on from the last "
            f"checkpoint, in {attempts:,} attempts: {_list_numbers(retried)}."
        )


def _list_causes(title: str, trials: list[TrialRecord]) -> DataTable:
    """List each cause once, the most frequent first."""
    by_cause: dict[str, list[TrialRecord]] = {}
    for trial in trials:
        cause = trial.cause.splitlines()[0] if trial.cause else "unknown: no cause was recorded"
        by_cause.setdefault(cause, []).append(trial)
    causes = sorted(by_cause.items(), key=lambda item: -len(item[1]))
    rows = tuple((f"{len(group):,}", cause, _list_numbers(group)) for cause, group in causes[:_MOST_CAUSES])
    note = f"The {_MOST_CAUSES} most frequent of {len(causes):,} causes." if len(causes) > _MOST_CAUSES else ""
    columns = (Column("trials", is_number=True), Column("cause"), Column("numbers"))
    return DataTable(title, columns, rows, note=note)


def _list_numbers(trials: list[TrialRecord]) -> str:
    numbers = ", ".join(str(trial.number) for trial in trials[:_MOST_NUMBERS])
    return numbers + (f" and {len(trials) - _MOST_NUMBERS:,} more" if len(trials) > _MOST_NUMBERS else "")
