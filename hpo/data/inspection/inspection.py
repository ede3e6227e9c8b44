"""What is in a data set: counts, sizes, channels, and what is wrong with it. Imports no engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo.data.dataset import Dataset
from hpo.data.files.brightness import brightest_value, dim_images
from hpo.data.files.duplicates import duplicates
from hpo.data.files.file_images import survey_of
from hpo.data.files.listing import Listing
from hpo.data.files.survey import Survey, survey
from hpo.data.pixels.decoding import Header
from hpo.data.pixels.findings import DAMAGE, Finding, Kind, below, endings_of
from hpo.data.pixels.images import Images
from hpo.data.pixels.reduction import Reduction
from hpo.data.sets.folder import Folder
from hpo.errors import DataError
from hpo.shown import readable

if TYPE_CHECKING:
    import PIL.Image

FEW_IMAGES = 10
"""A class with fewer images to train on is nearly empty."""
IMBALANCE = 10
"""Classes are told to be uneven where one has as many times the images of another."""
_BYTE_VALUES = 256
_RGB, _ANY_SIZE = 3, 32
_TWO_BYTES = 16


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to know of a data set.

    Attributes:
        told: what it is.
        remedy: what can be done; empty where nothing need be.
        items: which files, images or classes it concerns, each with what is special about it.
        noun: what one of them is.
        is_refusal: whether no run can use the data set as it is.
    """

    told: str
    remedy: str = ""
    items: tuple[str, ...] = ()
    noun: str = "file"
    is_refusal: bool = False


@dataclass(frozen=True, slots=True)
class Sizes:
    """Heights and widths in pixels: of the image with the fewest pixels, of the one in the middle, of the largest."""

    smallest: tuple[int, int]
    median: tuple[int, int]
    largest: tuple[int, int]
    different: int


@dataclass(frozen=True, slots=True)
class ChannelValues:
    """The values of a channel over all pixels, in 0..255."""

    channel: str
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Inspection:
    """A data set as it lies there.

    Attributes:
        classes: their names.
        parts: how many images of each class a part has.
        sizes: None where there is no sound image.
        modes: how many images there are of each kind of pixels, in Pillow's words.
        types: how many of each file type; empty for arrays.
        bytes: of all image files, or of the arrays.
        channels: of sound images; of the training part where a data set of arrays is divided.
        remarks: refusals first.
    """

    classes: tuple[str, ...]
    parts: Mapping[str, tuple[int, ...]]
    sizes: Sizes | None
    modes: Mapping[str, int]
    types: Mapping[str, int]
    bytes: int
    channels: tuple[ChannelValues, ...]
    remarks: tuple[Remark, ...]

    @property
    def is_refused(self) -> bool:
        """Whether no run can use the data set as it is."""
        return any(remark.is_refusal for remark in self.remarks)


def inspect_dataset(dataset: Dataset, seed: int = 0, *, may_resize: bool = False) -> Inspection:
    """Read all of a data set and say what is in it.

    Args:
        dataset: with its options.
        seed: of its splits.
        may_resize: whether images of several sizes are fine though no `image_size` is set yet.

    Raises:
        DataError: nothing can be said, not even which images there are.
    """
    if not isinstance(dataset, Folder):
        return _of_images(dataset.model_copy(update={"image_size": None}).load(seed), dataset)
    listing, tolerant = _tolerated(dataset)
    refusals = list(_refusals_of_outline(tolerant, seed))
    return _of_listing(listing, dataset, reduction_of(tolerant, listing, seed), refusals, may_resize=may_resize)


def tolerant_listing(dataset: Folder) -> Listing:
    """The files of a folder that is to be looked at, though a run would refuse it for empty classes.

    Raises:
        DataError: parts or classes cannot be told.
    """
    return _tolerated(dataset)[0]


