"""What was tried: how many trials, how the best value came about, and the best of them in a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hpo.analysis.report.document import Chapter, Column, DataTable, Paragraph, ReportBlock
from hpo.analysis.report.source import ReportSource
from hpo.analysis.texts.table import format_trial
from hpo.analysis.texts.wording import format_counts, format_parameters, format_remark
from hpo.spaces import Objective, ScalarValue
from hpo.studies import TrialRecord, TrialState

_TOP = 20
_MEANINGS: dict[TrialState, str] = {
    "pruned": "pruned trials were ended early, because at the same epoch others were better",
    "infeasible": "infeasible configs break a constraint or do not fit in memory, and cost no trial",
    "waiting": "waiting trials were interrupted, or are yet to begin",
}


def describe_trials(source: ReportSource) -> Chapter:
    """Say what was tried."""
    return Chapter("What was tried", tuple(_describe(source)))


def _describe(source: ReportSource) -> Iterator[ReportBlock]:
    trials, study = source.trials, source.study
    if not trials:
        yield Paragraph("No trial has begun yet.")
        return
    counts, budget = study.counts(), study.budget
    epochs = sum(trial.epochs for trial in trials)
    end = "" if budget.end is None or study.state == "running" else f" The study has ended: {budget.end}."
    meanings = [meaning for state, meaning in _MEANINGS.items() if counts[state]]
    text = (
        f"{budget.used:,} of {budget.trials:,} trials of the budget are used: {format_counts(counts)}. "
        f"They were trained for {epochs:,} epoch{'' if epochs == 1 else 's'} in all.{end}"
    )
    yield Paragraph(text)
    if meanings:
        sentence = "; ".join(meanings)
        yield Paragraph(f"{sentence[0].upper()}{sentence[1:]}.", "note")
    outside = sum(trial.outside is not None for trial in trials)
    if outside:
        lie = "trial lies" if outside == 1 else "trials lie"
        text = (
            f"The space has changed since the study began: {outside:,} {lie} outside of it now. No comparison has them."
        )
        yield Paragraph(text, "warning")
    if source.has_one_objective:
        yield from source.draw("history", "Each point is a complete trial; the line is the best value so far.")
    else:
        shown = "" if len(source.objectives) == 2 else " The plot shows two of the objectives."  # noqa: PLR2004 - axes
        caption = f"A trial is on the Pareto front if no other is as good in every objective.{shown}"
        yield from source.draw("pareto_front", caption)
        yield from source.draw("hypervolume")
    yield _list_trials(source)


def _list_trials(source: ReportSource) -> DataTable:
    objectives, front = source.objectives, {best.number for best in source.front}
    shown = source.ranked[:_TOP]
    columns = [
        Column("trial", is_number=True),
        Column("state"),
        *(Column(objective.metric, is_number=True) for objective in objectives),
        Column("epochs", is_number=True),
        Column("time", is_number=True),
        Column("parameters"),
    ]
    is_cut = len(source.trials) > _TOP
    title = f"The best {_TOP} of {len(source.trials):,} trials" if is_cut else "All trials, the best first"
    more = f" `hpo trials {source.study.name}` lists all." if is_cut else ""
    common = _find_common(shown)
    shared = f" All of these have {format_parameters(common)}." if common else ""
    note = "The value of a complete trial is that of its best epoch, that of a pruned one of its last."
    return DataTable(
        title,
        tuple(columns),
        tuple(_make_row(trial, objectives, common) for trial in shown),
        frozenset(index for index, trial in enumerate(shown) if trial.number in front),
        note + shared + more,
    )


def _find_common(trials: Sequence[TrialRecord]) -> dict[str, ScalarValue]:
    """Find the parameters that have the same value in all of several trials."""
    first = trials[0].params if len(trials) > 1 else {}
    return {
        name: value
        for name, value in first.items()
        if all(name in trial.params and trial.params[name] == value for trial in trials)
    }


def _make_row(
    trial: TrialRecord, objectives: Sequence[Objective], common: Mapping[str, ScalarValue]
) -> tuple[str, ...]:
    params = {name: value for name, value in trial.params.items() if name not in common}
    detail = [trial.cause.splitlines()[0] if trial.cause else format_parameters(params)]
    if trial.remark:
        detail.append(format_remark(trial.remark))
    if trial.outside and not trial.cause:
        detail.append(f"outside: {trial.outside}")
    return (*format_trial(trial, objectives), "; ".join(detail))
