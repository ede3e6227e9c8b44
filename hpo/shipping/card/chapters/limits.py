"""What the figures of a card do not say."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.analysis.report.document import Chapter, Statement, Statements
from hpo.shipping.card.source import CardSource
from hpo.studies import ClassScore

_FEW = 30
"""Images of a class; with fewer, the interval of a recall of 0.9 is wider than 20 points."""
_NAMED = 10


def describe_limits(source: CardSource) -> Chapter:
    """Say what is not known of the model."""
    return Chapter("What the figures do not say", (Statements(tuple(map(Statement, _list_limits(source)))),))


def _list_limits(source: CardSource) -> Iterator[str]:
    yield (
        "They hold for images that were taken as those of the data were. Of other cameras, places, times or crops they "
        "say nothing: measure the model on images of your own before it decides anything."
    )
    yield "An image of none of its classes is held for one of them all the same; the probabilities do not tell."
    part = source.quoted_part
    if part is not None:
        few = [score for score in source.classes_on(part) if score.images < _FEW]
        if few:
            yield f"Of {_name(few)} the {part} part has fewer than {_FEW} images: figures of such a class are rough."
    yield "Whether it does as well for every group of people or things within a class was not measured."
    yield "Nor was how it does on images that are blurred, dark, rotated or changed to mislead it."
    yield "The intervals allow for the images that happen to be in a part, not for the luck of one training."


def _name(classes: list[ClassScore]) -> str:
    names = ", ".join(f"{score.name} ({score.images})" for score in classes[:_NAMED])
    left = len(classes) - _NAMED
    return f"{names} and {left:,} more classes" if left > 0 else names
