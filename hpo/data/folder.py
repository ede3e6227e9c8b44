"""`folder`: your own images, in one folder a class."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Strict

from hpo.data.dataset import Dataset
from hpo.data.images import Images, Labels, Part, Pixels
from hpo.data.outline import Outline, part_without_pixels
from hpo.data.splitting import split
from hpo.errors import DataError
from hpo.spaces.section import Share

if TYPE_CHECKING:
    import PIL.Image

ENDINGS = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Files with other endings, and what is hidden or lies in a hidden folder, are passed over."""
PARTS = ("train", "validation", "test")
_SHOWN_DAMAGED = 10
_LIKE_PARTS = frozenset({"dev", "eval", "test", "testing", "tests", "train", "training", "val", "valid", "validation"})
"""Folders of these names hold parts of a data set, whatever their case; no class is called so."""


class Folder(Dataset):
    """Image files in one folder a class: `cat/1.jpg`, `dog/7.png`.

    The folder holds either the class folders, of which a stratified share is set apart for the test, or `train`, and
    beside it `test` and `validation` if you have them, each with the class folders inside. Images are read as RGB
    of 8 bits, upright by their EXIF orientation; transparency is dropped, and of 16 bits the 8 high ones are kept.
    """

    dataset: Literal["folder"] = "folder"
    path: Annotated[Path, Strict(False)]
    """Where the images are."""
    test: Share = 0.2
    """The share that is set apart for the test where there is no folder `train`."""

    def load(self, seed: int) -> Images:
        """Read the data set; see `Dataset.load`."""
        reader = _Reader(self.path, self.image_size)
        images = self._images(reader, seed)
        return replace(images, fingerprint=reader.fingerprint())

    def outline(self, seed: int) -> Outline:
        """See `Dataset.outline`. Files are listed and one is read: others that are damaged or differ are not seen."""
        files = _Files()
        images = self._images(files, seed)
        shape: tuple[int, ...] = (0, 0, 3)
        if self.image_size is None:
            shape = _Reader(self.path, None).pixels(*files.first).shape[1:]
        return self.outline_of(images, shape, seed)

    def _images(self, files: _Files, seed: int) -> Images:
        """The parts that the folders make, each of them read by `files`; without a fingerprint."""
        if not self.path.is_dir():
            raise DataError(f"data.path: it is a folder that holds images. Received {self.path}, where there is none.")
        _check_part_names(self.path)
        if not (self.path / "train").is_dir():
            train, test = split(files.part(self.path), self.test, seed, "the test")
            return Images(files.classes, train, test)
        parts = {name: files.part(self.path / name) for name in PARTS if (self.path / name).is_dir()}
        return Images(files.classes, parts["train"], parts.get("test"), parts.get("validation"))


class _Files:
    """Lists class folders; the first part listed says which classes there are, and `first` is it and a file of it."""

    def __init__(self) -> None:
        self.classes: tuple[str, ...] = ()
        self.first: tuple[Path, list[Path]] = Path(), []

    def part(self, folder: Path) -> Part:
        """The images of class folders, here without their pixels."""
        return part_without_pixels(self.listed(folder)[1])

    def listed(self, folder: Path) -> tuple[list[Path], Labels]:
        """Files, and the class of each."""
        classes = tuple(sorted(child.name for child in folder.iterdir() if child.is_dir() and child.name[0] != "."))
        if len(classes) < 2:  # noqa: PLR2004 - nothing to tell apart
            raise DataError(
                f"{folder}: images lie in one folder a class, two classes or more. "
                f"Received {f'{classes[0]} alone' if classes else 'no folder in it'}."
            )
        if self.classes and classes != self.classes:
            missing = sorted(set(self.classes) ^ set(classes))
            raise DataError(
                f"{folder}: all parts have the same classes. Received a difference in {', '.join(missing)}."
            )
        by_class = [list(_image_files(folder / name)) for name in classes]
        for name, files in zip(classes, by_class, strict=True):
            if not files:
                raise DataError(
                    f"{folder / name}: a class has at least one image ({', '.join(sorted(ENDINGS))}). Received none. "
                    "Add images or remove the folder."
                )
        if not self.classes:
            self.classes, self.first = classes, (folder, by_class[0][:1])
        labels = np.repeat(np.arange(len(classes), dtype=np.int32), [len(files) for files in by_class])
        return [file for files in by_class for file in files], labels


