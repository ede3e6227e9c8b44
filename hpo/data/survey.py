"""What reading every file of a listing tells: sizes, damage, duplicates, and the fingerprint of the content."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import compress, islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hpo.data.decoding import UndecodableError, decode, header_of
from hpo.data.findings import DAMAGE, Finding
from hpo.data.listing import Listing
from hpo.data.threads import in_threads

if TYPE_CHECKING:
    import PIL.Image

T = TypeVar("T")
Visit = Callable[["PIL.Image.Image"], Callable[[], None]]
"""Is given each sound image, upright RGB, in threads and in no order; what it returns is called in the order of the
files, one after the other."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one file; height and width are 0 where it is damaged.

    Attributes:
        height: in pixels, upright.
        width: in pixels, upright.
        is_grey: whether the file has one channel.
        digest: of its pixels: equal where they are.
        finding: its damage, or that it has several frames; None where nothing is the matter.
    """

    height: int
    width: int
    is_grey: bool
    digest: str
    finding: Finding | None

    @property
    def is_sound(self) -> bool:
        """Whether the file is an image that can be trained on."""
        return self.height > 0


@dataclass(frozen=True, slots=True)
class Survey:
    """All files of a listing, read.

    Attributes:
        fingerprint: SHA-256 of the names and bytes of all sound files.
        records: one a file, in the order of `Listing.files`.
    """

    fingerprint: str
    records: tuple[Record, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is the matter with files, in their order; duplicates are `duplicates`."""
        return tuple(record.finding for record in self.records if record.finding is not None)

    @property
    def damage(self) -> tuple[Finding, ...]:
        """The files that are no image that can be trained on."""
        return tuple(finding for finding in self.findings if finding.kind in DAMAGE)

    @property
    def sizes(self) -> set[tuple[int, int]]:
        """Heights and widths of sound images."""
        return {(record.height, record.width) for record in self.records if record.is_sound}

    def counts(self, listing: Listing) -> dict[str, int]:
        """How many sound files each part of the listing has."""
        remaining = iter(self.records)
        return {
            name: sum(record.is_sound for record in islice(remaining, len(part.files)))
            for name, part in listing.parts.items()
        }

    def sound(self, values: Iterable[T]) -> list[T]:
        """Those of some values, one a file, that belong to sound files."""
        return list(compress(values, (record.is_sound for record in self.records)))


def survey(listing: Listing, visit: Visit | None = None) -> Survey:
    """Read every file of a listing once, in threads.

    Args:
        listing: which files.
        visit: is shown the images, for whoever wants their pixels too.
    """
    digest = hashlib.sha256()
    records = []

    def read(file: Path) -> tuple[bytes, Record, Callable[[], None]]:
        return _read(file, visit)

    with warnings.catch_warnings():  # of Pillow's, over files that are named here anyway
        warnings.filterwarnings("ignore", module="PIL")
        for file, (content, record, then) in zip(listing.files, in_threads(read, listing.files), strict=True):
            records.append(record)
            if record.is_sound:
                digest.update(b"%b\0%d\0" % (os.fsencode(listing.name_of(file)), len(content)))
                digest.update(content)
                then()
    return Survey(digest.hexdigest(), tuple(records))


def duplicates(listing: Listing, surveyed: Survey) -> tuple[Finding, ...]:
    """Files with the same pixels as one before them, in another part or in another class first, then those in both.

    A training image that is in the test too makes its score look better than it is.
    """
    owners = [(name, listing.classes[label]) for name, part in listing.parts.items() for label in part.labels.tolist()]
    groups: dict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(surveyed.records):
        if record.is_sound:
            groups[record.digest].append(index)
    files = listing.files
    ranked: list[tuple[int, Finding]] = []
    for first, *others in (group for group in groups.values() if len(group) > 1):
        for other in others:
            (part, label), (its_part, its_label) = owners[first], owners[other]
            rank = 0 if part != its_part else 1 if label != its_label else 2
            where = ("in another part", "in another class", "in the same class")[rank]
            ranked.append((rank, Finding("duplicate", files[other], f"the same pixels as {files[first]}, {where}")))
    return tuple(finding for _, finding in sorted(ranked, key=lambda each: each[0]))


def _read(file: Path, visit: Visit | None) -> tuple[bytes, Record, Callable[[], None]]:
    try:
        content = file.read_bytes()
        image, header = decode(content), header_of(content)
    except UndecodableError as error:
        return b"", _damaged(Finding(error.kind, file, error.detail)), _nothing
    except OSError as error:
        return b"", _damaged(Finding("unreadable", file, error.strerror or str(error))), _nothing
    digest = hashlib.blake2b(f"{image.size}".encode(), digest_size=16)
    digest.update(image.tobytes())
    several = Finding("several frames", file, "several frames or pages, of which the first is taken")
    record = Record(
        image.height,
        image.width,
        header.is_grey,
        digest.hexdigest(),
        several if header.has_several_frames else None,
    )
    return content, record, _nothing if visit is None else visit(image)


def _damaged(finding: Finding) -> Record:
    return Record(0, 0, False, "", finding)


def _nothing() -> None:
    """Nobody visits."""
