"""A model in use: images of any kind in, probabilities of named classes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpo.data import ImageReader, ReadableImage, UndecodableError, map_in_threads
from hpo.errors import DataError, Fault, UserError
from hpo.shipping.kept_model import KeptModel, find_model
from hpo.shipping.prediction.runtime import load_exported_model, load_keras_model

_BATCH_AXES = 4
_DIGITS = 7
"""Of a probability, as many as a float32 has."""


class Classifier:
    """A model with its classes, and with the reading of images that it was trained with.

    Images are read, turned, reduced to 8 bits and resized as those of its study were, so that it predicts here what it
    predicts there.
    """

    def __init__(self, model: str | Path | KeptModel) -> None:
        """Load a model.

        Args:
            model: a `.keras` file that hpo has written; a study, whose best model it is then; or the folder of an
                export, which the runtime of its format runs.

        Raises:
            UserError: there is none, or it is another kind of file.
            MissingExtraError: the runtime of an export is not installed.
            WorkError: it is damaged, or the engine cannot run it.
        """
        source = model if isinstance(model, KeptModel) else find_model(model, takes_exports=True)
        self.about: Mapping[str, Any] = source.about
        self.classes = source.classes
        self.name = source.name
        """What it is called: `STUDY, trial N`, or the name of its file."""
        self.reader = make_reader(self.about, self.name)
        with source.open_local() as path:
            if source.format == "keras":
                self._runtime = load_keras_model(path, len(self.classes))
            else:
                self._runtime = load_exported_model(path, source.format)

    def __repr__(self) -> str:
        return f"<Classifier {self.name!r}, {len(self.classes)} classes, on {self._runtime.name}>"

    @property
    def runtime(self) -> str:
        """What it runs on, as `keras 3.15.1 on tensorflow`."""
        return self._runtime.name

    @property
    def model(self) -> Any:  # noqa: ANN401 - keras.Model, where no engine is imported
        """The Keras model, from images as they are stored to probabilities.

        Raises:
            UserError: it is none of Keras', but an exported one.
        """
        if self._runtime.model is None:
            raise UserError(Fault("a Keras model is in a .keras file", self._runtime.name, subject=self.name))
        return self._runtime.model

    def predict(
        self, images: NDArray[Any] | Sequence[ReadableImage] | ReadableImage, batch_size: int = 64
    ) -> NDArray[np.float32]:
        """Predict the classes of images.

        Args:
            images: an array `[n, height, width, channels]`, a sequence of images, or one image. An image is the path of
                a file, its bytes, an image of Pillow's, or an array `[height, width]` or `[height, width, channels]`;
                of any size, with 1, 3 or 4 channels. Arrays are uint8 from 0 to 255, or values of more than 8 bits as
                they are stored where the model was trained on such.
            batch_size: how many images the model is given at a time.

        Returns:
            Probabilities, `[n, classes]`, in the order of `classes`.

        Raises:
            DataError: an image cannot be read; the first one is named.
            UserError: the batch size is below 1.
        """
        if batch_size < 1:
            raise UserError(Fault("it is 1 or more", str(batch_size), subject="batch_size"))
        several: NDArray[Any] | Sequence[ReadableImage]
        if isinstance(images, np.ndarray):
            several = images if images.ndim >= _BATCH_AXES else images[np.newaxis]
        elif isinstance(images, Sequence) and not isinstance(images, str | bytes):
            several = images
        else:
            several = [images]
        results = [np.empty((0, len(self.classes)), np.float32)]
        for start in range(0, len(several), batch_size):
            results.append(self.predict_pixels(self._read(several[start : start + batch_size], start)))
        return np.concatenate(results)

    def predict_pixels(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predict the classes of images that `reader` has read, at once: uint8 `[n, *reader.shape]`."""
        return self._runtime.predict(self.reader.to_input(pixels))

    def warm_up(self, batch_size: int) -> None:
        """Have the model compile what it compiles: for one image, for a full batch, and for others between."""
        for count in dict.fromkeys((1, min(2, batch_size), batch_size)):
            self.predict_pixels(np.zeros((count, *self.reader.shape), np.uint8))

    def rank(self, probabilities: NDArray[np.float32], count: int | None = None) -> list[list[tuple[str, float]]]:
        """Give the most probable classes of images with their probabilities, the most probable first.

        Args:
            probabilities: `[n, classes]`, as `predict` gives them.
            count: how many for an image at most; all by default.
        """
        order = np.argsort(-probabilities, axis=1, kind="stable")[:, :count]
        values = np.take_along_axis(probabilities, order, axis=1).astype(np.float64).round(_DIGITS)
        names = np.asarray(self.classes, object)[order]
        return [list(zip(*image, strict=True)) for image in zip(names.tolist(), values.tolist(), strict=True)]

    def _read(self, images: NDArray[Any] | Sequence[ReadableImage], start: int) -> NDArray[np.uint8]:
        """Read some of the images that were given, of which the first has that number."""
        if isinstance(images, np.ndarray) and self.reader.is_ready(images):
            return images

        def read(numbered: tuple[int, ReadableImage]) -> NDArray[np.uint8]:
            number, image = numbered
            try:
                return self.reader.read(image)
            except UndecodableError as error:
                name = str(image) if isinstance(image, str | Path) else f"image {number}"
                raise DataError(f"{name}: {error.detail}") from error

        return np.stack(list(map_in_threads(read, enumerate(images, start))))


def make_reader(about: Mapping[str, Any], name: str, most_pixels: int | None = None) -> ImageReader:
    """Make what reads images for a model by what it says of itself.

    Raises:
        UserError: it says too little.
    """
    try:
        return ImageReader.from_description(about, most_pixels)
    except (KeyError, TypeError, ValueError) as error:
        rule, remedy = "a model says what images it takes", "name a model that a study has kept, or an export of one"
        raise UserError(Fault(rule, f"one without a valid {error}", remedy, subject=name)) from error
