"""Images in which a network has little to see: nearly black ones, and those of one colour alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hpo.data.files.listing import Listing
from hpo.data.files.survey import Record, Survey
from hpo.data.pixels.decoding import Header
from hpo.data.pixels.findings import Finding
from hpo.data.pixels.reduction import NEARLY_BLACK, Reduction

_BYTE = 8
_BLACK_BYTES = 16
"""Where values fill their range, images are told whose brightest pixel is below it; night is brighter."""


def dim_images(listing: Listing, surveyed: Survey, reduction: Reduction) -> tuple[Finding, ...]:
    """The sound files that are nearly black, or of one colour, once they are reduced to 8 bits.

    Where all images are of one colour, and not of the same, their colours are what there is to learn.

    Args:
        listing: the files.
        surveyed: what reading them told.
        reduction: with the ends of its range.
    """
    sound = [record for record in surveyed.records if record.is_sound]
    is_colour_all = (
        all(r.is_uniform for r in sound) and len({r.digest for r in sound}) > 1 and any(r.highest for r in sound)
    )
    return tuple(
        finding
        for file, record in zip(listing.files, surveyed.records, strict=True)
        if record.header is not None
        for finding in _findings(file, record, record.header, reduction)
        if not (is_colour_all and finding.kind == "one colour")
    )


def brightest_value(surveyed: Survey, reduction: Reduction) -> tuple[str, str]:
    """What is told of nearly black images in common: their brightest value, and what helps.

    Returns:
        `the brightest value is 2,150 of 65,535, which becomes 8 of 255`, and `set data.range to auto, or data.bits to
        12`, which is empty where nothing helps.
    """
    dark = [record for record in surveyed.records if record.header is not None and _is_dark(record, reduction)]
    deep = [record for record in dark if record.is_deep]
    record = max(deep or dark, key=lambda record: record.highest)
    bits = record.header.bits if record.header is not None and record.is_deep else _BYTE
    of = "" if bits is None else f" of {2**bits - 1:,}"
    told = f"the brightest value is {record.highest:,.6g}{of}"
    if not record.is_deep and record.header is not None and record.header.bits not in (None, _BYTE):
        return f"{told} in the 8 high ones of their {record.header.bits} bits, which are all that Pillow reads", ""
    if not record.is_deep or reduction.ends is not None:
        return told, ""
    told += f", which becomes {_shown(record, reduction)} of 255"
    needed = max(_BYTE, int(record.highest).bit_length())
    is_less = bits is not None and needed < bits
    return told, "set data.range to auto" + (f", or data.bits to {needed}" if is_less else "")


def _findings(file: Path, record: Record, header: Header, reduction: Reduction) -> Iterator[Finding]:
    if record.is_uniform:
        told = "every pixel has the same colour"
        if header.is_transparent and reduction.background is None:
            told += ", once its transparency is dropped (data.transparency: white or black)"
        elif not header.is_deep and header.bits is not None and header.bits > _BYTE:
            told += f" in the 8 high ones of its {header.bits} bits, which are all that Pillow reads"
        yield Finding("one colour", file, told)
    elif _is_dark(record, reduction):
        yield Finding("nearly black", file, f"brightest value {record.highest:,.6g}")


def _is_dark(record: Record, reduction: Reduction) -> bool:
    if record.is_uniform:
        return False
    header = record.header
    is_cut = header is not None and header.bits is not None and header.bits > _BYTE  # to 8 bits, by Pillow or here
    may_be_low = is_cut and not (record.is_deep and reduction.ends is not None)
    return _shown(record, reduction) < (NEARLY_BLACK if may_be_low else _BLACK_BYTES)


def _shown(record: Record, reduction: Reduction) -> int:
    """The brightest pixel in 0..255."""
    if record.header is None or not record.is_deep:
        return int(record.highest)
    return reduction.brightest(record.highest, record.header.bits)
