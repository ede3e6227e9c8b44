"""Image files of which nobody has to know the class: those of a folder, and those that a column of a table names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hpo.data.files.listing import is_image, is_litter
from hpo.data.files.table import read_column
from hpo.errors import DataError


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image file, before it is read.

    Attributes:
        path: where it is.
        label: the class that a table says it has; None where nothing says it.
    """

    path: Path
    label: str | None = None


def list_images(folder: Path) -> Iterator[Path]:
    """List the image files of a folder, at any depth, in the order of their paths.

    Hidden files, litter of operating systems, files of other endings and what is no file, such as a pipe, are passed
    over, and links to folders are not followed.

    Raises:
        DataError: it cannot be listed.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder}: folders of images can be listed. Received: {error.strerror}.") from error
    for path in entries:
        if is_litter(path.name):
            continue
        if path.is_dir():
            if not path.is_symlink():
                yield from list_images(path)
        elif is_image(path) and (path.is_file() or path.is_symlink()):  # a broken link is named; a pipe is no image
            yield path


def list_table_images(table: Path) -> list[ImageFile]:
    """List the files that a CSV table names, and their classes where it has a column of them, in its order.

    The table is as one that `folder` data sets are read from (see `hpo.data.files.table`), and may have files alone.
    Files that are not there are listed as well.

    Raises:
        DataError: it cannot be read, or names no file.
    """
    return [ImageFile(path, label) for path, label in read_column(table)]
