"""`hf:NAME`: data sets of the Hugging Face Hub, by the library datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from hpo.data.sets.library import EncodedPart, LibraryDataset, choose_column, shorten_error
from hpo.errors import DataError


class HuggingFace(LibraryDataset):
    """Images of a data set of the Hugging Face Hub, or of a folder in its format: `hf:uoft-cs/cifar10`.

    It is downloaded once, to `$HF_HOME`, by default `~/.cache/huggingface`. Needs the package datasets.
    """

    module: ClassVar = "datasets"
    package: ClassVar = "datasets"
    dataset: Annotated[str, Field(pattern=r"^hf:.+$")]
    """`hf:` and the name that the Hub has it under, or the path of a folder."""
    config: str | None = None
    """Which of its configurations, where it has several."""
    revision: str | None = None
    """Which version: a commit, a tag or a branch; left out, the newest."""

    def read_encoded(self) -> tuple[Sequence[str] | None, Mapping[str, EncodedPart]]:
        """See `LibraryDataset.read_encoded`."""
        library = self.library()
        name = self.dataset.partition(":")[2]
        try:
            names = library.get_dataset_split_names(name, self.config, revision=self.revision)
            chosen = self.splits.choose(names)
            splits = library.load_dataset(name, self.config, revision=self.revision, split=list(chosen.values()))
        except Exception as error:  # whatever a library of this size raises: no network, no such name, no such split
            raise DataError(
                f"data.dataset: {self.dataset} is read by the library datasets. Received: {shorten_error(error)}. "
                "Connect to the internet, or correct dataset, config or splits."
            ) from error
        parts = dict(zip(chosen, splits, strict=True))
        features = parts["train"].features
        images = choose_column(self.dataset, "image", self.image, features, library.Image)
        labels = choose_column(self.dataset, "label", self.label, features, library.ClassLabel)
        feature = features[labels]
        classes = feature.names if isinstance(feature, library.ClassLabel) else None
        undecoded = library.Image(decode=False)
        return classes, {
            part: EncodedPart(
                split[labels][:], _Bytes(split.select_columns(images).cast_column(images, undecoded), images)
            )
            for part, split in parts.items()
        }


class _Bytes:
    """The image files of a split, which it holds, or knows the paths of."""

    def __init__(self, split: Any, name: str) -> None:  # noqa: ANN401 - datasets.Dataset, which may not be installed
        self._split, self._name = split, name

    def __call__(self) -> Iterator[bytes]:
        for row in self._split:
            image = row[self._name]
            yield Path(image["path"]).read_bytes() if image["bytes"] is None else image["bytes"]