def reduction_of(dataset: Folder, listing: Listing, seed: int) -> Reduction:
    """How the images of a listing become 8 bits; where the training part decides it, all of them are read."""
    if not dataset.reduction.is_open:
        return dataset.reduction
    surveyed = survey_of(listing, dataset.reduction)
    try:
        return dataset.resolved(listing, surveyed, seed)
    except (DataError, KeyError):  # what cannot be split is told as that
        return dataset.reduction.resolve(*(surveyed.ends(range(len(surveyed.records))) or (0, 1)))


def _tolerated(dataset: Folder) -> tuple[Listing, Folder]:
    """The listing, and the data set with the options that give one."""
    try:
        return dataset.listing(), dataset
    except DataError:
        ignoring = dataset.model_copy(update={"empty_classes": "ignore"})
        return ignoring.listing(), ignoring


def _refusals_of_outline(dataset: Folder, seed: int) -> Iterator[Remark]:
    """Why the data set cannot be split, whatever size images have and however many are damaged."""
    size = dataset.image_size or _ANY_SIZE
    try:
        dataset.model_copy(update={"image_size": size, "damaged": "skip"}).outline(seed)
    except DataError as error:
        yield Remark(" ".join(str(error).split()), is_refusal=True)


def _of_listing(
    listing: Listing, dataset: Folder, reduction: Reduction, refusals: Sequence[Remark], *, may_resize: bool
) -> Inspection:
    histogram = np.zeros((_RGB, _BYTE_VALUES), np.int64)

    def visit(image: PIL.Image.Image) -> Callable[[], None]:
        counts = np.asarray(image.histogram()).reshape(-1, _BYTE_VALUES)

        def add() -> None:
            histogram[: len(counts)] += counts

        return add

    surveyed = survey(listing, reduction, visit)
    headers = [(file, r.header) for file, r in zip(listing.files, surveyed.records, strict=True) if r.header]
    sizes = np.asarray([record.size for record in surveyed.records if record.is_sound]).reshape(-1, 2)
    are_grey = all(record.is_grey for record in surveyed.records if record.is_sound)
    remarks = [
        *refusals,
        *_remarks_of_files(listing, surveyed, dataset, reduction),
        *_remarks_of_headers(listing, headers, reduction),
        *_remarks_of_sizes(sizes, dataset, may_resize=may_resize),
    ]
    sound = iter([record.is_sound for record in surveyed.records])
    parts = {
        name: _counted([label for label in part.labels.tolist() if next(sound)], len(listing.classes))
        for name, part in listing.parts.items()
    }
    return Inspection(
        listing.classes,
        parts,
        _sizes(sizes),
        dict(Counter(header.mode for _, header in headers).most_common()),
        dict(Counter(header.format for _, header in headers).most_common()),
        sum(file.stat().st_size for file in listing.files),
        _values(histogram[:1] if are_grey else histogram) if len(sizes) else (),
        _sorted([*remarks, *_remarks_of_counts(listing.classes, parts)]),
    )


_SKIP = "or set data.damaged to skip."
_TOLD: Mapping[Kind, tuple[str, str, str]] = {
    "damaged": ("cannot be decoded", "file", f"Repair or remove them, {_SKIP}"),
    "too large": (
        "as large as a decompression bomb",
        "file",
        f"Make them smaller, remove them, {_SKIP}",
    ),
    "unreadable": (
        "cannot be read from the disk",
        "file",
        f"Give yourself the right to read them, {_SKIP}",
    ),
    "missing": (
        "listed and not there",
        "file",
        f"Put them there, take them out of the table, {_SKIP}",
    ),
    "broken link": ("leads to no file", "link", f"Repair or remove them, {_SKIP}"),
    "empty class": ("without images", "class", "Add images, remove them, or set data.empty_classes to ignore."),
    "only folders": (
        "without an image of its own, only folders with images",
        "class",
        "If those are the classes, name the folder one level lower.",
    ),
    "outside a class": ("in no class, and passed over", "file", "Move them into a class folder."),
    "linked folder": ("a link to a folder, not followed", "link", "Put the folders themselves there."),
    "not an image": ("no image by its ending, and passed over", "file", "Rename them if they are images."),
    "hidden": ("hidden, or litter of an operating system, and passed over", "file", ""),
    "several frames": ("several frames or pages, of which the first is read", "file", ""),
    "duplicate": (
        "the same pixels as another",
        "image",
        "Remove copies: a test image that was trained on makes the score too good.",
    ),
    "nearly black": ("nearly black", "image", ""),
    "one colour": ("one colour alone", "image", "Remove them if nothing is to be seen."),
}
_DETAILED: frozenset[Kind] = DAMAGE | {"linked folder", "duplicate", "only folders", "nearly black", "one colour"}
"""Where files of a kind differ in more than their name."""


