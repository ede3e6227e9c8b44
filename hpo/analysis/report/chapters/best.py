"""The best, and how sure it is: its values, its score on the test part, its classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from hpo.analysis.confirmation.summary import ConfigSummary
from hpo.analysis.report.document import Chapter, Column, DataTable, Fact, Facts, Paragraph, ReportBlock
from hpo.analysis.report.source import ReportSource
from hpo.analysis.texts.wording import format_duration, format_remark, format_score, format_value, sort_by_f1
from hpo.studies import Best

_MOST_CLASSES = 100
_MOST_FRONT = 30


def describe_best(source: ReportSource) -> Chapter:
    """Say which trial is the best, and how sure that is."""
    title = "The best, and how sure it is" if source.has_one_objective else "The Pareto front, and how sure it is"
    return Chapter(title, tuple(_describe(source)))


def _describe(source: ReportSource) -> Iterator[ReportBlock]:
    best = source.best
    if best is None:
        yield Paragraph("No trial is complete yet, so none is the best.")
        return
    if not source.has_one_objective:
        yield from _describe_front(source)
    yield _list_facts(source, best)
    if best.remark is not None:
        yield Paragraph(f"Trial {best.number} {format_remark(best.remark)}.", "warning")
    if source.certainty is not None:
        is_confirmed = source.confirmation is not None and source.confirmation.test is not None
        certainty = replace(source.certainty, test=None) if is_confirmed else source.certainty
        for sentence in certainty.in_words():  # of two figures on the test part, the confirmed one is to be quoted
            yield Paragraph(sentence)
    yield from _describe_test(source, best)
    yield from describe_confirmed(source)
    yield from _list_classes(source, best)
    yield from source.draw("confusion_matrix")
    yield from source.draw("calibration")
    yield from (chart for chart in source.draw("mistakes") if chart.figure.layout.images)


def _describe_front(source: ReportSource) -> Iterator[ReportBlock]:
    front, scores = source.front, source.study.test_scores
    verb = "is" if len(front) == 1 else "are"
    meaning = "no other trial is as good in every objective"
    yield Paragraph(f"{len(front):,} of the complete trials {verb} on the Pareto front: {meaning}.")
    columns = [Column("trial", is_number=True), *(Column(goal.metric, is_number=True) for goal in source.objectives)]
    has_scores = any(score.get("accuracy") is not None for score in scores.values())
    rows = []
    for best in front[:_MOST_FRONT]:
        values = [format_value(goal.metric, value) for goal, value in zip(source.objectives, best.values, strict=True)]
        accuracy = scores.get(best.number, {}).get("accuracy")
        rows.append((str(best.number), *values, *([_format_figure(accuracy)] if has_scores else [])))
    columns += [Column("test accuracy", is_number=True)] if has_scores else []
    title = f"The Pareto front, the best {source.objectives[0].metric} first"
    note = f"The first {_MOST_FRONT} of {len(front):,}." if len(front) > _MOST_FRONT else ""
    yield DataTable(title, tuple(columns), tuple(rows), note=note)
    yield Paragraph(
        f"What follows is about trial {front[0].number}, the best of them by {source.objectives[0].metric}."
    )


def _list_facts(source: ReportSource, best: Best) -> Facts:
    learned = source.study.spec.objective
    facts = [
        Fact(goal.metric, format_value(goal.metric, value), f"trial {best.number}")
        for goal, value in zip(source.objectives, best.values, strict=True)
    ]
    facts.append(
        Fact("best epoch", str(best.best_epoch), f"{format_value(learned.metric, best.last_value)} at its last epoch")
    )
    if best.repeats is not None:
        values = ", ".join(format_value(source.objectives[0].metric, values[0]) for values in best.repeats.values)
        facts.append(Fact("repeats", values, f"the model has the weights of repeat {best.repeats.kept}"))
    measures = {
        name: value for name, value in best.measures.items() if name not in {g.metric for g in source.objectives}
    }
    for name, title in _MEASURES.items():
        if name in measures:
            value = measures[name]
            facts.append(Fact(title, _format_measure(name, value)))
    return Facts(tuple(facts))


_MEASURES = {
    "parameters": "parameters",
    "flops": "flops an image",
    "model_mb": "size in MB",
    "latency_ms": "ms an image",
    "duration_s": "time to train",
}


def _format_measure(name: str, value: float) -> str:
    if name == "duration_s":
        return format_duration(value)
    return f"{value / 1e6:.3g} million" if value >= 1e6 else format_value(name, value)  # noqa: PLR2004 - a million


def _describe_test(source: ReportSource, best: Best) -> Iterator[ReportBlock]:
    score = source.study.test_scores.get(best.number)
    if score is None:
        yield Paragraph("The model was not evaluated on the test part yet.", "note")
    elif "error" in score:
        yield Paragraph(f"The model could not be evaluated on the test part: {score['error']}", "warning")
    elif score["accuracy"] is None:
        yield Paragraph(
            "The data has no test part, so nothing that the search has not used confirms the value.", "warning"
        )
    else:
        yield Paragraph(f"On the test part: accuracy {score['accuracy']:.4f}, {format_score(score)}.")


def describe_confirmed(source: ReportSource) -> Iterator[ReportBlock]:
    """Say what training the best configs again has found."""
    confirmation = source.confirmation
    if confirmation is None:
        if source.best is not None and source.study.state == "finished":
            yield Paragraph(
                "The best value of a search is optimistic for being chosen: "
                f"`hpo confirm {source.study.address.argument}` trains the best configs again with fresh seeds, and "
                "says whether the best is really better."
            )
        return
    for text in confirmation.in_words():
        yield Paragraph(text)
    columns = (
        Column("config of trial", is_number=True),
        Column(f"{confirmation.metric} in the search", is_number=True),
        Column("confirmed mean", is_number=True),
        Column("95% interval"),
        Column("runs", is_number=True),
        Column("values"),
    )
    rows = tuple(_list_config(confirmation.metric, config) for config in confirmation.configs)
    marked = [index for index, config in enumerate(confirmation.configs) if config.trial == confirmation.winner]
    yield DataTable("Configs that were trained again", columns, rows, frozenset(marked))


def _list_config(metric: str, config: ConfigSummary) -> tuple[str, ...]:
    interval = config.interval
    mean, ends = "", ""
    if interval is not None:
        mean = format_value(metric, interval.estimate)
        if interval.low is not None and interval.high is not None:
            ends = f"{format_value(metric, interval.low)} to {format_value(metric, interval.high)}"
    runs = f"{len(config.values)} of {len(config.values) + config.failed + config.left}"
    values = ", ".join(format_value(metric, value) for value in config.values)
    return str(config.trial), format_value(metric, config.search_value), mean, ends, runs, values


def _list_classes(source: ReportSource, best: Best) -> Iterator[ReportBlock]:
    """Give the figures of each class on the validation part, and on the test part where that was scored."""
    if not best.classes:
        return
    score = source.study.test_scores.get(best.number, {})
    test_scores = {class_score["name"]: class_score for class_score in score.get("classes", ())}
    titles = ["images", "precision", "recall", "F1"]
    titles += [f"test {title}" for title in titles] if test_scores else []
    columns = (Column("class"), *(Column(title, is_number=True) for title in titles))
    rows = []
    for class_score in sort_by_f1(best.classes)[:_MOST_CLASSES]:
        cells = _format_class(asdict(class_score))
        if test_scores:
            cells += _format_class(test_scores[class_score.name]) if class_score.name in test_scores else [""] * 4
        rows.append((class_score.name, *cells))
    note = "On the validation part at the best epoch."
    note += "" if all(score.images for score in best.classes) else " A class without an image there has no figures."
    note += f" The {_MOST_CLASSES} worst of {len(best.classes):,}." if len(best.classes) > _MOST_CLASSES else ""
    yield DataTable("Classes of the best trial, the worst first", columns, tuple(rows), note=note)


def _format_class(score: Mapping[str, Any]) -> list[str]:
    figures = (score["precision"], score["recall"], score["f1"])
    return [f"{score['images']:,}", *(_format_figure(figure) if score["images"] else "" for figure in figures)]


def _format_figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
