"""`folder`: your own images, in one folder a class."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import DirectoryPath, Strict

from hpo.data.dataset import Dataset
from hpo.data.images import Images, Part, Pixels
from hpo.data.splitting import split
from hpo.errors import DataError
from hpo.spaces.section import Share

ENDINGS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Files with other endings, and hidden ones, are passed over."""
PARTS = ("train", "validation", "test")


class Folder(Dataset):
    """Image files in one folder a class: `cat/1.jpg`, `dog/7.png`.

    The folder holds either the class folders, of which a stratified share is set apart for the test, or `train`, and
    beside it `test` and `validation` if you have them, each with the class folders inside. Images are read as RGB,
    upright by their EXIF orientation.
    """

    dataset: Literal["folder"] = "folder"
    path: Annotated[DirectoryPath, Strict(False)]
    """Where the images are."""
    test: Share = 0.2
    """The share that is set apart for the test where there is no folder `train`."""

    def load(self, seed: int) -> Images:
        """Read the data set; see `Dataset.load`."""
        reader = _Reader(self.path, self.image_size)
        if not (self.path / "train").is_dir():
            everything = reader.part(self.path)
            train, test = split(everything, self.test, seed, "the test")
            return Images(reader.classes, train, test, fingerprint=reader.fingerprint())
        parts = {name: reader.part(self.path / name) for name in PARTS if (self.path / name).is_dir()}
        return Images(reader.classes, parts["train"], parts.get("test"), parts.get("validation"), reader.fingerprint())


@dataclass
class _Reader:
    """Reads class folders; the first part read says which classes there are."""

    root: Path
    image_size: int | None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._digest = hashlib.sha256()

    def fingerprint(self) -> str:
        return self._digest.hexdigest()

    def part(self, folder: Path) -> Part:
        classes = tuple(sorted(child.name for child in folder.iterdir() if child.is_dir() and child.name[0] != "."))
        if not classes:
            raise DataError(f"{folder}: images lie in one folder a class. Received no folder in it.")
        if self.classes and classes != self.classes:
            missing = sorted(set(self.classes) ^ set(classes))
            raise DataError(
                f"{folder}: all parts have the same classes. Received a difference in {', '.join(missing)}."
            )
        self.classes = classes
        images: list[Pixels] = []
        labels: list[int] = []
        for label, name in enumerate(classes):
            files = list(_image_files(folder / name))
            if not files:
                raise DataError(
                    f"{folder / name}: a class has at least one image ({', '.join(sorted(ENDINGS))}). Received none. "
                    "Add images or remove the folder."
                )
            images += [self._read(file) for file in files]
            labels += [label] * len(files)
        self._check_same_size(images, folder)
        return Part(np.stack(images), np.asarray(labels, np.int32))

    def _read(self, file: Path) -> Pixels:
        """The file's pixels, uint8 `[height, width, 3]`; its name and bytes go into the fingerprint."""
        from PIL import Image, ImageOps

        try:
            content = file.read_bytes()
            with Image.open(BytesIO(content)) as opened:
                image = ImageOps.exif_transpose(opened).convert("RGB")
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise DataError(f"{file}: an image file can be decoded. Received: {error}. Repair or remove it.") from error
        self._digest.update(f"{file.relative_to(self.root).as_posix()}\0{len(content)}\0".encode())
        self._digest.update(content)
        if self.image_size is not None:
            image = image.resize((self.image_size, self.image_size), Image.Resampling.BILINEAR)
        return np.asarray(image)

    def _check_same_size(self, images: list[Pixels], folder: Path) -> None:
        sizes = sorted({image.shape[:2] for image in images})
        if len(sizes) > 1:
            smallest, largest = sizes[0], sizes[-1]
            raise DataError(
                f"{folder}: images have one size, or data.image_size gives them one. Received sizes from "
                f"{smallest[0]} x {smallest[1]} to {largest[0]} x {largest[1]}. Set data.image_size."
            )


def _image_files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in ENDINGS and not file.name.startswith(".") and file.is_file():
            yield file
