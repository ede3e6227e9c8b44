"""`folder`: your own images, in one folder a class or listed in a table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Strict

from hpo.data.files.brightness import brightest_value, dim_images
from hpo.data.files.duplicates import duplicates, first_copies
from hpo.data.files.file_images import FileImages, read_listing, stored_survey, survey_of
from hpo.data.files.listing import Listing, list_folder
from hpo.data.files.relabelling import relabelled, why_unusable
from hpo.data.files.survey import Survey
from hpo.data.files.table import list_table
from hpo.data.parts.outline import Outline, part_without_pixels
from hpo.data.parts.splitting import split
from hpo.data.pixels.decoding import UndecodableError, header_of
from hpo.data.pixels.findings import Finding, Kind, endings_of, named, noted
from hpo.data.pixels.images import Identities, Images, Part, Rows
from hpo.data.pixels.reduction import Reduction
from hpo.data.pixels.resizing import Channels, Shaping
from hpo.data.sets.depth import DecodedDataset, with_reduction
from hpo.errors import DataError
from hpo.spaces.sections.section import PathRule, Share


class Folder(DecodedDataset):
    """Image files in one folder a class (`cat/1.jpg`, `dog/7.png`), or listed in a CSV table of files and labels.

    The folder holds either the class folders, of which a stratified share is set apart for the test, or `train`, and
    beside it `test` and `validation` (or `val`) if you have them, each with the class folders inside. Files are read
    as 8 bits a channel, upright by their EXIF orientation; of several frames or pages the first is taken.
    """

    dataset: Literal["folder"] = "folder"
    path: Annotated[Path, Strict(False), PathRule(lambda path: None)]
    """Where the images are: a folder; or a table, `labels.csv`, with a line `FILE,LABEL` or `FILE,LABEL,PART` for each
    image, files relative to the table, parts `train`, `validation` and `test`."""
    relabel: Annotated[Path, Strict(False), PathRule(why_unusable)] | None = None
    """A JSON or YAML file that maps every class folder to a class, so that some are one: `oak_tree: trees`."""
    test: Share = 0.2
    """The share that is set apart for the test where neither folders nor table say what is in it."""
    color: Channels = "rgb"
    """What files are read as: `rgb`, `grey`, or `as_is`: grey where all of them are, else `rgb`."""
    damaged: Literal["refuse", "skip"] = "refuse"
    """What happens with files that cannot be decoded: all of them are named, or they are left out."""
    empty_classes: Literal["refuse", "ignore"] = "refuse"
    """What happens with class folders without images: they are named, or there is no such class."""
    duplicates: Literal["keep", "drop", "refuse"] = "keep"
    """What happens with images of equal pixels: `keep` notes them; `drop` leaves each in one part alone, in the test
    rather than in the validation, in both rather than in the training; `refuse` names them."""

    def listing(self) -> Listing:
        """Which files and classes there are, and what is passed over; no file is read.

        Raises:
            hpo.errors.DataError: parts or classes cannot be told.
        """
        listing = list_table(self.path) if self.path.is_file() else list_folder(self.path, self.empty_classes)
        return listing if self.relabel is None else relabelled(listing, self.relabel)

    def load(self, seed: int) -> Images:
        """Read the data set; see `Dataset.load`."""
        listing = self.listing()
        shaping = Shaping(self.image_size, self.resize, self.color)

        def check(surveyed: Survey) -> Reduction:
            self._check(listing, surveyed)
            return self.resolved(listing, surveyed, seed)

        read = read_listing(listing, shaping, self.cache, self.reduction, check)
        images = self._divided(listing, self._parts(listing, read), seed)
        fingerprint = read.surveyed.fingerprint
        if self.relabel is not None:
            told = f"{fingerprint}{listing.classes}{listing.labels[read.surveyed.is_sound].tolist()}"
            fingerprint = hashlib.sha256(told.encode()).hexdigest()
        return replace(
            images,
            fingerprint=with_reduction(fingerprint, read.reduction),
            notes=tuple(self._notes(listing, read.surveyed, read.reduction)),
            reduction=read.reduction.plain(),
            depth=read.surveyed.depth(read.reduction),
        )

    def resolved(self, listing: Listing, surveyed: Survey, seed: int) -> Reduction:
        """How images become 8 bits, the range taken from the training part where `range` is `auto`."""
        if not self.reduction.is_open:
            return self.reduction
        taken = _rows_of_parts(listing, self._stays(listing, surveyed))
        parts = {name: part_without_pixels(listing.labels[rows]) for name, rows in taken.items()}
        train = taken["train"][self._divided(listing, parts, seed).train.rows]
        ends = surveyed.ends(train.tolist())
        return replace(self.reduction, ends=None) if ends is None else self.reduction.resolve(*ends)

    def outline(self, seed: int) -> Outline:
        """See `Dataset.outline`.

        Where nobody has read the files yet, they are listed, one is read where the images' size is needed, and more
        where it has to be known whether all are grey: others that are damaged or differ in size are not seen.
        """
        listing = self.listing()
        surveyed = stored_survey(listing, self.reduction)
        if surveyed is None and self._begins_badly(listing):
            surveyed = survey_of(listing, self.reduction)  # so that all that is to be refused is named at once
        stays = np.ones(len(listing.files), bool)
        if surveyed is not None:
            self._check(listing, surveyed)
            stays = self._stays(listing, surveyed)
        labels = listing.labels
        parts = {name: part_without_pixels(labels[rows]) for name, rows in _rows_of_parts(listing, stays).items()}
        return self.outline_of(self._divided(listing, parts, seed), self._image_shape(listing, surveyed), seed)

    def grey_to_rgb(self, channels: int) -> bool:
        """See `Dataset.grey_to_rgb`; files are read as RGB to begin with."""
        return False

    def _divided(self, listing: Listing, parts: Mapping[str, Part], seed: int) -> Images:
        """The data set of the listing's parts, a share of the training part set apart for the test if it has none."""
        train, test = parts["train"], parts.get("test")
        if not listing.is_divided:
            train, test = split(train, self.test, seed, "test", listing.classes)
        return Images(listing.classes, train, test, parts.get("validation"))

    def _parts(self, listing: Listing, read: FileImages) -> dict[str, Part]:
        surveyed = read.surveyed
        rows, labels = np.cumsum(surveyed.is_sound) - 1, listing.labels
        digests = np.array([record.digest for record in surveyed.records], dtype=np.bytes_)
        identities = Identities(np.array(listing.names, dtype=object), digests)
        found = _rows_of_parts(listing, self._stays(listing, surveyed))
        return {
            name: Part(read.source, labels[taken], rows[taken], identities.take(taken)) for name, taken in found.items()
        }

    def _stays(self, listing: Listing, surveyed: Survey) -> NDArray[np.bool_]:
        """Which files are in the data set."""
        return first_copies(listing, surveyed) if self.duplicates == "drop" else surveyed.is_sound

    def _begins_badly(self, listing: Listing) -> bool:
        """Whether damage is seen before all files are read."""
        if self.image_size is None:
            try:
                header_of(listing.files[0])
            except UndecodableError:
                return True
        return self.damaged == "refuse" and bool(listing.damage)

    def _image_shape(self, listing: Listing, surveyed: Survey | None) -> tuple[int, int, int]:
        """Height, width and channels of images as they are read, before they are resized."""
        if surveyed is not None:
            sound = [record for record in surveyed.records if record.is_sound]
            (height, width), is_grey = sound[0].size, all(record.is_grey for record in sound)
        else:
            first = header_of(listing.files[0]) if self.image_size is None else None
            height, width = (first.height, first.width) if first else (0, 0)
            is_grey = self.color == "as_is" and _say_they_are_grey(listing.files)
        return Shaping(None, channels=self.color).shape_of(height, width, 1 if is_grey else 3)

    def _check(self, listing: Listing, surveyed: Survey) -> None:
        """Hold that what was read can be trained on.

        Raises:
            DataError: files are damaged and not to be skipped, differ in size and are not resized, or are there twice
                and must not be.
        """
        damage = [*listing.damage, *surveyed.damage]
        if damage and self.damaged == "refuse":
            raise DataError(
                f"{listing.root}: image files can be decoded. Received {len(damage)} that cannot; repair or remove "
                f"{'it' if len(damage) == 1 else 'them'}, or set data.damaged to skip:\n{named(damage)}"
            )
        sizes = surveyed.sizes
        if self.image_size is None and len(sizes) > 1:
            smallest, largest = min(sizes), max(sizes)
            raise DataError(
                f"{listing.root}: images have one size, or data.image_size gives them one. Received sizes from "
                f"{smallest[0]} x {smallest[1]} to {largest[0]} x {largest[1]}. Set data.image_size."
            )
        stays = self._stays(listing, surveyed)
        trained = len(listing.parts["train"].files)
        kept = set(listing.labels[:trained][stays[:trained]].tolist())
        for name in (name for label, name in enumerate(listing.classes) if label not in kept):
            raise DataError(
                f"{listing.root}: a class has at least one image to train on. Received none of {name} once damaged "
                f"files{' and duplicates' if self.duplicates == 'drop' else ''} are left out. Add images, or remove it."
            )
        twice = duplicates(listing, surveyed) if self.duplicates == "refuse" else ()
        if twice:
            raise DataError(
                f"{listing.root}: each image is there once. Received {len(twice)} more than once; remove them, or set "
                f"data.duplicates to drop or keep:\n{named(twice)}"
            )

    def _notes(self, listing: Listing, surveyed: Survey, reduction: Reduction) -> Iterator[str]:
        root = listing.folder
        damage = [*listing.damage, *surveyed.damage]
        if damage:
            yield f"files that cannot be decoded are left out, {len(damage):,} in all: {noted(damage, root)}"
        twice = duplicates(listing, surveyed)
        if twice:
            told = (
                "copies of other images are left out"
                if self.duplicates == "drop"
                else "images are there more than once, so that trials may be compared on what they were trained on "
                "(data.duplicates: drop)"
            )
            yield f"{told}, {len(twice):,} in all: {noted(twice, root)}"
        for kind, told in _WORTH_A_NOTE.items():
            found = [finding for finding in listing.findings if finding.kind == kind]
            if found:
                yield f"{told}, {len(found):,} in all: {noted(found, root)}"
        yield from self._notes_on_values(listing, surveyed, reduction)
        others = [finding for finding in listing.findings if finding.kind == "not an image"]
        if others:
            yield f"files whose ending is of no image are passed over, {len(others):,} in all: {endings_of(others)}"

    def _notes_on_values(self, listing: Listing, surveyed: Survey, reduction: Reduction) -> Iterator[str]:
        found: dict[Kind, list[Finding]] = {"nearly black": [], "one colour": []}
        for finding in dim_images(listing, surveyed, reduction):
            found[finding.kind].append(finding)
        black, uniform = found["nearly black"], found["one colour"]
        if black:
            value, remedy = brightest_value(surveyed, reduction)
            told = f"images are nearly black, {len(black):,} in all: {value}{f' ({remedy})' if remedy else ''}"
            yield f"{told}: {noted(black, listing.folder)}"
        if uniform:
            yield f"images are of one colour alone, {len(uniform):,} in all: {noted(uniform, listing.folder)}"
        if self.range is not None or self.bits is not None:
            told = _unmet(surveyed, self.reduction)
            if told:
                yield told


