"""Data sets of other libraries: named splits of encoded images with labels, decoded as image files are."""

from __future__ import annotations

import hashlib
import importlib
import textwrap
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from hpo.data.files.listing import SPELLINGS
from hpo.data.pixels.decoding import UndecodableError, find_common_depth, open_image, read_header
from hpo.data.pixels.images import Images, Pixels
from hpo.data.pixels.reduction import Ends, Reduction
from hpo.data.pixels.threads import map_in_threads
from hpo.data.sets.arrays import images_from_arrays
from hpo.data.sets.depth import DecodedDataset
from hpo.data.trial_data import Outline
from hpo.errors import DataError, MissingExtraError
from hpo.spaces import Section
from hpo.spaces.sections.section import Share

if TYPE_CHECKING:
    from hpo.data.pixels.decoding import Header, StoredImage

_LONGEST = 300
"""Letters of another library's error."""


class Splits(Section):
    """Which splits of the library are which part, in the library's words: `train[:90%]` is a split too."""

    train: str = "train"
    """What trials are trained on."""
    validation: str = "auto"
    """The validation part; `auto`: the split that is called so, if there is one; `none`: there is no such part."""
    test: str = "auto"
    """The test part, likewise."""

    def choose(self, names: Collection[str]) -> dict[str, str]:
        """Choose the split for each part that there is, of those that the library names."""
        called = {SPELLINGS[name.lower()]: name for name in names if name.lower() in SPELLINGS}
        wanted = {part: split for part, split in self.model_dump().items() if split != "none"}
        chosen = {part: called.get(part) if split == "auto" else split for part, split in wanted.items()}
        return {part: split for part, split in chosen.items() if split is not None}


@dataclass(frozen=True, slots=True)
class EncodedPart:
    """A split, its images as the library keeps them.

    Attributes:
        labels: one an image: positions in the list of classes, or texts.
        images: gives the bytes of each image file, in the order of the labels; may be called again.
    """

    labels: ArrayLike
    images: Callable[[], Iterable[bytes]]


class LibraryDataset(DecodedDataset):
    """A data set of another library; a subclass says which one, and where its splits come from."""

    module: ClassVar[str]
    """What Python imports it by."""
    package: ClassVar[str]
    """What pip installs it by."""

    image: str | None = None
    """The name of the images among the data set's columns; left out, the only column of images."""
    label: str | None = None
    """The name of the labels among the data set's columns; left out, the only column of classes."""
    splits: Splits = Splits()
    """Which splits of the library are which part."""
    test: Share = 0.2
    """The share that is set apart for the test where there is no such split."""

    @abstractmethod
    def read_encoded(self) -> tuple[Sequence[str] | None, Mapping[str, EncodedPart]]:
        """Read the names of the classes where the library knows them, and the parts by name.

        Raises:
            MissingExtraError: the library is not installed.
            DataError: it does not have the data set, or not the columns or splits that are asked for.
        """

    def require(self) -> None:
        """See `Dataset.require`."""
        spec = find_spec(self.module)
        if spec is None or spec.origin is None:  # a folder of that name, such as `datasets`, is importable too
            raise MissingExtraError(
                f"data.dataset: {self.dataset} needs the package {self.package}. Received an installation without it. "
                f"Install it with `pip install {self.package}`."
            )

    def library(self) -> ModuleType:
        """Import the library itself.

        Raises:
            MissingExtraError: it is not installed.
        """
        self.require()
        return importlib.import_module(self.module)

    def load(self, seed: int) -> Images:
        """Read the data set, downloading it the first time; see `Dataset.load`."""
        classes, parts = self.read_encoded()
        reduction = self._resolve(classes, parts, seed)
        digest = hashlib.sha256(repr(None if classes is None else list(classes)).encode())
        pixels: dict[str, Pixels] = {}
        headers: list[Header] = []
        for name, part in parts.items():
            arrays: list[Pixels] = []
            digest.update(f"{name}{np.asarray(part.labels).tolist()}".encode())
            for content, header, array in map_in_threads(partial(self._decode, reduction), self._enumerate(name, part)):
                digest.update(b"%d\0" % len(content))
                digest.update(content)
                headers.append(header)
                arrays.append(array)
            self.require_one_size(self.dataset, {array.shape[:2] for array in arrays})
            pixels[name] = np.stack(arrays) if arrays else np.zeros((0, 1, 1, 3), np.uint8)
        channels = slice(1 if all(header.is_grey for header in headers) else None)  # grey as RGB: all three are one
        images = self._images(classes, parts, {name: array[..., channels] for name, array in pixels.items()}, seed)
        fingerprint = reduction.extend_fingerprint(digest.hexdigest())
        depth = find_common_depth(headers, reduction)
        return replace(images.with_fingerprint(), fingerprint=fingerprint, reduction=reduction.plain(), depth=depth)

    def outline(self, seed: int) -> Outline:
        """See `Dataset.outline`. Images are downloaded the first time; that they can be decoded is not seen."""
        classes, parts = self.read_encoded()
        headers = [_read_header(*image) for name, part in parts.items() for image in self._enumerate(name, part)]
        sizes = {header.size for header in headers}
        self.require_one_size(self.dataset, sizes)
        shape = (*min(sizes, default=(0, 0)), 1 if all(header.is_grey for header in headers) else 3)
        return self.outline_of(self._images(classes, parts, None, seed), shape, seed)

    def _resolve(self, classes: Sequence[str] | None, parts: Mapping[str, EncodedPart], seed: int) -> Reduction:
        """Say how images become 8 bits; where the training part decides it, its images are decoded once more."""
        if not self.reduction.is_open:
            return self.reduction
        rows = set(self._images(classes, parts, None, seed).train.rows.tolist())
        train = (image for row, image in enumerate(self._enumerate("train", parts["train"])) if row in rows)
        ends = [of_image for of_image in map_in_threads(_read_ends, train) if of_image is not None]
        if not ends:
            return replace(self.reduction, ends=None)
        return self.reduction.resolve(min(low for low, _ in ends), max(high for _, high in ends))

    def _images(
        self,
        classes: Sequence[str] | None,
        parts: Mapping[str, EncodedPart],
        pixels: Mapping[str, Pixels] | None,
        seed: int,
    ) -> Images:
        """Make the data set, with one black pixel an image where there are no pixels."""
        blank = {name: np.zeros((len(np.asarray(part.labels)), 1, 1), np.uint8) for name, part in parts.items()}
        arrays = {name: ((pixels or blank)[name], part.labels) for name, part in parts.items()}
        return images_from_arrays(self.dataset, arrays, classes, self.test, seed)

    def _enumerate(self, name: str, part: EncodedPart) -> Iterator[tuple[str, bytes]]:
        """List the images of a part, and what errors call them."""
        for number, content in enumerate(part.images()):
            yield f"{self.dataset}, image {number} of {name}", content

    def _decode(self, reduction: Reduction, image: tuple[str, bytes]) -> tuple[bytes, Header, Pixels]:
        with _open(image) as stored:
            return image[1], stored.header, self.resizing.apply(stored.reduce(reduction))


