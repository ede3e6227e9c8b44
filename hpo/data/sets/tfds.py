"""`tfds:NAME`: data sets of TensorFlow Datasets, for every engine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, Strict

from hpo.data.sets.library import EncodedPart, LibraryDataset, choose_column, shorten_error
from hpo.errors import DataError


class Tfds(LibraryDataset):
    """Images of a data set of TensorFlow Datasets: `tfds:oxford_flowers102`, `tfds:emnist/letters:3.1.0`.

    It is downloaded and prepared once, in `$TFDS_DATA_DIR`, by default `~/tensorflow_datasets`. Needs the package
    tensorflow-datasets.
    """

    module: ClassVar = "tensorflow_datasets"
    package: ClassVar = "tensorflow-datasets"
    dataset: Annotated[str, Field(pattern=r"^tfds:.+$")]
    """`tfds:` and its name there, with a configuration and a version if they matter."""
    path: Annotated[Path, Strict(False)] | None = None
    """Where TensorFlow Datasets keeps what it prepares, if not where it is said above."""

    def read_encoded(self) -> tuple[Sequence[str] | None, Mapping[str, EncodedPart]]:
        """See `LibraryDataset.read_encoded`."""
        library = self.library()
        _leave_gpus_to_the_engine()
        try:
            builder = library.builder(self.dataset.partition(":")[2], data_dir=self.path)
            builder.download_and_prepare()
        except Exception as error:  # whatever a library of this size raises: no network, no such name, a full disk
            raise DataError(
                f"data.dataset: {self.dataset} is downloaded once by TensorFlow Datasets. "
                f"Received: {shorten_error(error)}. Connect to the internet, or correct the name."
            ) from error
        features = builder.info.features
        images = choose_column(self.dataset, "image", self.image, features, library.features.Image)
        labels = choose_column(self.dataset, "label", self.label, features, library.features.ClassLabel)
        is_named = isinstance(features[labels], library.features.ClassLabel)
        parts = {}
        for part, split in self.splits.choose(builder.info.splits).items():
            rows = partial(_read_rows, library, builder, split, images)
            try:
                marks = [row[labels] for row in rows()]
            except ValueError as error:
                raise DataError(
                    f"{self.dataset}: splits are those that it has. Received: {shorten_error(error)}."
                ) from error
            parts[part] = EncodedPart(marks, partial(_read_column, rows, images))
        return features[labels].names if is_named else None, parts


def _read_rows(library: Any, builder: Any, split: str, images: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - see above
    undecoded = {images: library.decode.SkipDecoding()}
    yield from library.as_numpy(builder.as_dataset(split=split, decoders=undecoded, shuffle_files=False))


def _read_column(rows: Any, name: str) -> Iterator[bytes]:  # noqa: ANN401
    for row in rows():
        yield row[name]


def _leave_gpus_to_the_engine() -> None:
    """Keep TensorFlow, where it only reads, from taking all of a GPU's memory from JAX or PyTorch."""
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        import tensorflow

        with suppress(RuntimeError):  # it has them already
            tensorflow.config.set_visible_devices([], "GPU")