class _Reader(_Files):
    """Reads the images too, and what identifies them."""

    def __init__(self, root: Path, image_size: int | None) -> None:
        super().__init__()
        self._root = root
        self._image_size = image_size
        self._digest = hashlib.sha256()
        self._sizes: set[tuple[int, ...]] = set()

    def fingerprint(self) -> str:
        return self._digest.hexdigest()

    def part(self, folder: Path) -> Part:
        files, labels = self.listed(folder)
        return Part(self.pixels(folder, files), labels)

    def pixels(self, folder: Path, files: list[Path]) -> Pixels:
        """The images of files in a folder, uint8 `[n, height, width, 3]`."""
        images: list[Pixels] = []
        damaged: list[str] = []
        for file in files:
            try:
                images.append(self._read(file))
            except Exception as error:  # damaged files make decoders raise whatever they stumble over
                damaged.append(f"{file}: {_plain_reason(error)}")
        if damaged:
            more = f"\nand {len(damaged) - _SHOWN_DAMAGED} more" if len(damaged) > _SHOWN_DAMAGED else ""
            raise DataError(
                f"{folder}: image files can be decoded. Received {len(damaged)} that cannot; repair or remove "
                f"{'it' if len(damaged) == 1 else 'them'}:\n" + "\n".join(damaged[:_SHOWN_DAMAGED]) + more
            )
        self._check_same_size(images, folder)
        return np.stack(images)

    def _read(self, file: Path) -> Pixels:
        """The file's pixels, uint8 `[height, width, 3]`; its name and bytes go into the fingerprint."""
        from PIL import Image

        content = file.read_bytes()
        image = _decode(content)
        name = os.fsencode(file.relative_to(self._root).as_posix())
        self._digest.update(b"%b\0%d\0" % (name, len(content)))
        self._digest.update(content)
        if self._image_size is not None:
            image = image.resize((self._image_size, self._image_size), Image.Resampling.BILINEAR)
        return np.asarray(image)

    def _check_same_size(self, images: list[Pixels], folder: Path) -> None:
        self._sizes |= {image.shape[:2] for image in images}
        if len(self._sizes) > 1:
            smallest, largest = min(self._sizes), max(self._sizes)
            raise DataError(
                f"{folder}: images have one size, or data.image_size gives them one. Received sizes from "
                f"{smallest[0]} x {smallest[1]} to {largest[0]} x {largest[1]}. Set data.image_size."
            )


def _plain_reason(error: Exception) -> str:
    """Why a file cannot be decoded; Pillow names the buffer that it was given, which says nothing to a reader."""
    return "no image that Pillow knows" if "<_io.BytesIO" in str(error) else str(error)


def _check_part_names(folder: Path) -> None:
    """Refuse what would be read as a class, or passed over, and was meant as a part."""
    has_train = (folder / "train").is_dir()
    for child in folder.iterdir():
        is_like_part = child.is_dir() and child.name.lower() in _LIKE_PARTS
        if is_like_part and (child.name not in PARTS or not has_train):
            raise DataError(
                f"{child}: the parts of a data set are called {', '.join(PARTS)}, and train is always there. "
                f"Received {child.name}{'' if has_train else ' without train'}. Rename the folders."
            )


def _decode(content: bytes) -> PIL.Image.Image:
    """An image file as RGB, upright. Pillow only warns of an image just over its limit; here that is an error too."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(BytesIO(content)) as opened:
            image = ImageOps.exif_transpose(opened)
    if image.mode.startswith("I;16"):  # Pillow's own conversion cuts everything above 255 off
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        raise ValueError("pixels of 32 bits, whose range is not known; 8 or 16 bits have one")
    elif image.mode == "P":  # with a transparent palette Pillow converts by way of RGBA, and warns if it is left out
        image = image.convert("RGBA")
    return image.convert("RGB")


def _image_files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if file.suffix.lower() in ENDINGS and not hidden and file.is_file():
            yield file
