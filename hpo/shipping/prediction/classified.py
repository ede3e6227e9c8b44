"""Many image files, classified: read ahead in threads, predicted in batches, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpo.data import ImageFile, UndecodableError, map_in_threads
from hpo.shipping.prediction.classifier import Classifier

_PIECES = 4
"""In which a batch is read, each in a thread."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassifiedImage:
    """What a model says of an image file.

    Attributes:
        path: of the file.
        ranked: the classes with their probabilities, the most probable first; none where the file cannot be read.
        damage: why it cannot.
        label: the class that it is of, where a table or its folder says so.
    """

    path: Path
    ranked: Sequence[tuple[str, float]]
    damage: str | None
    label: str | None


def classify_files(
    classifier: Classifier, images: Iterable[ImageFile], batch_size: int = 64, top: int | None = None
) -> Iterator[ClassifiedImage]:
    """Classify image files, in their order; those that cannot be read say why, and hold up nothing.

    Args:
        classifier: what does it.
        images: which files. A label is the table's; without one, it is the name of the file's folder where the model
            has such a class.
        batch_size: how many the model is given at a time.
        top: how many of the most probable classes are told; all by default.
    """
    classes = frozenset(classifier.classes)

    def read(several: Sequence[ImageFile]) -> list[tuple[ImageFile, NDArray[np.uint8] | str]]:
        return [(image, _read(classifier, image)) for image in several]

    # Some at a time: reading goes on while a batch is predicted, by a batch or more.
    results = chain.from_iterable(map_in_threads(read, _split(images, max(1, batch_size // _PIECES))))
    while batch := list(islice(results, batch_size)):
        pixels = [result for _, result in batch if not isinstance(result, str)]
        rows = iter(classifier.predict_pixels(np.stack(pixels)) if pixels else ())
        for image, result in batch:
            folder = image.path.absolute().parent.name
            label = image.label or (folder if folder in classes else None)
            if isinstance(result, str):
                yield ClassifiedImage(image.path, (), result, label)
            else:
                yield ClassifiedImage(image.path, classifier.rank(next(rows), top), None, label)


def _read(classifier: Classifier, image: ImageFile) -> NDArray[np.uint8] | str:
    """Read an image, or say why it cannot be."""
    try:
        return classifier.reader.read(image.path)
    except UndecodableError as error:
        return error.detail


def _split(images: Iterable[ImageFile], count: int) -> Iterator[list[ImageFile]]:
    remaining = iter(images)
    while piece := list(islice(remaining, count)):
        yield piece
