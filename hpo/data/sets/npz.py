"""`npz`: arrays of images and labels in one file of NumPy's."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, Strict

from hpo.data.dataset import ArrayDataset
from hpo.data.files.listing import SPELLINGS
from hpo.data.pixels.images import Images
from hpo.data.sets.arrays import images_from_arrays, name_place
from hpo.data.sets.depth import DeepDataset
from hpo.errors import DataError
from hpo.spaces.sections.options import PathRule
from hpo.spaces.sections.section import Share

_CONTENTS = {
    **dict.fromkeys(("x", "image", "images", "data", "pixels"), "images"),
    **dict.fromkeys(("y", "label", "labels", "target", "targets"), "labels"),
}
_CLASSES = ("classes", "class_names", "label_names")


class Npz(DeepDataset, ArrayDataset):
    """Arrays of images and labels in one `.npz` file, under names that say what they are.

    `x_train` and `y_train`, `train_images` and `train_labels`, or the like; `test` and `validation` (or `val`) in the
    place of `train` for those parts; or `images` and `labels`, of which a stratified share is set apart for the test.
    Images are `[n, height, width]` or `[n, height, width, 1 or 3]`: whole numbers to 255, or fractions to 1;
    with `range` or `bits`, any numbers.
    """

    dataset: Literal["npz"] = "npz"
    path: Annotated[
        Path, Strict(False), PathRule(lambda path: None if zipfile.is_zipfile(path) else "it is no .npz file")
    ]
    """The file."""
    classes: Annotated[list[str], Field(min_length=2)] | None = None
    """The names of the classes, in the order of the labels; left out, those of an array `classes` if there is one,
    else the labels themselves."""
    test: Share = 0.2
    """The share that is set apart for the test where there is no such part."""

    def read(self, seed: int) -> Images:
        """See `ArrayDataset.read`."""
        with name_place(self.path):
            parts, classes = _read(self.path)
        return images_from_arrays(self.path, parts, self.classes or classes, self.test, seed, reduction=self.reduction)


def _read(path: Path) -> tuple[dict[str, tuple[NDArray[np.generic], NDArray[np.generic]]], list[str] | None]:
    """Read the arrays of each part, and the names of the classes if the file has them."""
    try:
        with path.open("rb") as file:  # opened here, since np.load leaves a damaged one open
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError("it is an .npz file, which has several arrays by name. Received a single array.")
            names = _sort_by_part(archive.files)
            parts = {part: (archive[named["images"]], archive[named["labels"]]) for part, named in names.items()}
            classes = next((archive[name] for name in archive.files if name.lower() in _CLASSES), None)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = f"{str(error).rstrip('.')}."
        if "allow_pickle" in reason:
            reason = "Python objects, or no such file at all. Save arrays of numbers, by `numpy.savez`."
        raise DataError(f"it is an .npz file of plain arrays. Received: {reason}") from error
    return parts, None if classes is None else [str(name) for name in classes.ravel().tolist()]


def _sort_by_part(names: Iterable[str]) -> Mapping[str, dict[str, str]]:
    """Find under which names the images and the labels of each part are."""
    by_part: dict[str, dict[str, str]] = {}
    for name in names:
        words = re.split(r"[_\-./ ]+", name.lower())
        contents = [_CONTENTS[word] for word in words if word in _CONTENTS]
        parts = [SPELLINGS[word] for word in words if word in SPELLINGS]
        if len(contents) != 1 or len(contents) + len(parts) != len(words):
            continue
        if by_part.setdefault(parts[0] if parts else "train", {}).setdefault(contents[0], name) != name:
            raise DataError(f"each part has one array of {contents[0]}. Received {', '.join(sorted(names))}.")
    if "train" not in by_part or any(len(named) < len(set(_CONTENTS.values())) for named in by_part.values()):
        raise DataError(
            "images and labels are in arrays whose names say so: x_train and y_train, train_images and train_labels, "
            f"or images and labels. Received {', '.join(names) or 'no array'}. Rename them."
        )
    return by_part
