"""Images that a data set has more than once, found by the hash of their pixels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hpo.data.files.listing import Listing
from hpo.data.files.survey import Survey
from hpo.data.pixels.findings import Finding, below

_KEPT_FIRST = {"test": 0, "validation": 1, "train": 2}
"""Of copies in several parts that of the test stays, so that scores stay comparable with others'."""


def duplicates(listing: Listing, surveyed: Survey) -> tuple[Finding, ...]:
    """The files with the same pixels as another, in another part first, then in another class, then the others.

    A training image that is in the test too makes its score look better than it is.
    """
    files, owners = listing.files, _owners(listing)
    ranked: list[tuple[int, Finding]] = []
    for first, *others in _groups(listing, surveyed):
        told = f"the same pixels as {below(files[first], listing.folder)}"
        for other in others:
            (part, label), (its_part, its_label) = owners[first], owners[other]
            rank = 0 if part != its_part else 1 if label != its_label else 2
            where = (", in another part", ", in another class", "")[rank]
            ranked.append(
                (
                    rank,
                    Finding("duplicate", files[other], f"{told}{where}"),
                )
            )
    return tuple(finding for _, finding in sorted(ranked, key=lambda each: each[0]))


def first_copies(listing: Listing, surveyed: Survey) -> NDArray[np.bool_]:
    """Which files stay when each image is to be there once: bool, one a file; damaged ones do not."""
    stays = surveyed.is_sound
    for _, *others in _groups(listing, surveyed):
        stays[others] = False
    return stays


def _groups(listing: Listing, surveyed: Survey) -> Iterator[list[int]]:
    """Indices of files with equal pixels, two or more, the one first that stays."""
    owners = _owners(listing)
    groups: dict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(surveyed.records):
        if record.is_sound:
            groups[record.digest].append(index)
    for group in groups.values():
        if len(group) > 1:
            yield sorted(group, key=lambda index: _KEPT_FIRST[owners[index][0]])


def _owners(listing: Listing) -> list[tuple[str, str]]:
    """Part and class of each file."""
    return [(name, listing.classes[label]) for name, part in listing.parts.items() for label in part.labels.tolist()]
