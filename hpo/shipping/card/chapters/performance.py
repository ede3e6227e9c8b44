"""How good the model is: figures with intervals, class by class, and what it takes for what."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.plots.judgement import measure_calibration
from hpo.analysis.predictions import PredictedPart, Predictions
from hpo.analysis.proportions import wilson_interval
from hpo.analysis.report.chapters.best import describe_confirmed
from hpo.analysis.report.document import Chapter, Column, DataTable, Paragraph, ReportBlock
from hpo.analysis.texts.wording import sort_by_f1
from hpo.shipping.card.source import CardSource
from hpo.spaces import Recipe
from hpo.studies import ClassScore

_MOST_CLASSES = 100
DEFAULT_TOP_K = Recipe.model_fields["top_k"].default
_WHOLE_TABLE = 12
"""Classes up to which confusion is a table; of more, the most frequent confusions are listed."""
_MOST_CONFUSIONS = 25
_SHARES = ("accuracy", "top_k_accuracy")
"""Figures that are shares of images, of which Wilson's interval is known."""
_MEANS = {
    "macro_precision": "macro precision",
    "macro_recall": "macro recall",
    "macro_f1": "macro F1",
    "loss": "cross-entropy",
}


def describe_performance(source: CardSource) -> Chapter:
    """Say how good the model is, and how sure that is."""
    return Chapter("How good it is", tuple(_describe(source)))


def _describe(source: CardSource) -> Iterator[ReportBlock]:
    part = source.quoted_part
    if part is None:
        yield Paragraph("It was not measured on any part of the data, as far as its file says.", "warning")
        return
    yield _list_figures(source)
    yield from map(Paragraph, _describe_certainty(source))
    if source.report is not None:
        yield from describe_confirmed(source.report)
    if source.classes_on(part):
        yield _list_classes(source.classes_on(part), part)
    if source.predictions is None:
        yield Paragraph("Which classes it takes for which is not known here: its predictions were not kept.", "note")
    else:
        yield from describe_confusion(source.predictions, part)
        error, _ = measure_calibration(source.predictions)
        yield Paragraph(
            f"How sure it is differs from how often it is right by {error:.4f} in the mean (expected calibration "
            f"error, 10 bins, {part} part)."
        )


def _list_figures(source: CardSource) -> DataTable:
    columns, rows = [Column("figure")], []
    for part in source.scores:
        columns += [Column(f"{part} part", is_number=True), Column("95% interval")]
    for name, title in {"accuracy": "accuracy", "top_k_accuracy": _name_top_k(source), **_MEANS}.items():
        values = {part: score.get(name) for part, score in source.scores.items()}
        if all(value is None for value in values.values()):
            continue
        row = [title]
        for part, value in values.items():
            row += _format_share(value, source.count_images(part) if name in _SHARES else 0)
        rows.append(tuple(row))
    measured = [f"{source.count_images(part):,} images of the {part} part" for part in source.scores]
    note = f"On {' and '.join(measured)}. Intervals: Wilson, of shares of images; the other figures have none."
    return DataTable("Figures", tuple(columns), tuple(rows), note=note)


def _name_top_k(source: CardSource) -> str:
    training = source.config.get("training")
    return f"top-{training.get('top_k', DEFAULT_TOP_K) if isinstance(training, dict) else DEFAULT_TOP_K} accuracy"


def _describe_certainty(source: CardSource) -> Iterator[str]:
    """Say what was chosen by which part."""
    if source.report is not None and source.is_best and source.report.certainty is not None:
        yield from source.report.certainty.in_words()
    elif "validation" in source.scores:
        yield (
            "Trials are compared on the validation part, and each trial keeps its best epoch on it: a figure of that "
            "part is optimistic for being chosen."
        )
    if "test" not in source.scores:
        error = (source.about.get("test") or {}).get("error")
        reason = f": {error}" if error else ""
        yield f"There is no figure on a test part, on which nothing was chosen{reason}."


def _list_classes(classes: tuple[ClassScore, ...], part: PredictedPart) -> DataTable:
    numbers = ("images", "recall", "95% interval", "precision", "95% interval", "F1")
    columns = (Column("class"), *(Column(title, is_number="%" not in title) for title in numbers))
    rows = []
    for score in sort_by_f1(classes)[:_MOST_CLASSES]:
        recall = _format_share(score.recall if score.images else None, score.images)
        precision = _format_share(score.precision if score.predicted else None, score.predicted)
        f1 = f"{score.f1:.4f}" if score.images or score.predicted else ""
        rows.append((score.name, f"{score.images:,}", *recall, *precision, f1))
    note = (
        f"On the {part} part. Recall: the share of the images of a class that are held for it; precision: the share of "
        "the images held for it that are of it; none where there is no such image. Intervals: Wilson; each holds for "
        "its class alone, so of 100 of them about 5 miss the truth."
    )
    note += f" The {_MOST_CLASSES} worst of {len(classes):,} classes." if len(classes) > _MOST_CLASSES else ""
    return DataTable("Classes, the worst first", columns, tuple(rows), note=note)


def describe_confusion(predictions: Predictions, part: PredictedPart) -> Iterator[ReportBlock]:
    """Show which classes are taken for which: as a matrix, or, of many classes, the most frequent confusions."""
    import numpy as np

    confusion, classes = predictions.confusion, predictions.classes
    if len(classes) <= _WHOLE_TABLE:
        columns = (Column("label"), *(Column(name, is_number=True) for name in classes))
        rows = tuple(
            (name, *(f"{count:,}" if count else "" for count in counts))
            for name, counts in zip(classes, confusion.tolist(), strict=True)
        )
        note = f"Images of the {part} part: a row a label, a column what they are held for."
        yield DataTable("Confusion matrix", columns, rows, note=note)
        return
    images = confusion.sum(axis=1)
    mistakes = confusion - np.diag(confusion.diagonal())
    order = (-mistakes).ravel().argsort(kind="stable")[:_MOST_CONFUSIONS]
    rows = tuple(
        (classes[label], classes[guess], f"{count:,}", f"{count / images[label]:.1%}")
        for label, guess in (divmod(index, len(classes)) for index in order.tolist())
        if (count := int(mistakes[label, guess]))
    )
    if not rows:
        yield Paragraph(f"It has taken no image of the {part} part for one of another class.")
        return
    columns = (
        Column("label"),
        Column("held for"),
        Column("images", is_number=True),
        Column("of those of the label", is_number=True),
    )
    note = f"On the {part} part; {int(mistakes.sum()):,} of {len(predictions):,} images are held for another class."
    yield DataTable("The most frequent confusions", columns, rows, note=note)


def _format_share(share: float | None, images: int) -> tuple[str, str]:
    """Write a share of so many images, and its interval; what there is none of stays empty."""
    if share is None:
        return "", ""
    if not images:
        return f"{share:.4f}", ""
    low, high = wilson_interval(share, images)
    return f"{share:.4f}", f"{low:.4f} to {high:.4f}"
