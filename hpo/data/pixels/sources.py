"""Pixels that are made when they are asked for: image files to decode, arrays to resize."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpo.data.pixels.decoding import UndecodableError, stored_image
from hpo.data.pixels.images import Part, Pixels, Rows
from hpo.data.pixels.reduction import Reduction
from hpo.data.pixels.resizing import Shaping
from hpo.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class FilePixels:
    """Image files, decoded and brought into shape anew each time.

    Attributes:
        files: whose images have the shape `image_shape` once they are.
        shaping: what brings them into it.
        reduction: what brings them to 8 bits before.
    """

    files: tuple[Path, ...]
    shaping: Shaping
    image_shape: tuple[int, int, int]
    reduction: Reduction
    is_slow = True

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """See `PixelSource.shape`."""
        return (len(self.files), *self.image_shape)

    def read(self, rows: Rows) -> Pixels:
        """See `PixelSource.read`."""
        pixels = np.empty((len(rows), *self.image_shape), np.uint8)
        for index, row in enumerate(rows.tolist()):
            pixels[index] = self._image(self.files[row])
        return pixels

    def _image(self, file: Path) -> Pixels:
        try:
            with stored_image(file.read_bytes(), is_checked=True) as stored:
                pixels = self.shaping.of(stored.reduced(self.reduction))
        except (OSError, UndecodableError) as error:
            raise DataError(f"{file}: it could be decoded when the run began. Received: {error} Restore it.") from error
        if pixels.shape != self.image_shape:
            raise DataError(
                f"{file}: an image stays as it was when the run began, {list(self.image_shape)}. "
                f"Received {list(pixels.shape)}. Restore it."
            )
        return pixels


@dataclass(frozen=True, slots=True, eq=False)
class ShapedPixels:
    """The images of another part, brought into shape anew each time."""

    part: Part
    shaping: Shaping
    is_slow = True

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """See `PixelSource.shape`."""
        return (len(self.part), *self.shaping.shape_of(*self.part.shape))

    def read(self, rows: Rows) -> Pixels:
        """See `PixelSource.read`."""
        return self.shaping.of_batch(self.part.pixels(rows))
