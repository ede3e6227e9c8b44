"""Whether studies were made with the same images in the same parts, without which figures cannot be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hpo.analysis.comparison.candidate import PARTS, Candidate
from hpo.analysis.predictions import PredictedPart, Predictions
from hpo.errors import Fault, UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_RULE = "studies that are compared have the same images in the same parts"
_REMEDY = (
    "Compare studies with the same data and seed. Sizes, colours, normalization and augmentation of images may differ"
)


def check_same_data(candidates: Sequence[Candidate]) -> None:
    """Check that studies have the same images, classes, validation part and test part.

    How images are used may differ: their size, colours, normalization and augmentation.

    Raises:
        UserError: two do not; it says in what.
    """
    first, *others = candidates
    for other in others:
        difference = _find_difference(first, other)
        if difference is not None:
            raise UserError(Fault(_RULE, difference, _REMEDY, subject=f"studies {first.name} and {other.name}"))


def match_rows(first: Predictions, second: Predictions) -> NDArray[np.intp] | None:
    """Match the images of two predictions by their names, or by their order where they have none.

    Returns:
        For each image of the first, its row in the second; None where the images, or their labels, are not the same.
    """
    import numpy as np

    rows = np.arange(len(first))
    if len(first) != len(second) or first.classes != second.classes:
        return None
    if first.images is not None and second.images is not None:
        places = {name: row for row, name in enumerate(second.images.tolist())}
        matches = [places.get(name, -1) for name in first.images.tolist()]
        rows = np.array(matches, np.intp)
        if (rows < 0).any():
            return None
    return rows if np.array_equal(first.labels, second.labels[rows]) else None


def align_predictions(predictions: Mapping[str, Predictions]) -> dict[str, Predictions]:
    """Bring predictions of the same images into the order of the first; see `check_same_data`."""
    aligned: dict[str, Predictions] = {}
    for name, own in predictions.items():
        rows = match_rows(next(iter(predictions.values())), own)
        assert rows is not None  # noqa: S101 - the data has been found to be the same
        aligned[name] = own.take(rows)
    return aligned


def _find_difference(first: Candidate, other: Candidate) -> str | None:
    for candidate in (first, other):
        if candidate.study.data is None:
            return f"{candidate.name}, which has not recorded its data"
    was, now = _describe_classes(first), _describe_classes(other)
    if was != now:
        return f"{was} in {first.name}, and {now} in {other.name}"
    one, two = (set(candidate.study.ledger.fingerprints.values()) for candidate in (first, other))
    if one != two:
        return _describe_images(first, other)
    differences = (_find_part_difference(first, other, part) for part in PARTS)
    return next((difference for difference in differences if difference is not None), None)


def _describe_classes(candidate: Candidate) -> str:
    data: Any = candidate.study.data
    return f"{data['classes']} {'class' if data['classes'] == 1 else 'classes'}"


def _describe_images(first: Candidate, other: Candidate) -> str:
    texts = [(candidate.study.data or {}).get("text", "") for candidate in (first, other)]
    if texts[0] != texts[1]:
        return f"{texts[0]} in {first.name}, and {texts[1]} in {other.name}{_explain(first, other)}"
    return f"as many images in both, of which some differ ({texts[0]}){_explain(first, other)}"


def _find_part_difference(first: Candidate, other: Candidate, part: PredictedPart) -> str | None:
    sizes = [candidate.images.get(part, 0) for candidate in (first, other)]
    if sizes[0] != sizes[1]:
        return f"{sizes[0]:,} {part} images in {first.name}, and {sizes[1]:,} in {other.name}{_explain(first, other)}"
    one, two = first.predictions.get(part), other.predictions.get(part)
    if one is None or two is None:  # what decides the parts tells as much, where images were not named
        reason = _explain(first, other)
        return f"parts that may differ{reason}" if reason else None
    if match_rows(one, two) is not None:
        return None
    if one.classes != two.classes:
        was, now = next(pair for pair in zip(one.classes, two.classes, strict=False) if pair[0] != pair[1])
        return f"a class {was} in {first.name}, in whose place {other.name} has {now}"
    return f"{_describe_rows(one, two, part)}{_explain(first, other)}"


def _describe_rows(one: Predictions, two: Predictions, part: PredictedPart) -> str:
    """Say in what as many images, of the same classes, are not the same."""
    if one.images is None or two.images is None:
        return f"other labels in the {part} part"
    common = len(set(one.images.tolist()) & set(two.images.tolist()))
    if common == len(one):
        return f"other labels for some of the {len(one):,} {part} images"
    return f"{part} parts of {len(one):,} images of which {common:,} are in both"


def _explain(first: Candidate, other: Candidate) -> str:
    """Say which settings explain that parts differ; nothing where none does."""
    pairs = [(key, was, other.split[key]) for key, was in first.split.items() if was != other.split[key]]
    texts = [f"{key} is {_name(was)} in {first.name} and {_name(now)} in {other.name}" for key, was, now in pairs]
    return f": {'; '.join(texts)}" if texts else ""


def _name(value: object) -> str:
    return "left out" if value is None else str(value)
