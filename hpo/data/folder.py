"""`folder`: your own images, in one folder a class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Strict

from hpo.data.dataset import Dataset
from hpo.data.decoding import UndecodableError, header_of
from hpo.data.findings import Finding, named
from hpo.data.images import Images, Part, Pixels
from hpo.data.listing import Listing, list_folder
from hpo.data.outline import Outline, part_without_pixels
from hpo.data.resizing import resized
from hpo.data.splitting import split
from hpo.data.survey import Survey, survey
from hpo.errors import DataError
from hpo.spaces.section import Share

if TYPE_CHECKING:
    import PIL.Image


class Folder(Dataset):
    """Image files in one folder a class: `cat/1.jpg`, `dog/7.png`.

    The folder holds either the class folders, of which a stratified share is set apart for the test, or `train`, and
    beside it `test` and `validation` (or `val`) if you have them, each with the class folders inside. Images are read
    as RGB of 8 bits, upright by their EXIF orientation; transparency is dropped, and of 16 bits the 8 high ones are
    kept.
    """

    dataset: Literal["folder"] = "folder"
    path: Annotated[Path, Strict(False)]
    """Where the images are."""
    test: Share = 0.2
    """The share that is set apart for the test where there is no folder `train`."""
    damaged: Literal["refuse", "skip"] = "refuse"
    """What happens with files that cannot be decoded: all of them are named, or they are left out."""
    empty_classes: Literal["refuse", "ignore"] = "refuse"
    """What happens with class folders without images: they are named, or there is no such class."""

    def listing(self) -> Listing:
        """Which files and classes there are, and what is passed over; no file is read.

        Raises:
            hpo.errors.DataError: parts or classes cannot be told.
        """
        return list_folder(self.path, self.empty_classes)

    def load(self, seed: int) -> Images:
        """Read the data set; see `Dataset.load`."""
        listing = self.listing()
        pixels: list[Pixels] = []

        def visit(image: PIL.Image.Image) -> Callable[[], None]:
            array = np.asarray(resized(image, self.image_size))
            return lambda: pixels.append(array)

        surveyed = survey(listing, visit)
        self._check(listing, surveyed)
        is_sound = np.asarray([record.is_sound for record in surveyed.records])
        labels = np.concatenate([part.labels for part in listing.parts.values()])[is_sound]
        whole, parts, start = Part(np.stack(pixels), labels), {}, 0
        for name, count in surveyed.counts(listing).items():
            parts[name] = whole.take(np.arange(start, start + count))
            start += count
        return replace(self._divided(listing, parts, seed), fingerprint=surveyed.fingerprint)

    def outline(self, seed: int) -> Outline:
        """See `Dataset.outline`. Files are listed and one is read: others that are damaged or differ are not seen."""
        listing = self.listing()
        self._check_damage(listing, listing.damage)
        parts = {name: part_without_pixels(part.labels) for name, part in listing.parts.items()}
        shape = (0, 0, 3)
        if self.image_size is None:
            shape = (*self._first_size(listing), 3)
        return self.outline_of(self._divided(listing, parts, seed), shape, seed)

    def _divided(self, listing: Listing, parts: Mapping[str, Part], seed: int) -> Images:
        """The data set of the listing's parts, a share of the training part set apart for the test if it has none."""
        train, test = parts["train"], parts.get("test")
        if not listing.is_divided:
            train, test = split(train, self.test, seed, "the test")
        return Images(listing.classes, train, test, parts.get("validation"))

    def _first_size(self, listing: Listing) -> tuple[int, int]:
        file = listing.files[0]
        try:
            header = header_of(file)
        except UndecodableError as error:
            raise _undecodable(listing, [Finding(error.kind, file, error.detail)]) from error
        return header.height, header.width

    def _check(self, listing: Listing, surveyed: Survey) -> None:
        """Hold that what was read can be trained on.

        Raises:
            DataError: files are damaged and not to be skipped, or differ in size and are not resized.
        """
        self._check_damage(listing, [*listing.damage, *surveyed.damage])
        sizes = surveyed.sizes
        if self.image_size is None and len(sizes) > 1:
            smallest, largest = min(sizes), max(sizes)
            raise DataError(
                f"{listing.root}: images have one size, or data.image_size gives them one. Received sizes from "
                f"{smallest[0]} x {smallest[1]} to {largest[0]} x {largest[1]}. Set data.image_size."
            )
        train = listing.parts["train"].labels[: len(listing.parts["train"].files)]
        kept = set(train[[record.is_sound for record in surveyed.records[: len(train)]]].tolist())
        for label, name in enumerate(listing.classes):
            if label not in kept:
                raise DataError(
                    f"{listing.root}: a class has at least one image that can be decoded. Received none of "
                    f"{name}:\n{named(surveyed.damage)}"
                )

    def _check_damage(self, listing: Listing, damage: Sequence[Finding]) -> None:
        if damage and self.damaged == "refuse":
            raise _undecodable(listing, damage)


def _undecodable(listing: Listing, damage: Sequence[Finding]) -> DataError:
    return DataError(
        f"{listing.root}: image files can be decoded. Received {len(damage)} that cannot; repair or remove "
        f"{'it' if len(damage) == 1 else 'them'}, or set data.damaged to skip:\n{named(damage)}"
    )
