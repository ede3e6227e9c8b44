"""What reading every file of a listing tells: sizes, damage, duplicates, and the fingerprint of the content."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo.data.files.listing import Listing
from hpo.data.pixels.decoding import Header, StoredImage, UndecodableError, depth_of, stored_image
from hpo.data.pixels.findings import DAMAGE, Finding
from hpo.data.pixels.headway import Headway
from hpo.data.pixels.reduction import Depth, Reduction
from hpo.data.pixels.threads import in_threads

if TYPE_CHECKING:
    import PIL.Image

Visit = Callable[["PIL.Image.Image"], Callable[[], None]]
"""Is given each sound image, upright RGB, in threads and in no order; what it returns is called in the order of the
files, one after the other."""
_BYTE = 8
_STRIP_PIXELS = 2**20


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one file.

    Attributes:
        header: what it says of itself; None where it is damaged.
        digest: of its pixels as they are stored: equal where they are.
        lowest: stored value, of all channels.
        highest: likewise.
        is_uniform: whether all its pixels are one colour.
        finding: its damage, or that it has several frames; None where nothing is the matter.
    """

    header: Header | None
    digest: str = ""
    lowest: float = 0
    highest: float = 0
    is_uniform: bool = False
    finding: Finding | None = None

    @property
    def is_sound(self) -> bool:
        """Whether the file is an image that can be trained on."""
        return self.header is not None

    @property
    def height(self) -> int:
        """In pixels, upright; 0 of a damaged file."""
        return 0 if self.header is None else self.header.height

    @property
    def width(self) -> int:
        """In pixels, upright; 0 of a damaged file."""
        return 0 if self.header is None else self.header.width

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def is_grey(self) -> bool:
        """Whether the file has one channel."""
        return self.header is not None and self.header.is_grey

    @property
    def is_deep(self) -> bool:
        """Whether its values as they are stored can be brought to 8 bits in more than one way."""
        return self.header is not None and self.header.is_deep


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
        return {record.size for record in self.records if record.is_sound}

    @property
    def is_sound(self) -> NDArray[np.bool_]:
        """Which files can be trained on."""
        return np.asarray([record.is_sound for record in self.records])

    def ends(self, rows: Iterable[int]) -> tuple[float, float] | None:
        """The lowest and the highest value of the deep images among these; None where there is none."""
        deep = [self.records[row] for row in rows if self.records[row].is_deep]
        return (min(each.lowest for each in deep), max(each.highest for each in deep)) if deep else None

    def depth(self, reduction: Reduction) -> Depth | None:
        """What the sound images are as they are stored, where all have more than 8 bits and were reduced alike."""
        return depth_of((record.header for record in self.records if record.header is not None), reduction)

    def to_text(self) -> str:
        """All of it but the paths, as JSON."""
        rows = [
            (
                None if record.header is None else list(astuple(record.header)),
                record.digest,
                record.lowest,
                record.highest,
                record.is_uniform,
                None if record.finding is None else (record.finding.kind, record.finding.detail),
            )
            for record in self.records
        ]
        return json.dumps({"fingerprint": self.fingerprint, "records": rows})

    @classmethod
    def from_text(cls, text: str, files: Sequence[Path]) -> Survey:
        """What `to_text` gave of these files.

        Raises:
            KeyError, TypeError, ValueError: it is damaged.
        """
        read = json.loads(text)
        records = [
            Record(
                None if header is None else Header(*header),
                digest,
                lowest,
                highest,
                is_uniform,
                None if finding is None else Finding(finding[0], file, finding[1]),
            )
            for file, (header, digest, lowest, highest, is_uniform, finding) in zip(files, read["records"], strict=True)
        ]
        return cls(read["fingerprint"], tuple(records))


def survey(listing: Listing, reduction: Reduction, visit: Visit | None = None) -> Survey:
    """Read every file of a listing once, in threads.

    Args:
        listing: which files.
        reduction: to 8 bits; what it makes of transparent pixels decides which images are equal, and where it gives a
            range, values of 32 bits are sound.
        visit: is shown the images, for whoever wants their pixels too; where the ends of the range are still to be
            found, the deep ones are not shown.
    """
    digest = hashlib.sha256()
    records = []
    headway = Headway("reading images", len(listing.files))

    def read(file: Path) -> tuple[bytes, Record, Callable[[], None]]:
        return _read(file, reduction, visit)

    for name, (content, record, then) in zip(listing.names, in_threads(read, listing.files), strict=True):
        records.append(record)
        headway.add(1)
        if record.is_sound:
            digest.update(b"%b\0%d\0" % (os.fsencode(name), len(content)))
            digest.update(content)
            then()
    return Survey(digest.hexdigest(), tuple(records))


def _read(file: Path, reduction: Reduction, visit: Visit | None) -> tuple[bytes, Record, Callable[[], None]]:
    try:
        content = file.read_bytes()
        with stored_image(content) as stored:
            is_open = stored.header.is_deep and reduction.is_open
            # The ends are its own here, so that what can never be read is found now.
            image = stored.reduced(reduction.resolve(0, 1) if is_open else reduction)
            record = _record(file, content, stored, image)
            return content, record, _nothing if visit is None or is_open else visit(image)
    except UndecodableError as error:
        return b"", Record(None, finding=Finding(error.kind, file, error.detail)), _nothing
    except OSError as error:
        return b"", Record(None, finding=Finding("unreadable", file, error.strerror or str(error))), _nothing


def _record(file: Path, content: bytes, stored: StoredImage, image: PIL.Image.Image) -> Record:
    header = stored.header
    digest = hashlib.blake2b(f"{image.size}".encode(), digest_size=16)
    if header.is_deep:
        values = stored.values
        digest.update(f"{values.dtype}".encode())
        digest.update(np.ascontiguousarray(values).data)
        lowest, highest = values.min().item(), values.max().item()
        is_uniform = lowest == highest
    else:
        if (
            header.bits is not None and header.bits > _BYTE
        ):  # colours that Pillow has cut: different ones may look equal
            digest.update(content)
        for strip in _strips(image):
            digest.update(strip)
        low, high = np.asarray(image.getextrema()).T
        lowest, highest, is_uniform = low.min().item(), high.max().item(), bool((low == high).all())
    several = Finding("several frames", file, "several frames or pages, of which the first is taken")
    return Record(
        header, digest.hexdigest(), lowest, highest, is_uniform, several if header.has_several_frames else None
    )


def _strips(image: PIL.Image.Image) -> Iterator[bytes]:
    """The pixels of an image from top to bottom, a few MB at a time: all at once they take twice their memory."""
    rows = max(1, _STRIP_PIXELS // image.width)
    if rows >= image.height:
        yield image.tobytes()
        return
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(image.height, top + rows))).tobytes()


def _nothing() -> None:
    """Nobody visits."""