def _remarks_of_files(listing: Listing, surveyed: Survey, dataset: Folder, reduction: Reduction) -> Iterator[Remark]:
    found: dict[Kind, list[Finding]] = {}
    dim = dim_images(listing, surveyed, reduction)
    for finding in [*listing.findings, *surveyed.findings, *duplicates(listing, surveyed), *dim]:
        found.setdefault(finding.kind, []).append(finding)
    for kind, findings in found.items():
        told, noun, remedy = _TOLD.get(kind, (kind, "file", ""))
        if kind == "not an image":
            told += f" ({endings_of(findings)})"
        elif kind == "nearly black":
            value, helps = brightest_value(surveyed, reduction)
            told, remedy = f"{told}: {value}", f"{helps[:1].upper()}{helps[1:]}." if helps else ""
        names = [below(finding.path, listing.folder) for finding in findings]
        details = [f": {readable(finding.detail.replace(f'{listing.folder}/', ''))}" for finding in findings]
        items = names if kind not in _DETAILED else map("".join, zip(names, details, strict=True))
        refuses = dataset.damaged if kind in DAMAGE else dataset.empty_classes if kind == "empty class" else "ignore"
        is_left_out = refuses in ("skip", "ignore") and (kind in DAMAGE or kind == "empty class")
        yield Remark(told, "They are left out." if is_left_out else remedy, tuple(items), noun, refuses == "refuse")


def _remarks_of_headers(
    listing: Listing, headers: Sequence[tuple[Path, Header]], reduction: Reduction
) -> Iterator[Remark]:
    are_16_bits = all(header.bits == _TWO_BYTES for _, header in headers if header.is_deep)
    depth = "16 bits" if are_16_bits else "more than 8 bits"
    is_dropped = reduction.background is None
    transparency = "transparency, which is dropped" if is_dropped else f"transparency, laid on {reduction.background}"
    fill = "Set data.transparency to white or black where people see such images on it." if is_dropped else ""
    for told, remedy, files in (
        (f"{depth}, {_bits_text(reduction)}", "", [f for f, h in headers if h.is_deep]),
        (
            "colours of 16 bits, of which the 8 high ones are kept",
            "",
            [f for f, h in headers if not h.is_deep and h.bits == _TWO_BYTES],
        ),
        ("turned upright by the EXIF orientation", "", [f for f, h in headers if h.is_turned]),
        (transparency, fill, [f for f, h in headers if h.is_transparent]),
    ):
        if files:
            yield Remark(told, remedy, tuple(below(file, listing.folder) for file in files))


def _bits_text(reduction: Reduction) -> str:
    if isinstance(reduction.ends, tuple):
        return f"of which {reduction.ends[0]:,.6g} becomes 0 and {reduction.ends[1]:,.6g} becomes 255"
    if reduction.bits is not None:
        return f"which are taken for {reduction.bits}, and of which the 8 high ones are kept"
    return "of which the 8 high ones are kept"


def _remarks_of_sizes(sizes: NDArray[np.int_], dataset: Dataset, *, may_resize: bool) -> Iterator[Remark]:
    different = len(np.unique(sizes, axis=0))
    if different > 1 and dataset.image_size is None:
        yield Remark(f"images have {different:,} different sizes", "Set data.image_size.", is_refusal=not may_resize)


