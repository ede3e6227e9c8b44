"""Images of each class in each part: one rule for every data set of what can be split, learned and measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from hpo.data.pixels.images import Labels, Part
from hpo.errors import DataError
from hpo.shown import readable

_NAMED = 10
_LEAST = 2
"""Images of a class that can be in two parts."""
Counts = Mapping[str, Mapping[str, int]]
"""How many images there are, by part and class."""


def count_classes(parts: Mapping[str, Part], classes: Sequence[str]) -> Counts:
    """Count the images of each class in each part."""
    return {
        name: dict(zip(classes, np.bincount(part.labels, minlength=len(classes)).tolist(), strict=True))
        for name, part in parts.items()
    }


def check_trained(counts: Counts, place: object = "") -> None:
    """Hold that every class that is measured can be learned; `place` is where the data set lies, as errors name it.

    Raises:
        DataError: the validation or the test part has images of a class that the training part has none of.
    """
    strange = {
        name: f"{images:,} in the {part} part"
        for part, by_class in counts.items()
        for name, images in by_class.items()
        if images and not counts["train"].get(name)
    }
    if strange:
        raise DataError(
            f"{f'{place}: ' if place else ''}a class has images to train on. Received none of {_list(strange)}. "
            "Add some to the training part, or take those out of the others."
        )


def describe_missing_classes(counts: Counts) -> Iterator[str]:
    """Describe what figures leave out: classes that a part has no image of."""
    trained = {name: images for name, images in counts["train"].items() if images}
    for part in (part for part in ("validation", "test") if part in counts):
        missing = {name: f"{images:,} to train on" for name, images in trained.items() if not counts[part].get(name)}
        if missing:
            them = "it" if len(missing) == 1 else "them"
            remedy = "add images, or set data.validation to a larger share" if part == "validation" else "add images"
            yield (
                f"the {part} part has no image of {_list(missing)}: its macro F1, precision and recall leave {them} "
                f"out ({remedy})"
            )
    nowhere = {name: "" for name in counts["train"] if not any(by_class.get(name) for by_class in counts.values())}
    if nowhere:
        them = "it" if len(nowhere) == 1 else "them"
        yield f"no part has an image of {_list(nowhere)}: networks have an output for {them} that nothing trains"


def explain_no_split(
    labels: Labels, share: float, purpose: str, classes: Sequence[str], others: Labels | None = None
) -> DataError | None:
    """Explain why images cannot be split with every class in both parts; None where they can. See `split`."""
    images = np.bincount(labels, minlength=len(classes))
    names = [*classes, *(str(index) for index in range(len(classes), len(images)))]
    there = images[images > 0]
    rule = f"data.{purpose}: a stratified split needs images of every class in both parts"
    before = np.zeros(0, np.intp) if others is None else np.bincount(others)
    rare = {
        names[index]: f"{images[index]}" + (f", and {before[index]} for the test" if index < len(before) else "")
        for index in np.flatnonzero((images > 0) & (images < _LEAST))
    }
    if rare:
        return DataError(
            f"{rule}, so {_LEAST} or more of each. Received {_list(rare)}. Add images of "
            f"{'it' if len(rare) == 1 else 'them'}, merge classes, leave {'it' if len(rare) == 1 else 'them'} out, or "
            f"give the data set a {purpose} part of its own."
        )
    apart, total = math.ceil(share * len(labels)), len(labels)
    if len(there) <= apart <= total - len(there):
        return None
    received = f"a share of {share:g} of {total:,} images, which is {apart:,}, for {len(there):,} classes"
    least, most = len(there) / total, 1 - len(there) / total
    if least > most:
        remedy = f"Add images: there are fewer than {_LEAST} for each class."
    elif apart < len(there):
        remedy = f"Write {math.ceil(least * 1000) / 1000:g} or more, or add images."
    else:
        remedy = f"Write {math.floor(most * 1000) / 1000:g} or less, or add images."
    return DataError(f"{rule}. Received {received}. {remedy}")


def _list(classes: Mapping[str, str]) -> str:
    shown = [readable(name) + (f" ({detail})" if detail else "") for name, detail in list(classes.items())[:_NAMED]]
    more = f" and {len(classes) - _NAMED:,} more" if len(classes) > _NAMED else ""
    return f"{', '.join(shown)}{more}"
