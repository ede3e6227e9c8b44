"""What is in a data set: counts, sizes, channels, and what is wrong with it. Imports no engine."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from hpo.data.dataset import Dataset
from hpo.data.files.doubtful import describe_brightness, find_dim_images, find_duplicates
from hpo.data.files.file_images import load_survey
from hpo.data.files.listing import Listing
from hpo.data.files.survey import Survey, survey_files
from hpo.data.pixels.decoding import Header
from hpo.data.pixels.findings import DAMAGE, Finding, Kind, count_endings, relative_name
from hpo.data.pixels.images import ChannelStatistics, Images, compute_channel_statistics, compute_statistics
from hpo.data.pixels.reduction import Reduction
from hpo.data.sets.folder import Folder
from hpo.errors import DataError
from hpo.shown import readable

if TYPE_CHECKING:
    import PIL.Image

FEW_IMAGES = 10
"""A class with fewer images to train on is nearly empty."""
IMBALANCE = 10
"""Classes are called uneven where one has as many times the images of another."""
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
        return _inspect_images(dataset.model_copy(update={"image_size": None}).load(seed))
    listing, tolerant = tolerate_empty_classes(dataset)
    refusals = list(_find_refusals(tolerant, seed))
    return _inspect_files(listing, dataset, choose_reduction(tolerant, listing, seed), refusals, may_resize=may_resize)


def choose_reduction(dataset: Folder, listing: Listing, seed: int) -> Reduction:
    """Choose how the images of a listing become 8 bits; where the training part decides it, all of them are read."""
    if not dataset.reduction.is_open:
        return dataset.reduction
    survey = load_survey(listing, dataset.reduction)
    try:
        return dataset.resolve_reduction(survey, seed)
    except (DataError, KeyError):  # what cannot be split is a refusal of its own
        return dataset.reduction.resolve(*(survey.ends() or (0, 1)))


def tolerate_empty_classes(dataset: Folder) -> tuple[Listing, Folder]:
    """List a folder that is to be looked at, though a run would refuse it; and give the options that list it.

    Raises:
        DataError: parts or classes cannot be recognized.
    """
    try:
        return dataset.listing(), dataset
    except DataError:
        ignoring = dataset.model_copy(update={"empty_classes": "ignore"})
        return ignoring.listing(), ignoring


def _find_refusals(dataset: Folder, seed: int) -> Iterator[Remark]:
    """Find why the data set cannot be split, whatever size images have and however many are damaged."""
    size = dataset.image_size or _ANY_SIZE
    try:
        dataset.model_copy(update={"image_size": size, "damaged": "skip"}).outline(seed)
    except DataError as error:
        yield Remark(" ".join(str(error).split()), is_refusal=True)


def _inspect_files(
    listing: Listing, dataset: Folder, reduction: Reduction, refusals: Sequence[Remark], *, may_resize: bool
) -> Inspection:
    histogram = np.zeros((_RGB, _BYTE_VALUES), np.int64)

    def visit(image: PIL.Image.Image) -> Callable[[], None]:
        counts = np.asarray(image.histogram()).reshape(-1, _BYTE_VALUES)

        def add() -> None:
            histogram[: len(counts)] += counts

        return add

    survey = survey_files(listing, reduction, visit)
    headers = survey.headers
    summary = _summarize_sizes([header.size for header in headers])
    sound = listing.rows(survey.is_sound)
    parts = {
        name: _count_classes(listing.labels[sound[name]] if name in sound else [], listing.classes)
        for name in listing.parts
    }
    remarks = [
        *refusals,
        *_remark_on_files(survey, dataset, reduction),
        *_remark_on_headers(survey, reduction),
        *_remark_on_sizes(summary, dataset, may_resize=may_resize),
        *_remark_on_counts(listing.classes, parts),
    ]
    return Inspection(
        listing.classes,
        parts,
        summary,
        dict(Counter(header.mode for header in headers).most_common()),
        dict(Counter(header.format for header in headers).most_common()),
        sum(file.stat().st_size for file in listing.files),
        _describe_channels(compute_statistics(histogram[:1] if survey.is_grey else histogram)) if headers else (),
        _put_refusals_first(remarks),
    )


_SKIP = "or set data.damaged to skip."
_TEXTS: Mapping[Kind, tuple[str, str, str]] = {
    "damaged": ("cannot be decoded", "file", f"Repair or remove them, {_SKIP}"),
    "too large": ("as large as a decompression bomb", "file", f"Make them smaller, remove them, {_SKIP}"),
    "unreadable": ("cannot be read from the disk", "file", f"Give yourself the right to read them, {_SKIP}"),
    "missing": ("listed and not there", "file", f"Put them there, take them out of the table, {_SKIP}"),
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


def _remark_on_files(survey: Survey, dataset: Folder, reduction: Reduction) -> Iterator[Remark]:
    by_kind: dict[Kind, list[Finding]] = {}
    listing, dim = survey.listing, find_dim_images(survey, reduction)
    for finding in [*listing.findings, *survey.findings, *find_duplicates(survey), *dim]:
        by_kind.setdefault(finding.kind, []).append(finding)
    for kind, findings in by_kind.items():
        text, noun, remedy = _TEXTS[kind]
        if kind == "not an image":
            text += f" ({count_endings(findings)})"
        elif kind == "nearly black":
            value, helps = describe_brightness(survey, reduction)
            text, remedy = f"{text}: {value}", f"{helps[:1].upper()}{helps[1:]}." if helps else ""
        items = [relative_name(finding.path, listing.folder) for finding in findings]
        if kind in _DETAILED:
            details = [readable(finding.detail.replace(f"{listing.folder}/", "")) for finding in findings]
            items = [f"{name}: {detail}" for name, detail in zip(items, details, strict=True)]
        refuses = dataset.damaged if kind in DAMAGE else dataset.empty_classes if kind == "empty class" else "ignore"
        is_left_out = refuses in ("skip", "ignore") and (kind in DAMAGE or kind == "empty class")
        yield Remark(text, "They are left out." if is_left_out else remedy, tuple(items), noun, refuses == "refuse")


def _remark_on_headers(survey: Survey, reduction: Reduction) -> Iterator[Remark]:
    are_16_bits = all(header.bits == _TWO_BYTES for header in survey.headers if header.is_deep)
    depth = "16 bits" if are_16_bits else "more than 8 bits"
    is_dropped = reduction.background is None
    transparency = "transparency, which is dropped" if is_dropped else f"transparency, laid on {reduction.background}"
    fill = "Set data.transparency to white or black where people see such images on it." if is_dropped else ""
    tests: tuple[tuple[str, str, Callable[[Header], bool]], ...] = (
        (f"{depth}, {_describe_bits(reduction)}", "", lambda header: header.is_deep),
        (
            "colours of 16 bits, of which the 8 high ones are kept",
            "",
            lambda header: not header.is_deep and header.bits == _TWO_BYTES,
        ),
        ("turned upright by the EXIF orientation", "", lambda header: header.is_turned),
        (transparency, fill, lambda header: header.is_transparent),
    )
    files = list(compress(survey.listing.files, survey.is_sound))
    for text, remedy, applies in tests:
        matches = compress(files, map(applies, survey.headers))
        items = tuple(relative_name(file, survey.listing.folder) for file in matches)
        if items:
            yield Remark(text, remedy, items)


def _describe_bits(reduction: Reduction) -> str:
    if isinstance(reduction.ends, tuple):
        return f"of which {reduction.ends[0]:,.6g} becomes 0 and {reduction.ends[1]:,.6g} becomes 255"
    if reduction.bits is not None:
        return f"which are taken for {reduction.bits}, and of which the 8 high ones are kept"
    return "of which the 8 high ones are kept"


def _remark_on_sizes(sizes: Sizes | None, dataset: Dataset, *, may_resize: bool) -> Iterator[Remark]:
    if sizes is not None and sizes.different > 1 and dataset.image_size is None:
        text = f"images have {sizes.different:,} different sizes"
        yield Remark(text, "Set data.image_size.", is_refusal=not may_resize)


def _remark_on_counts(classes: Sequence[str], parts: Mapping[str, tuple[int, ...]]) -> Iterator[Remark]:
    counts = parts["train"]
    few = sorted((count, name) for count, name in zip(counts, classes, strict=True) if count < FEW_IMAGES)
    if few:
        items = tuple(f"{name}: {count}" for count, name in few)
        text = f"fewer than {FEW_IMAGES} images to train on"
        yield Remark(text, "Add images, or leave such classes out.", items, "class")
    if min(counts) and max(counts) >= IMBALANCE * min(counts):
        least, most = int(np.argmin(counts)), int(np.argmax(counts))
        yield Remark(
            f"classes are uneven: {classes[most]} has {counts[most] / counts[least]:.0f} times the images of "
            f"{classes[least]}",
            "Accuracy says little of the small ones then; weigh classes, or add images.",
        )
    for name, of_part in parts.items():
        missing = tuple(of_class for of_class, count in zip(classes, of_part, strict=True) if not count)
        if missing and name != "train":
            yield Remark(f"without images in {name}", "", missing, "class")


def _inspect_images(images: Images) -> Inspection:
    parts = {name: _count_classes(part.labels, images.classes) for name, part in images.parts().items()}
    height, width, channels = images.train.shape
    count = sum(map(len, images.parts().values()))
    return Inspection(
        images.classes,
        parts,
        Sizes((height, width), (height, width), (height, width), 1),
        {"L" if channels == 1 else "RGB": count},
        {},
        count * height * width * channels,
        _describe_channels(compute_channel_statistics(images.train)),
        _put_refusals_first([*_remark_on_counts(images.classes, parts), *_remark_on_copies(images)]),
    )


def _remark_on_copies(images: Images) -> Iterator[Remark]:
    """Remark on images with equal pixels, of the same data set: across parts, and within one."""
    first: dict[bytes, tuple[str, int]] = {}
    across: list[str] = []
    within: list[str] = []
    for name, part in reversed(images.parts().items()):  # the training part last, so that its copies are named
        identities = part.with_identities(name).identities
        assert identities is not None  # noqa: S101 - they were asked for
        for number, digest in enumerate(identities.digests.tolist()):
            its_part, its_number = first.setdefault(digest, (name, number))
            if its_part != name:
                across.append(f"image {number} of {name}: image {its_number} of {its_part}")
            elif its_number != number:
                within.append(f"image {number} of {name}: image {its_number}")
    text, noun, remedy = _TEXTS["duplicate"]
    if across:
        yield Remark(f"{text}, of another part", remedy, tuple(across), noun)
    if within:
        yield Remark(f"{text}, of the same part", "", tuple(within), noun)


def _count_classes(labels: ArrayLike, classes: Sequence[str]) -> tuple[int, ...]:
    return tuple(np.bincount(np.asarray(labels, np.int64), minlength=len(classes)).tolist())


def _summarize_sizes(sizes: Sequence[tuple[int, int]]) -> Sizes | None:
    if not sizes:
        return None
    ordered = sorted(sizes, key=math.prod)
    return Sizes(ordered[0], ordered[len(ordered) // 2], ordered[-1], len(set(sizes)))


def _describe_channels(statistics: ChannelStatistics) -> tuple[ChannelValues, ...]:
    means, deviations = (values.tolist() for values in statistics)
    names = ("red", "green", "blue") if len(means) == _RGB else ("grey",)
    return tuple(map(ChannelValues, names, means, deviations))


def _put_refusals_first(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    return tuple(sorted(remarks, key=lambda remark: not remark.is_refusal))