def _remarks_of_counts(classes: Sequence[str], parts: Mapping[str, tuple[int, ...]]) -> Iterator[Remark]:
    counts = parts["train"]
    few = [(count, name) for count, name in zip(counts, classes, strict=True) if count < FEW_IMAGES]
    if few:
        told = f"fewer than {FEW_IMAGES} images to train on"
        items = tuple(f"{name}: {count}" for count, name in sorted(few))
        yield Remark(told, "Add images, or leave such classes out.", items, "class")
    if min(counts) and max(counts) >= IMBALANCE * min(counts):
        least, most = int(np.argmin(counts)), int(np.argmax(counts))
        times = f"{counts[most] / counts[least]:.0f}"
        yield Remark(
            f"classes are uneven: {classes[most]} has {times} times the images of {classes[least]}",
            "Accuracy says little of the small ones then; weigh classes, or add images.",
        )
    for name, of_part in parts.items():
        missing = [known for known, count in zip(classes, of_part, strict=True) if not count]
        if missing and name != "train":
            yield Remark(f"without images in {name}", "", tuple(missing), "class")


def _of_images(images: Images, dataset: Dataset) -> Inspection:
    parts = {name: _counted(part.labels.tolist(), len(images.classes)) for name, part in images.parts().items()}
    height, width, channels = images.train.shape
    histogram = np.zeros((channels, _BYTE_VALUES), np.int64)
    for chunk in images.train.chunks():
        for channel in range(channels):
            histogram[channel] += np.bincount(chunk[..., channel].ravel(), minlength=_BYTE_VALUES)
    count = sum(map(len, images.parts().values()))
    remarks = [*_remarks_of_counts(images.classes, parts), *_remarks_of_copies(images)]
    return Inspection(
        images.classes,
        parts,
        Sizes((height, width), (height, width), (height, width), 1),
        {"L" if channels == 1 else "RGB": count},
        {},
        count * height * width * channels,
        _values(histogram),
        _sorted(remarks),
    )


def _remarks_of_copies(images: Images) -> Iterator[Remark]:
    """Images with equal pixels, of the same data set: across parts, and within one."""
    first: dict[bytes, tuple[str, int]] = {}
    across: list[str] = []
    within: list[str] = []
    for name, part in reversed(images.parts().items()):  # the training part last, so that its copies are told
        identities = part.identified(name).identities
        assert identities is not None  # noqa: S101 - they were asked for
        for number, digest in enumerate(identities.digests.tolist()):
            its_part, its_number = first.setdefault(digest, (name, number))
            if its_part != name:
                across.append(f"image {number} of {name}: image {its_number} of {its_part}")
            elif its_number != number:
                within.append(f"image {number} of {name}: image {its_number}")
    told, noun, remedy = _TOLD["duplicate"]
    if across:
        yield Remark(f"{told}, of another part", remedy, tuple(across), noun)
    if within:
        yield Remark(f"{told}, of the same part", "", tuple(within), noun)


def _counted(labels: Sequence[int], classes: int) -> tuple[int, ...]:
    return tuple(np.bincount(np.asarray(labels, np.int64), minlength=classes).tolist())


def _sizes(sizes: NDArray[np.int_]) -> Sizes | None:
    if not len(sizes):
        return None
    ordered = sizes[np.argsort(sizes.prod(axis=1), kind="stable")].tolist()
    smallest, median, largest = (tuple(ordered[place]) for place in (0, len(ordered) // 2, -1))
    return Sizes(smallest, median, largest, len(np.unique(sizes, axis=0)))


def _values(histogram: NDArray[np.int64]) -> tuple[ChannelValues, ...]:
    names = ("red", "green", "blue") if len(histogram) == _RGB else ("grey",)
    values = np.arange(_BYTE_VALUES)
    means = histogram @ values / histogram.sum(axis=1)
    deviations = np.sqrt((histogram * (values - means[:, None]) ** 2).sum(axis=1) / histogram.sum(axis=1))
    return tuple(ChannelValues(*each) for each in zip(names, means.tolist(), deviations.tolist(), strict=True))


def _sorted(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    return tuple(sorted(remarks, key=lambda remark: not remark.is_refusal))
