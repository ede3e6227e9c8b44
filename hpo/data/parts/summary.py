"""What was read of a data set, in figures and words: what a run says first, and a study stores beside its result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hpo.data.parts.class_counts import count_classes, describe_missing_classes
from hpo.data.pixels.images import Part
from hpo.shown import readable

_SHOWN = 3
_SPOKEN = {"train": "training", "validation": "validation"}


@dataclass(frozen=True, slots=True)
class DataSummary:
    """A data set as it was read and split.

    Attributes:
        dataset: what the file calls it.
        classes: how many there are.
        images: how many images each part has: `train`, `validation` and, where there is one, `test`.
        notes: what to know of them, a sentence each: files that were left out, images that are in two parts.
    """

    dataset: str
    classes: int
    images: dict[str, int]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = ", ".join(f"{count:,} {name}" for name, count in self.images.items())
        return f"{self.dataset}: {sum(self.images.values()):,} images of {self.classes:,} classes: {parts}"

    def to_json(self) -> dict[str, Any]:
        """Plain values, `text` with the figures in words."""
        return {**asdict(self), "notes": list(self.notes), "text": str(self)}


def summarize(dataset: str, classes: Sequence[str], parts: Mapping[str, Part], notes: tuple[str, ...]) -> DataSummary:
    """Count the images of each part, and add notes on those that are in two, and on classes that a part has none of."""
    images = {name: len(part) for name, part in parts.items()}
    return DataSummary(
        dataset,
        len(classes),
        images,
        (*notes, *describe_missing_classes(count_classes(parts, classes)), *_describe_overlaps(parts)),
    )


def _describe_overlaps(parts: Mapping[str, Part]) -> Iterator[str]:
    """Describe each pair of parts with equal images: a model that has seen an image scores too well on it."""
    for name, other in (("test", "train"), ("test", "validation"), ("validation", "train")):
        if name not in parts or other not in parts:
            continue
        part, earlier = parts[name].identities, parts[other].identities
        if part is None or earlier is None:
            continue
        copies = part.names[np.isin(part.digests, earlier.digests)]
        if len(copies):
            shown = ", ".join(map(readable, copies[:_SHOWN])) + (", ..." if len(copies) > _SHOWN else "")
            count = f"{len(copies):,} of {len(part.names):,} {name} images {'is' if len(copies) == 1 else 'are'}"
            yield f"{count} also in the {_SPOKEN[other]} part ({shown})"