def _unmet(surveyed: Survey, reduction: Reduction) -> str:
    """What is odd about a range or a number of bits that is asked for; empty where nothing is."""
    ends = surveyed.ends(range(len(surveyed.records)))
    if ends is None:
        return "data.range and data.bits change nothing: no image is grey and has more than 8 bits"
    if reduction.bits is not None and ends[1] >= 2**reduction.bits:
        return (
            f"values are cut at {2**reduction.bits - 1:,} (data.bits: {reduction.bits}): the highest is {ends[1]:,.6g}"
        )
    if isinstance(reduction.ends, tuple) and (ends[0] < reduction.ends[0] or ends[1] > reduction.ends[1]):
        low, high = reduction.ends
        return f"values outside data.range, {low:g} to {high:g}, are cut: they go from {ends[0]:,.6g} to {ends[1]:,.6g}"
    return ""


_WORTH_A_NOTE: Mapping[Kind, str] = {
    "outside a class": "images and folders that belong to no class are passed over",
    "linked folder": "links to folders are not followed",
    "empty class": "classes without images are left out",
    "only folders": "class folders hold only folders (if those are the classes, set data.path one level lower)",
}


def _rows_of_parts(listing: Listing, stays: NDArray[np.bool_]) -> dict[str, Rows]:
    """The indices of those files of each part that stay, in the order of the listing; parts without any are none."""
    found, start = {}, 0
    for name, part in listing.parts.items():
        rows = np.flatnonzero(stays[start : start + len(part.files)]) + start
        start += len(part.files)
        if len(rows):
            found[name] = rows
    return found


def _say_they_are_grey(files: Sequence[Path]) -> bool:
    """Whether every file says that it has one channel; damaged ones say nothing."""
    for file in files:
        with suppress(UndecodableError):
            if not header_of(file).is_grey:
                return False
    return True
