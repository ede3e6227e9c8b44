"""Which images are meant: files, folders, patterns and tables, as a person names them."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from hpo.data import ImageFile, list_images, list_table_images
from hpo.errors import DataError, Fault, UserError

_TABLES = frozenset({".csv", ".tsv"})


def find_images(sources: Iterable[str | Path]) -> list[ImageFile]:
    """Find the image files that are meant; one that is named twice is there once.

    Args:
        sources: each a file, whatever its name ends in; a folder, of which all image files at any depth are taken; a
            pattern such as `photos/**/*.jpg`; or a CSV table with a column of paths, relative to the table.

    Returns:
        In the order of the sources, those of a folder or a pattern in that of their paths.

    Raises:
        UserError: a source leads to no image file, or cannot be read.
    """
    images: dict[Path, ImageFile] = {}
    for source in sources:
        try:
            found = list(_find(Path(source)))
        except DataError as error:  # a wrong request here, where it is no data that a study began with
            raise UserError(str(error)) from error
        if not found:
            raise UserError(_explain_nothing(Path(source)))
        for image in found:
            images.setdefault(image.path, image)
    return list(images.values())


def _find(source: Path) -> Iterator[ImageFile]:
    if source.is_dir():
        yield from map(ImageFile, list_images(source))
    elif source.suffix.lower() in _TABLES and source.exists():
        yield from list_table_images(source)
    elif source.exists() or source.is_symlink():
        yield ImageFile(source)
    elif glob.has_magic(str(source)):
        for name in sorted(glob.glob(str(source), recursive=True)):
            yield from [] if Path(name).is_dir() else [ImageFile(Path(name))]


def _explain_nothing(source: Path) -> Fault:
    if source.is_dir():
        rule, received = "a folder of images has image files in it", "one in which no file's name ends as an image's"
    elif glob.has_magic(str(source)):
        rule, received = "a pattern matches image files", "one that matches none"
    else:
        rule, received = "it is an image file, a folder, a pattern, or a CSV table of paths", "a path where nothing is"
    return Fault(rule, received, subject=str(source))
