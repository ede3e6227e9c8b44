"""The answer, for the first screen: which trial is best, how good it is, what to know before it is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hpo.analysis.importance.result import Importances
from hpo.analysis.report.chapters.top_trials import classify
from hpo.analysis.report.document import Fact, Facts, Paragraph, ReportBlock, Statement, Statements
from hpo.analysis.report.source import ReportSource
from hpo.analysis.texts.wording import format_counts, format_duration, format_interval, format_parameters, format_value


def describe_answer(source: ReportSource) -> tuple[ReportBlock, ...]:
    """Say what the study has come to, in a few sentences and figures."""
    return tuple(_describe(source))


def describe_subtitle(source: ReportSource) -> str:
    """Say what the study looks for, and its state, on one line."""
    goals = " and ".join(f"{objective.direction} {objective.metric}" for objective in source.objectives)
    budget = source.study.budget
    return f"{goals} · {budget.used:,} of {budget.trials:,} trials · {source.study.state}"


def _describe(source: ReportSource) -> Iterator[ReportBlock]:
    yield Paragraph(_conclude(source), "lead")
    yield Facts(tuple(_list_facts(source)))
    if source.best is not None and source.best.params:
        yield Paragraph(f"Trial {source.best.number} has {format_parameters(source.best.params)}.")
    yield Statements(tuple(_list_statements(source)))
    state = source.study.state
    if state == "running":
        yield Paragraph(f"The study is still running{_foresee_end(source)}: its result may change.", "warning")
    elif state == "paused":
        command = f"hpo resume {source.study.address.argument}"
        yield Paragraph(f"The study is paused before its budget is used up; `{command}` goes on.", "warning")


def _foresee_end(source: ReportSource) -> str:
    estimate = source.study.estimate_end()
    if estimate is None:
        return ""
    low, high = format_duration(estimate.low), format_duration(estimate.high)
    return f", and ends in {low} to {high}{', or sooner' if estimate.may_stop else ''}"


def _conclude(source: ReportSource) -> str:
    best, counts = source.best, source.study.counts()
    if best is None:
        if not source.trials:
            return "No trial has begun yet, so there is nothing to conclude."
        return f"No trial is complete yet ({format_counts(counts)}), so there is no best one."
    metric = source.objectives[0].metric
    complete = f"{counts['complete']:,} complete trial{'' if counts['complete'] == 1 else 's'}"
    if source.has_one_objective:
        text = f"Trial {best.number} is the best of {complete}: {metric} {format_value(metric, best.value)}"
    else:
        word = "is" if len(source.front) == 1 else "are"
        text = (
            f"{len(source.front):,} of {complete} {word} on the Pareto front; the best {metric} there is "
            f"{format_value(metric, best.value)}, of trial {best.number}"
        )
    return f"{text}."


def _list_statements(source: ReportSource) -> Iterator[Statement]:
    conclusion, certainty, confirmation = source.conclusion, source.certainty, source.confirmation
    evidence = " ".join(conclusion.evidence)
    yield Statement(conclusion.words, evidence, title="How it learned", kind=classify(conclusion.kind))
    if certainty is None:
        return
    sentences = replace(certainty, test=None).in_words()  # the figures above have the test part
    yield Statement(" ".join(sentences), title="How sure the value is")
    if confirmation is not None:
        yield Statement(" ".join(confirmation.in_words()), title="What training it again says")
    if source.importances.reason is None:
        yield Statement(_describe_importance(source.importances), title="What mattered")
    if source.advice:
        first = source.advice[0]
        yield Statement(first.words, remedy=first.remedy, title="What to try next")


def _describe_importance(importances: Importances) -> str:
    """Name the parameters that decided, as far as that can be told."""
    influential = [one for one in importances.parameters if not one.by_chance]
    if not influential:
        return "No parameter does more than chance, as far as these trials tell."
    names = ", ".join(one.name for one in influential)
    if len(influential) == 1:
        return f"{names} alone does more than chance, as far as these trials tell."
    first = next((one.name for one in influential if one.rank == 1), None)
    most = "which of them matters most cannot be told" if first is None else f"{first} matters most"
    return f"More than chance, as far as these trials tell: {names}; {most}."


def _list_facts(source: ReportSource) -> Iterator[Fact]:
    best, study = source.best, source.study
    metric = source.objectives[0].metric
    if best is not None:
        where = f"epoch {best.best_epoch}" if best.repeats is None else f"the mean of {best.repeats.count} repeats"
        yield Fact(f"best {metric}", format_value(metric, best.value), f"trial {best.number}, {where}")
        score = study.test_scores.get(best.number)
        if score is None:
            yield Fact("test accuracy", "not yet", "not evaluated on the test part")
        elif "error" in score:
            yield Fact("test accuracy", "none", f"not evaluated: {score['error']}")
        elif score["accuracy"] is not None:
            interval = "" if source.certainty is None else format_interval(source.certainty.test_interval)
            yield Fact("test accuracy", f"{score['accuracy']:.4f}", interval or "evaluated once, after the search")
        else:
            yield Fact("test accuracy", "none", "the data has no test part")
    yield Fact("trials", f"{len(source.trials):,}", format_counts(study.counts()) or "none yet")
    yield Fact("working time", format_duration(study.budget.worked_s), "all workers side by side")
