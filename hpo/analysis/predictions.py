"""What the model of a trial predicted for the images of a part, read from beside the model."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hpo.studies import StudyFiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

PredictedPart = Literal["validation", "test"]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a model predicts for the images of a part, one row an image.

    Attributes:
        labels: int32 `[n]`, indices into `classes`.
        probabilities: float32 `[n, classes]`.
        images: text `[n]`, which image each one is: a file's path below the data set's folder, or `train 17` for a row
            of an array; None where the data set does not name its images.
        classes: their names.
    """

    labels: NDArray[np.int32]
    probabilities: NDArray[np.float32]
    images: NDArray[np.str_] | None
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.intp]) -> Predictions:
        """Take the images of these rows, in their order."""
        images = None if self.images is None else self.images[rows]
        return Predictions(self.labels[rows], self.probabilities[rows], images, self.classes)

    @property
    def predicted(self) -> NDArray[np.intp]:
        """The class that is held most likely, `[n]`."""
        predicted: NDArray[np.intp] = self.probabilities.argmax(axis=1)
        return predicted

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether that is the image's class, `[n]`."""
        correct: NDArray[np.bool_] = self.predicted == self.labels
        return correct

    @property
    def accuracy(self) -> float:
        """The share of images whose class is held most likely."""
        return float(self.correct.mean())

    @property
    def confusion(self) -> NDArray[np.int64]:
        """How many images of each class are held for which, `[classes, classes]`: a row a label, a column a guess."""
        import numpy as np

        counts = np.zeros((len(self.classes), len(self.classes)), np.int64)
        np.add.at(counts, (self.labels, self.predicted), 1)
        return counts


def load_predictions(files: StudyFiles, number: int, part: PredictedPart) -> Predictions | None:
    """Read what the model of a trial predicted for a part.

    Returns:
        The predictions; None where there are none: the model was not kept, or was not evaluated on that part, or the
        file is damaged or of other classes than the model.

    Raises:
        StorageError: the server that keeps the files does not answer.
    """
    import numpy as np

    classes = files.models.describe(number).get("classes", [])
    try:
        content = files.models.store.read(f"trial-{number}.{part}.npz")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _read(arrays, tuple(map(str, classes)))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _read(arrays: Mapping[str, NDArray[Any]], classes: tuple[str, ...]) -> Predictions | None:
    labels, probabilities = arrays["labels"], arrays["probabilities"]
    images = arrays.get("images")
    is_whole = (
        labels.ndim == 1
        and len(labels) > 0
        and labels.dtype.kind == "i"
        and probabilities.shape == (len(labels), len(classes))
        and 0 <= labels.min() <= labels.max() < len(classes)
        and (images is None or images.shape == labels.shape)
    )
    return Predictions(labels, probabilities, images, classes) if is_whole else None
