"""Single images, read as a data set reads its files: for models that are put to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hpo.data.pixels.decoding import (
    StoredImage,
    UndecodableError,
    open_image,
    pixel_limit,
    read_header,
    take_image,
)
from hpo.data.pixels.images import Pixels
from hpo.data.pixels.png import PlainPng, undo_filters
from hpo.data.pixels.reduction import BRIGHTEST, Reduction
from hpo.data.pixels.resizing import Channels, Resizing

if TYPE_CHECKING:
    import PIL.Image

ReadableImage: TypeAlias = "bytes | str | Path | PIL.Image.Image | NDArray[Any]"
_BYTE, _TWO_BYTES = 8, 16
_GREY, _RGB, _RGBA = 1, 3, 4


@dataclass(frozen=True, slots=True)
class ImageReader:
    """Brings an image to the pixels that a network was trained on, whatever file or array it comes in.

    Attributes:
        size: height and width of what the network sees.
        resizing: how an image gets that size, and its channels.
        reduction: how it becomes opaque and of 8 bits.
        dtype: as what the model takes it: `uint8`, or `float32`: values as they are stored before the reduction.
        most_pixels: of an image, before it is resized; more are refused before anything is decoded.
    """

    size: tuple[int, int]
    resizing: Resizing
    reduction: Reduction
    dtype: str = "uint8"
    most_pixels: int | None = None

    @classmethod
    def from_description(cls, about: Mapping[str, Any], most_pixels: int | None = None) -> Self:
        """Make the reader of a model by what its `hpo.json` says.

        Raises:
            KeyError, TypeError, ValueError: it says too little.
        """
        height, width = map(int, about["image_size"])
        channels: Channels = "grey" if about["color_mode"] == "grayscale" else "rgb"
        size = height if height == width else (height, width)
        ends = about.get("range")
        return cls(
            (height, width),
            Resizing(size, about.get("resize", "stretch"), channels),
            Reduction(None if ends is None else (float(ends[0]), float(ends[1])), about.get("bits"),
                      about.get("transparency")),
            about.get("dtype", "uint8"),
            most_pixels,
        )  # fmt: skip

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of what is read."""
        return (*self.size, _GREY if self.resizing.channels == "grey" else _RGB)

    def is_ready(self, images: NDArray[Any]) -> bool:
        """Say whether an array `[n, height, width, channels]` is what reading its images one by one would give."""
        return images.dtype == np.uint8 and images.shape[1:] == self.shape and self.dtype == "uint8"

    def read(self, image: ReadableImage) -> Pixels:
        """Read an image: uint8 `[*shape]`.

        Args:
            image: a file's bytes or its path; an image of Pillow's; or an array `[height, width]`, or `[height, width,
                1, 3 or 4]`: of uint8 from 0 to 255, or of values as they are stored, which is what every array is to a
                model that takes those.

        Raises:
            UndecodableError: it is damaged, too large, or no image.
        """
        from PIL import Image

        if isinstance(image, np.ndarray):
            return self._read_array(image)
        if isinstance(image, Image.Image):
            self._check_size(image.height, image.width)
            return self.resizing.apply(take_image(image).reduce(self.reduction))
        if not isinstance(image, str | Path | bytes):
            kinds = "a path, the bytes of a file, an image of Pillow's or an array"
            raise UndecodableError("damaged", f"an image is {kinds}, not {type(image).__name__}")
        return self._decode(image if isinstance(image, bytes) else _read_file(image))

    def read_files(self, paths: Sequence[str | Path]) -> list[Pixels | UndecodableError]:
        """Read image files as `read` does; in the place of one that cannot be read stands why.

        Plain PNG files that have the network's size are decoded together, in half of the time.
        """
        results: dict[int, Pixels | UndecodableError] = {}
        plain: dict[int, PlainPng] = {}
        shape, most = self.shape, min(pixel_limit(), self.most_pixels or pixel_limit())
        for number, path in enumerate(paths):
            try:
                content = _read_file(path)
                file = PlainPng.parse(content, most, shape)
                if file is None:
                    results[number] = self._decode(content)
                else:
                    plain[number] = file
            except UndecodableError as error:
                results[number] = error
        if plain:
            rows, height = np.asarray(undo_filters(list(plain.values()))), shape[0]
            for place, number in enumerate(plain):
                start = place * (height + 1)
                results[number] = rows[start : start + height].reshape(shape)
        return [results[number] for number in range(len(paths))]

    def _decode(self, content: bytes) -> Pixels:
        if self.most_pixels is not None and content:
            self._check_size(*read_header(content).size)
        with open_image(content) as stored:
            return self.resizing.apply(self._reduce(stored))

    def to_input(self, pixels: Pixels) -> NDArray[Any]:
        """Give pixels as the model takes them: values that its own reduction brings back to these 8 bits.

        Args:
            pixels: uint8, of any shape.
        """
        if self.dtype == "uint8":
            return pixels
        if isinstance(self.reduction.ends, tuple):
            low, high = self.reduction.ends
            return (low + pixels * ((high - low) / BRIGHTEST)).astype(np.float32)
        return pixels.astype(np.float32) * 2.0 ** max(0, (self.reduction.bits or _BYTE) - _BYTE)

    def _reduce(self, stored: StoredImage) -> PIL.Image.Image:
        try:
            return stored.reduce(self.reduction)
        except UndecodableError as error:  # whose remedy is of a space file, which it is too late for
            raise UndecodableError(error.kind, error.detail.partition("; set data.")[0]) from error

    def _read_array(self, array: NDArray[Any]) -> Pixels:
        from PIL import Image

        values = array[:, :, np.newaxis] if array.ndim == 2 else array  # noqa: PLR2004 - height and width
        if values.ndim != 3 or values.shape[-1] not in (_GREY, _RGB, _RGBA) or not values.size:  # noqa: PLR2004
            raise UndecodableError(
                "damaged", f"an array of an image is [height, width] or [height, width, 1, 3 or 4], not {array.shape}"
            )
        self._check_size(*values.shape[:2])
        if values.dtype != np.uint8 or self.dtype != "uint8":
            bits = _TWO_BYTES if values.dtype == np.uint16 else None
            if values.dtype.kind not in "iuf" or not self.reduction.knows_range(
                bits, is_float=values.dtype.kind == "f"
            ):
                raise UndecodableError("damaged", f"an array of an image is uint8, 0 to 255, not {values.dtype}")
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                raise UndecodableError("damaged", "pixels are finite numbers; some are infinite or NaN")
            values = self.reduction.to_bytes(values, bits)
        image = Image.fromarray(values[:, :, 0] if values.shape[-1] == _GREY else np.ascontiguousarray(values))
        return self.resizing.apply(self.reduction.opaque(image))

    def _check_size(self, height: int, width: int) -> None:
        if self.most_pixels is not None and height * width > self.most_pixels:
            raise UndecodableError(
                "too large", f"{width} x {height} pixels, and {self.most_pixels:,} are the most that is taken"
            )


def _read_file(path: str | Path) -> bytes:
    """Read a file.

    Raises:
        UndecodableError: it cannot be read.
    """
    try:
        with open(path, "rb", buffering=0) as file:  # a Path would take as long as the reading of a small file does
            return file.read()
    except (OSError, ValueError) as error:
        text = error.strerror if isinstance(error, OSError) else None
        raise UndecodableError("unreadable", text or str(error)) from error
