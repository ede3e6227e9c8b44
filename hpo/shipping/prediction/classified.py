"""Many image files, classified: read ahead in threads, predicted in batches, in their order."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpo.data import ImageFile, UndecodableError, map_in_threads
from hpo.shipping.prediction.classifier import Classifier

_PIECES, _PIXELS = 4, 2**17
"""In which a batch is read at most, each in a thread, and how many one has then, as the network sees them."""

_Piece: TypeAlias = tuple[list[tuple[Path, str | None, str | None]], NDArray[np.uint8]]
"""Images with what damages them and their labels, and the pixels of those that are sound."""


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
        batch_size: how many the model is given at a time; fewer where some cannot be read.
        top: how many of the most probable classes are told; all by default.
    """
    classes = frozenset(classifier.classes)

    def read(several: Sequence[ImageFile]) -> _Piece:
        results = classifier.reader.read_files([image.path for image in several])
        sound = [result for result in results if not isinstance(result, UndecodableError)]
        images = [
            (image.path, result.detail if isinstance(result, UndecodableError) else None, _find_label(image, classes))
            for image, result in zip(several, results, strict=True)
        ]
        return images, np.stack(sound) if sound else np.empty((0, *classifier.reader.shape), np.uint8)

    # Some at a time: reading goes on while a batch is predicted, by a batch or more. Small images are read in fewer
    # pieces, since what threads have to say to each other takes as long as those do.
    most = min(_PIECES, batch_size, max(1, batch_size * math.prod(classifier.reader.size) // _PIXELS))
    pieces = max(count for count in range(1, most + 1) if batch_size % count == 0)  # or batches would be smaller
    results = map_in_threads(read, _split(images, batch_size // pieces))
    while batch := list(islice(results, pieces)):
        pixels = np.concatenate([pixels for _, pixels in batch]) if len(batch) > 1 else batch[0][1]
        rankings = iter(classifier.rank(classifier.predict_pixels(pixels), top) if len(pixels) else ())
        for path, damage, label in chain.from_iterable(read for read, _ in batch):
            yield ClassifiedImage(path, next(rankings) if damage is None else (), damage, label)


def _find_label(image: ImageFile, classes: Collection[str]) -> str | None:
    folder = image.path.absolute().parent.name
    return image.label or (folder if folder in classes else None)


def _split(images: Iterable[ImageFile], count: int) -> Iterator[list[ImageFile]]:
    remaining = iter(images)
    while piece := list(islice(remaining, count)):
        yield piece
