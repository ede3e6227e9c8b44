"""Whether the images of a study can be read: its first run will have to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from hpo.data import Dataset, Outline, count_classes, describe_missing_classes, split_for_trial
from hpo.errors import DataError

MOST_IMAGES = 20_000
_MOST_BYTES = 2 * 10**9
_SMALLEST = 4
"""Side in pixels; where images are stretched, the files are the same whatever the size."""


def read_images(
    datasets: Iterable[tuple[Dataset, Outline]], seed: int, listen: Callable[[str], None]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read data sets, each once, where that needs no download and is done in a minute or two.

    Args:
        datasets: with what is known of them; those that differ in how images are used are one.
        seed: of the study.
        listen: called with what is being done.

    Returns:
        Why data sets cannot be read; and notes on the others, such as images that are in two parts, or that there are
        too many to be read here.
    """
    problems: list[str] = []
    notes: list[str] = []
    for dataset, outline in _unique(datasets):
        images = outline.train_images + outline.validation_images
        size = math.prod(outline.shape) if dataset.image_size is None else 0
        if images > MOST_IMAGES or images * size > _MOST_BYTES:
            notes.append(
                f"the images of the data set {dataset.dataset} are too many to be read here; the first run would find "
                "damaged ones"
            )
            continue
        listen(f"reading {images:,} images")
        try:
            images_read = dataset.load(seed)
            train, validation = split_for_trial(images_read, dataset.validation, seed)
            parts = {**images_read.parts(), "train": train, "validation": validation}
            notes += [*images_read.notes, *describe_missing_classes(count_classes(parts, images_read.classes))]
        except DataError as error:
            problems.append(str(error))
    return tuple(problems), tuple(notes)


def _unique(datasets: Iterable[tuple[Dataset, Outline]]) -> Iterable[tuple[Dataset, Outline]]:
    """Those that are here and differ in what is read, at a size that costs little memory."""
    unique: dict[str, tuple[Dataset, Outline]] = {}
    for dataset, outline in datasets:
        if outline.is_here:
            # Nothing but what was found in the files is kept for the run.
            changes = {} if dataset.image_size is None else {"image_size": _SMALLEST, "resize": "stretch"}
            small = dataset.model_copy(update={**changes, "cache": "stream"})
            key = small.model_dump_json(exclude={"validation", "normalization", "augmentation"})
            unique.setdefault(key, (small, outline))
    return unique.values()
