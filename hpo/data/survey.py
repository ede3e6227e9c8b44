"""What reading every file of a listing tells: sizes, damage, duplicates, and the fingerprint of the content."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo.data.decoding import UndecodableError, decode, header_of
from hpo.data.findings import DAMAGE, Finding
from hpo.data.headway import Headway
from hpo.data.listing import Listing
from hpo.data.threads import in_threads

if TYPE_CHECKING:
    import PIL.Image

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
        """What is the matter with files, in their order; see `duplicates` for those that are there twice."""
        return tuple(record.finding for record in self.records if record.finding is not None)

    @property
    def damage(self) -> tuple[Finding, ...]:
        """The files that are no image that can be trained on."""
        return tuple(finding for finding in self.findings if finding.kind in DAMAGE)

    @property
    def sizes(self) -> set[tuple[int, int]]:
        """Heights and widths of sound images."""
        return {(record.height, record.width) for record in self.records if record.is_sound}

    @property
    def is_sound(self) -> NDArray[np.bool_]:
        """Which files can be trained on."""
        return np.asarray([record.is_sound for record in self.records])

    def to_text(self) -> str:
        """All of it but the paths, as JSON."""
        columns = [(record.height, record.width, record.is_grey, record.digest) for record in self.records]
        found = {
            index: (record.finding.kind, record.finding.detail)
            for index, record in enumerate(self.records)
            if record.finding is not None
        }
        return json.dumps({"fingerprint": self.fingerprint, "records": columns, "findings": found})

    @classmethod
    def from_text(cls, text: str, files: Sequence[Path]) -> Survey:
        """What `to_text` gave of these files.

        Raises:
            KeyError, TypeError, ValueError: it is damaged.
        """
        read = json.loads(text)
        findings = {
            int(index): Finding(kind, files[int(index)], text) for index, (kind, text) in read["findings"].items()
        }
        records = [
            Record(height, width, is_grey, digest, findings.get(index))
            for index, (height, width, is_grey, digest) in enumerate(read["records"])
        ]
        if len(records) != len(files):
            raise ValueError(f"{len(records)} records of {len(files)} files")
        return cls(read["fingerprint"], tuple(records))


def survey(listing: Listing, visit: Visit | None = None) -> Survey:
    """Read every file of a listing once, in threads.

    Args:
        listing: which files.
        visit: is shown the images, for whoever wants their pixels too.
    """
    digest = hashlib.sha256()
    records = []
    headway = Headway("reading images", len(listing.files))

    def read(file: Path) -> tuple[bytes, Record, Callable[[], None]]:
        return _read(file, visit)

    with warnings.catch_warnings():  # of Pillow's, over files that are named here anyway
        warnings.filterwarnings("ignore", module="PIL")
        for name, (content, record, then) in zip(listing.names, in_threads(read, listing.files), strict=True):
            records.append(record)
            headway.add(1)
            if record.is_sound:
                digest.update(b"%b\0%d\0" % (os.fsencode(name), len(content)))
                digest.update(content)
                then()
    return Survey(digest.hexdigest(), tuple(records))


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
