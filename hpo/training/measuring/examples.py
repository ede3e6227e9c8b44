"""Examples of how a model does on the validation part: its confusion matrix, and what it predicts for a few images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hpo.data import TrialData

MAX_IMAGES = 16
_MOST_BYTES = 4 * 2**20
"""Of the images of a trial: fewer are chosen where they are large."""


@dataclass(frozen=True, slots=True)
class Examples:
    """How the model of a trial does on the validation part.

    Attributes:
        classes: their names, in the data set's order.
        confusion: int64 `[classes, classes]`: how many images of each class (row) are held for each class (column).
        images: uint8 `[n, height, width, channels]`: up to `MAX_IMAGES` of the part, of 1, 3 or 4 channels.
        labels: int32 `[n]`: the index of the class that each image is of.
        probabilities: float32 `[n, classes]`: what the model gives each class.
        names: of the images: a file's path below the data set's folder, or `train 17` for a row of an array.
    """

    classes: tuple[str, ...]
    confusion: NDArray[np.int64]
    images: NDArray[np.uint8]
    labels: NDArray[np.int32]
    probabilities: NDArray[np.float32]
    names: tuple[str, ...]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The index of the class that each image is held for, int64 `[n]`."""
        indices: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return indices

    def save(self, path: Path) -> None:
        """Write them to a `.npz` file."""
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                allow_pickle=False,
                classes=np.array(self.classes, dtype=np.str_),
                confusion=self.confusion,
                images=self.images,
                labels=self.labels,
                probabilities=self.probabilities,
                names=np.array(self.names, dtype=np.str_),
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` has written.

        Raises:
            OSError: the file cannot be read.
            ValueError: it holds something else.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(
                    classes=tuple(map(str, arrays["classes"])),
                    confusion=arrays["confusion"],
                    images=arrays["images"],
                    labels=arrays["labels"],
                    probabilities=arrays["probabilities"],
                    names=tuple(map(str, arrays["names"])),
                )
        except KeyError as error:
            rule = "it holds the examples of a trial"
            raise ValueError(f"{path.name}: {rule}. Received a file without {error}.") from error


def choose_examples(data: TrialData, probabilities: NDArray[np.float32]) -> Examples:
    """Compare predictions with the labels, and choose images that are spread over the validation part.

    They are the same for all trials of a study.

    Args:
        data: what was trained on.
        probabilities: `[n, classes]`, of the validation part.
    """
    part, count = data.validation, len(data.classes)
    confusion = np.zeros((count, count), np.int64)
    np.add.at(confusion, (part.labels, probabilities.argmax(axis=1)), 1)
    size = int(np.prod(part.shape))
    chosen = min(len(part), MAX_IMAGES, max(1, _MOST_BYTES // size))
    rows = np.linspace(0, len(part), chosen, endpoint=False).astype(np.intp)
    names = [f"validation {row}" for row in rows]
    if part.identities is not None:
        names = [str(name) for name in part.identities.names[rows]]
    return Examples(
        classes=data.classes,
        confusion=confusion,
        images=part.pixels(rows),
        labels=part.labels[rows],
        probabilities=probabilities[rows],
        names=tuple(names),
    )
