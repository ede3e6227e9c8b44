"""Sound images that may not be meant: nearly black ones, those of one colour alone, and copies of others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpo.data.files.listing import Listing
from hpo.data.files.survey import Record, Survey
from hpo.data.pixels.decoding import Header
from hpo.data.pixels.findings import Finding, relative_name
from hpo.data.pixels.reduction import NEARLY_BLACK, Reduction

_BYTE = 8
_BLACK_BYTES = 16
"""Where values fill their range, images whose brightest pixel is below it are doubtful; night is brighter."""
_PRECEDENCE = {"test": 0, "validation": 1, "train": 2}
"""Of copies in several parts that of the test stays, so that scores stay comparable with others'."""


def find_dim_images(survey: Survey, reduction: Reduction) -> tuple[Finding, ...]:
    """Find the sound files that are nearly black, or of one colour, once they are reduced to 8 bits.

    Where all images are of one colour, and not of the same, their colours are what there is to learn.
    """
    sound = [record for record in survey.records if record.header is not None]
    is_colour_all = (
        all(r.is_uniform for r in sound) and len({r.digest for r in sound}) > 1 and any(r.highest for r in sound)
    )
    return tuple(
        finding
        for file, record in zip(survey.listing.files, survey.records, strict=True)
        if record.header is not None
        for finding in _find_dim(file, record, record.header, reduction)
        if not (is_colour_all and finding.kind == "one colour")
    )


def describe_brightness(survey: Survey, reduction: Reduction) -> tuple[str, str]:
    """Describe what nearly black images have in common: their brightest value, and what helps.

    Returns:
        `the brightest value is 2,150 of 65,535, which becomes 8 of 255`, and `set data.range to auto, or data.bits to
        12`, which is empty where nothing helps.
    """
    dark = [record for record in survey.records if record.header is not None and _is_dark(record, reduction)]
    deep = [record for record in dark if record.is_deep]
    record = max(deep or dark, key=lambda record: record.highest)
    bits = record.header.bits if record.header is not None and record.is_deep else _BYTE
    of = "" if bits is None else f" of {2**bits - 1:,}"
    value = f"the brightest value is {record.highest:,.6g}{of}"
    if not record.is_deep and record.header is not None and record.header.bits not in (None, _BYTE):
        return f"{value} in the 8 high ones of their {record.header.bits} bits, which are all that Pillow reads", ""
    if not record.is_deep or reduction.ends is not None:
        return value, ""
    needed = max(_BYTE, int(record.highest).bit_length())
    remedy = f", or data.bits to {needed}" if bits is not None and needed < bits else ""
    return f"{value}, which becomes {_brightest(record, reduction)} of 255", f"set data.range to auto{remedy}"


def find_duplicates(survey: Survey) -> tuple[Finding, ...]:
    """Find the files with the same pixels as another, in another part first, then in another class, then the others.

    A training image that is in the test too makes its score look better than it is.
    """
    files, owners = survey.listing.files, _list_owners(survey.listing)
    ranked: list[tuple[int, Finding]] = []
    for first, *others in _group(survey):
        for other in others:
            (part, label), (its_part, its_label) = owners[first], owners[other]
            rank = 0 if part != its_part else 1 if label != its_label else 2
            where = (", in another part", ", in another class", "")[rank]
            detail = f"the same pixels as {relative_name(files[first], survey.listing.folder)}{where}"
            ranked.append((rank, Finding("duplicate", files[other], detail)))
    return tuple(finding for _, finding in sorted(ranked, key=lambda pair: pair[0]))


def mark_first_copies(survey: Survey) -> NDArray[np.bool_]:
    """Mark the files that stay when each image is to be there once: bool, one a file; damaged ones do not."""
    stays = survey.is_sound
    for _, *others in _group(survey):
        stays[others] = False
    return stays


def _find_dim(file: Path, record: Record, header: Header, reduction: Reduction) -> Iterator[Finding]:
    if record.is_uniform:
        detail = "every pixel has the same colour"
        if header.is_transparent and reduction.background is None:
            detail += ", once its transparency is dropped (data.transparency: white or black)"
        elif not header.is_deep and header.bits is not None and header.bits > _BYTE:
            detail += f" in the 8 high ones of its {header.bits} bits, which are all that Pillow reads"
        yield Finding("one colour", file, detail)
    elif _is_dark(record, reduction):
        yield Finding("nearly black", file, f"brightest value {record.highest:,.6g}")


def _is_dark(record: Record, reduction: Reduction) -> bool:
    if record.is_uniform:
        return False
    header = record.header
    is_cut = header is not None and header.bits is not None and header.bits > _BYTE  # to 8 bits, by Pillow or here
    may_be_low = is_cut and not (record.is_deep and reduction.ends is not None)
    return _brightest(record, reduction) < (NEARLY_BLACK if may_be_low else _BLACK_BYTES)


def _brightest(record: Record, reduction: Reduction) -> int:
    """Give the brightest pixel in 0..255."""
    if record.header is None or not record.is_deep:
        return int(record.highest)
    return reduction.brightest(record.highest, record.header.bits)


def _group(survey: Survey) -> Iterator[list[int]]:
    """Group the indices of files with equal pixels, two or more, the one first that stays."""
    owners = _list_owners(survey.listing)
    groups: dict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(survey.records):
        if record.header is not None:
            groups[record.digest].append(index)
    for group in groups.values():
        if len(group) > 1:
            yield sorted(group, key=lambda index: _PRECEDENCE[owners[index][0]])


def _list_owners(listing: Listing) -> list[tuple[str, str]]:
    """List part and class of each file."""
    return [(name, listing.classes[label]) for name, part in listing.parts.items() for label in part.labels.tolist()]
