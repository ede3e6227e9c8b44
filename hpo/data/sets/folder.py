"""`folder`: your own images, in one folder a class or listed in a table."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Strict

from hpo.data.files.doubtful import describe_brightness, find_dim_images, find_duplicates, mark_first_copies
from hpo.data.files.file_images import find_survey, load_survey, read_files
from hpo.data.files.listing import Listing, list_folder
from hpo.data.files.relabelling import explain_unusable, relabel
from hpo.data.files.survey import Survey
from hpo.data.files.table import list_table
from hpo.data.parts.splitting import divide
from hpo.data.pixels.decoding import UndecodableError, read_header
from hpo.data.pixels.findings import Finding, count_endings, list_findings, summarize_findings
from hpo.data.pixels.images import Identities, Images, Part, make_blank_part
from hpo.data.pixels.reduction import Reduction
from hpo.data.pixels.resizing import Channels, Resizing
from hpo.data.sets.depth import DecodedDataset
from hpo.data.trial_data import Outline
from hpo.errors import DataError
from hpo.spaces.sections.options import PathRule
from hpo.spaces.sections.section import Share


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
    relabel: Annotated[Path, Strict(False), PathRule(explain_unusable)] | None = None
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
        """List the files and classes that there are, and what is passed over; no file is read.

        Raises:
            hpo.errors.DataError: parts or classes cannot be recognized.
        """
        listing = list_table(self.path) if self.path.is_file() else list_folder(self.path, self.empty_classes)
        return listing if self.relabel is None else relabel(listing, self.relabel)

    def load(self, seed: int) -> Images:
        """Read the data set; see `Dataset.load`."""

        def check(survey: Survey) -> Reduction:
            self._check(survey)
            return self.resolve_reduction(survey, seed)

        files = read_files(self.listing(), self.resizing, self.cache, self.reduction, check)
        survey, listing = files.survey, files.survey.listing
        rows, labels = np.cumsum(survey.is_sound) - 1, listing.labels
        digests = np.array([record.digest for record in survey.records], dtype=np.bytes_)
        identities = Identities(np.array(listing.names, dtype=object), digests)
        parts = {
            name: Part(files.source, labels[own], rows[own], identities.take(own))
            for name, own in listing.rows(self._stays(survey)).items()
        }
        fingerprint = survey.fingerprint
        if self.relabel is not None:
            content = f"{fingerprint}{listing.classes}{labels[survey.is_sound].tolist()}"
            fingerprint = hashlib.sha256(content.encode()).hexdigest()
        return replace(
            self._divide(listing, parts, seed),
            fingerprint=files.reduction.extend_fingerprint(fingerprint),
            notes=tuple(self._notes(survey, files.reduction)),
            reduction=files.reduction.plain(),
            depth=survey.depth(files.reduction),
        )

    def resolve_reduction(self, survey: Survey, seed: int) -> Reduction:
        """Say how images become 8 bits, the range taken from the training part where `range` is `auto`."""
        if not self.reduction.is_open:
            return self.reduction
        stays = self._stays(survey)
        trained = self._divide(survey.listing, self._blank_parts(survey.listing, stays), seed).train.rows
        ends = survey.ends(survey.listing.rows(stays)["train"][trained].tolist())
        return replace(self.reduction, ends=None) if ends is None else self.reduction.resolve(*ends)

    def outline(self, seed: int) -> Outline:
        """See `Dataset.outline`.

        Where nobody has read the files yet, they are listed, one is read where the images' size is needed, and more
        where it has to be known whether all are grey: others that are damaged or differ in size are not seen.
        """
        listing = self.listing()
        survey = find_survey(listing, self.reduction)
        if survey is None and self._begins_badly(listing):
            survey = load_survey(listing, self.reduction)  # so that all that is to be refused is named at once
        stays = np.ones(len(listing.files), bool)
        if survey is not None:
            self._check(survey)
            stays = self._stays(survey)
        images = self._divide(listing, self._blank_parts(listing, stays), seed)
        return self.outline_of(images, self._image_shape(listing, survey), seed)

    @property
    def resizing(self) -> Resizing:
        """See `Dataset.resizing`; files are read as RGB where nothing else is asked for."""
        return Resizing(self.image_size, self.resize, self.color)

    def grey_to_rgb(self, channels: int) -> bool:
        """See `Dataset.grey_to_rgb`; files are read as RGB to begin with."""
        return False

    def _divide(self, listing: Listing, parts: Mapping[str, Part], seed: int) -> Images:
        return divide(listing.classes, parts, self.test, seed, is_divided=listing.is_divided)

    def _blank_parts(self, listing: Listing, stays: NDArray[np.bool_]) -> dict[str, Part]:
        return {name: make_blank_part(listing.labels[rows]) for name, rows in listing.rows(stays).items()}

    def _stays(self, survey: Survey) -> NDArray[np.bool_]:
        """Say which files are in the data set."""
        return mark_first_copies(survey) if self.duplicates == "drop" else survey.is_sound

    def _begins_badly(self, listing: Listing) -> bool:
        """Say whether damage is seen before all files are read."""
        if self.image_size is None:
            try:
                read_header(listing.files[0])
            except UndecodableError:
                return True
        return self.damaged == "refuse" and bool(listing.damage)

    def _image_shape(self, listing: Listing, survey: Survey | None) -> tuple[int, int, int]:
        """Height, width and channels of images as they are read, before they are resized."""
        if survey is not None:
            size, is_grey = survey.headers[0].size, survey.is_grey
        else:
            size = read_header(listing.files[0]).size if self.image_size is None else (0, 0)
            is_grey = self.color == "as_is" and all(map(_may_be_grey, listing.files))
        return (*size, 1 if is_grey else 3)

    def _check(self, survey: Survey) -> None:
        """Hold that what was read can be trained on.

        Raises:
            DataError: files are damaged and not to be skipped, differ in size and are not resized, or are there twice
                and must not be.
        """
        listing, damage = survey.listing, survey.damage
        if damage and self.damaged == "refuse":
            raise DataError(
                f"{listing.root}: image files can be decoded. Received {len(damage)} that cannot; repair or remove "
                f"{'it' if len(damage) == 1 else 'them'}, or set data.damaged to skip:\n{list_findings(damage)}"
            )
        self.require_one_size(listing.root, {header.size for header in survey.headers})
        stays = self._stays(survey)
        trained = len(listing.parts["train"].files)
        left = set(listing.labels[:trained][stays[:trained]].tolist())
        for name in (name for label, name in enumerate(listing.classes) if label not in left):
            raise DataError(
                f"{listing.root}: a class has at least one image to train on. Received none of {name} once damaged "
                f"files{' and duplicates' if self.duplicates == 'drop' else ''} are left out. Add images, or remove it."
            )
        copies = find_duplicates(survey) if self.duplicates == "refuse" else ()
        if copies:
            raise DataError(
                f"{listing.root}: each image is there once. Received {len(copies)} more than once; remove them, or set "
                f"data.duplicates to drop or keep:\n{list_findings(copies)}"
            )

    def _notes(self, survey: Survey, reduction: Reduction) -> Iterator[str]:
        by_kind: dict[str, list[Finding]] = defaultdict(list)
        dim = find_dim_images(survey, reduction)
        for finding in (*survey.listing.findings, *find_duplicates(survey), *dim):
            by_kind[finding.kind].append(finding)
        by_kind["damage"] = list(survey.damage)
        texts = dict(_WORTH_A_NOTE)
        if self.duplicates == "drop":
            texts["duplicate"] = "copies of other images are left out"
        for kind, text in texts.items():
            if by_kind[kind]:
                value = ""
                if kind == "nearly black":
                    brightness, remedy = describe_brightness(survey, reduction)
                    value = f": {brightness}{f' ({remedy})' if remedy else ''}"
                files = summarize_findings(by_kind[kind], survey.listing.folder)
                yield f"{text}, {len(by_kind[kind]):,} in all{value}: {files}"
        unmet = "" if self.range is None and self.bits is None else _describe_unmet(survey, self.reduction)
        if unmet:
            yield unmet
        others = by_kind["not an image"]
        if others:
            yield f"files whose ending is of no image are passed over, {len(others):,} in all: {count_endings(others)}"


def _describe_unmet(survey: Survey, reduction: Reduction) -> str:
    """Describe what is odd about a range or a number of bits that is asked for; empty where nothing is."""
    ends = survey.ends()
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


_WORTH_A_NOTE = {
    "damage": "files that cannot be decoded are left out",
    "duplicate": "images are there more than once, so that trials may be compared on what they were trained on "
    "(data.duplicates: drop)",
    "outside a class": "images and folders that belong to no class are passed over",
    "linked folder": "links to folders are not followed",
    "empty class": "classes without images are left out",
    "only folders": "class folders hold only folders (if those are the classes, set data.path one level lower)",
    "nearly black": "images are nearly black",
    "one colour": "images are of one colour alone",
}
"""What is said of findings of a kind, in this order."""


def _may_be_grey(file: Path) -> bool:
    """Say whether a file says that it has one channel; a damaged one says nothing."""
    try:
        return read_header(file).is_grey
    except UndecodableError:
        return True