def choose_column(dataset: str, kind: str, option: str | None, features: Mapping[str, object], fitting: type) -> str:
    """Choose the column of a data set that has its images or labels.

    Args:
        dataset: what errors call it.
        kind: `image` or `label`: the option that says it.
        option: the value of that option.
        features: all columns, by their names.
        fitting: the library's type of such a column.

    Raises:
        DataError: there is no such column, or not exactly one that could be it.
    """
    candidates = [name for name, feature in features.items() if isinstance(feature, fitting)]
    if option is None and len(candidates) == 1:
        return candidates[0]
    if option in features:
        return str(option)
    rule = f"{dataset}: data.{kind} names the column of {kind}s"
    received = f"{option!r}, and the columns" if option else f"{len(candidates)} that may be meant, of the columns"
    raise DataError(f"{rule}. Received {received} {', '.join(features)}. Set data.{kind}.")


def shorten_error(error: Exception) -> str:
    """Write a library's error without its line breaks, and cut short, for a place inside of a sentence.

    TensorFlow Datasets answers a wrong name with the names of all its data sets.
    """
    return textwrap.shorten(str(error), _LONGEST, placeholder=" ...").rstrip(".") or type(error).__name__


def _read_header(place: str, content: bytes) -> Header:
    with _translate_errors(place):
        return read_header(content)


def _read_ends(image: tuple[str, bytes]) -> Ends | None:
    """Read the lowest and the highest value of an image that has more than 8 bits."""
    with _open(image) as stored:
        values = stored.values if stored.header.is_deep else None
        return None if values is None else (values.min().item(), values.max().item())


@contextmanager
def _open(image: tuple[str, bytes]) -> Iterator[StoredImage]:
    place, content = image
    with _translate_errors(place), open_image(content) as stored:
        yield stored


@contextmanager
def _translate_errors(place: str) -> Iterator[None]:
    """Let errors about an image say which one it is."""
    try:
        yield
    except UndecodableError as error:
        raise DataError(f"{place}: images can be decoded. Received: {error}.") from error
