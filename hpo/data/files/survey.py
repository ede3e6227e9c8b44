"""The result of reading every file of a listing: sizes, damage, digests, and the fingerprint of the content."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpo.data.files.listing import Listing
from hpo.data.pixels.decoding import Header, StoredImage, UndecodableError, find_common_depth, open_image
from hpo.data.pixels.findings import DAMAGE, Finding, Kind
from hpo.data.pixels.reduction import Depth, Reduction
from hpo.data.pixels.threads import ProgressLog, map_in_threads

if TYPE_CHECKING:
    import PIL.Image

Visit = Callable[["PIL.Image.Image"], Callable[[], None]]
"""Is given each sound image, upright RGB, in threads and in no order; what it returns is called in the order of the
files, one after the other."""
_BYTE = 8
_STRIP_PIXELS = 2**20


@dataclass(frozen=True, slots=True)
class Record:
    """The result of reading one file.

    Attributes:
        header: what it says of itself; None where it is damaged.
        digest: of its pixels as they are stored: equal where they are.
        lowest: stored value, of all channels.
        highest: likewise.
        is_uniform: whether all its pixels are one colour.
        kind: of its damage, or that it has several frames; None where nothing is the matter.
        detail: of that.
    """

    header: Header | None
    digest: str = ""
    lowest: float = 0
    highest: float = 0
    is_uniform: bool = False
    kind: Kind | None = None
    detail: str = ""

    @property
    def is_deep(self) -> bool:
        """Whether its values as they are stored can be brought to 8 bits in more than one way."""
        return self.header is not None and self.header.is_deep


@dataclass(frozen=True, slots=True)
class Survey:
    """All files of a listing, read.

    Attributes:
        listing: which files.
        fingerprint: SHA-256 of the names and bytes of all sound files.
        records: one a file, in the order of `Listing.files`.
    """

    listing: Listing
    fingerprint: str
    records: tuple[Record, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is the matter with files, in their order; see `doubtful` for those that can be trained on."""
        pairs = zip(self.listing.files, self.records, strict=True)
        return tuple(Finding(record.kind, file, record.detail) for file, record in pairs if record.kind is not None)

    @property
    def damage(self) -> tuple[Finding, ...]:
        """What is no image that can be trained on, as far as listing and reading show it."""
        return (*self.listing.damage, *(finding for finding in self.findings if finding.kind in DAMAGE))

    @property
    def headers(self) -> list[Header]:
        """Of all sound files."""
        return [record.header for record in self.records if record.header is not None]

    @property
    def is_grey(self) -> bool:
        """Whether all sound files have one channel."""
        return all(header.is_grey for header in self.headers)

    @property
    def is_sound(self) -> NDArray[np.bool_]:
        """Which files can be trained on."""
        return np.asarray([record.header is not None for record in self.records])

    def ends(self, rows: Iterable[int] | None = None) -> tuple[float, float] | None:
        """Give the lowest and the highest value of the deep images among these, or all; None where there is none."""
        records = self.records if rows is None else [self.records[row] for row in rows]
        deep = [record for record in records if record.is_deep]
        return (min(record.lowest for record in deep), max(record.highest for record in deep)) if deep else None

    def depth(self, reduction: Reduction) -> Depth | None:
        """Describe the sound images as they are stored, where all have more than 8 bits and were reduced alike."""
        return find_common_depth(self.headers, reduction)

    def to_text(self) -> str:
        """Write all of it but the listing as JSON."""
        return json.dumps({"fingerprint": self.fingerprint, "records": [astuple(record) for record in self.records]})

    @classmethod
    def from_text(cls, text: str, listing: Listing) -> Survey:
        """Read what `to_text` gave of the files of this listing.

        Raises:
            KeyError, TypeError, ValueError: it is damaged.
        """
        stored = json.loads(text)
        records = [Record(None if header is None else Header(*header), *rest) for header, *rest in stored["records"]]
        if len(records) != len(listing.files):
            raise ValueError("a record for each file")
        return cls(listing, stored["fingerprint"], tuple(records))


def survey_files(listing: Listing, reduction: Reduction, visit: Visit | None = None) -> Survey:
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
    progress = ProgressLog("reading images", len(listing.files))
    read = partial(_read, reduction, visit)
    for name, (content, record, then) in zip(listing.names, map_in_threads(read, listing.files), strict=True):
        records.append(record)
        progress.add(1)
        if record.header is not None:
            digest.update(b"%b\0%d\0" % (os.fsencode(name), len(content)))
            digest.update(content)
            if then is not None:
                then()
    return Survey(listing, digest.hexdigest(), tuple(records))


def _read(reduction: Reduction, visit: Visit | None, file: Path) -> tuple[bytes, Record, Callable[[], None] | None]:
    try:
        content = file.read_bytes()
        with open_image(content) as stored:
            is_open = stored.header.is_deep and reduction.is_open
            # The ends are its own here, so that what can never be read is found now.
            image = stored.reduce(reduction.resolve(0, 1) if is_open else reduction)
            record = _record(content, stored, image)
            return content, record, None if visit is None or is_open else visit(image)
    except UndecodableError as error:
        return b"", Record(None, kind=error.kind, detail=error.detail), None
    except OSError as error:
        return b"", Record(None, kind="unreadable", detail=error.strerror or str(error)), None


def _record(content: bytes, stored: StoredImage, image: PIL.Image.Image) -> Record:
    header = stored.header
    digest = hashlib.blake2b(f"{image.size}".encode(), digest_size=16)
    if header.is_deep:
        values = stored.values
        digest.update(f"{values.dtype}".encode())
        digest.update(np.ascontiguousarray(values).data)
        lowest, highest = values.min().item(), values.max().item()
        is_uniform = lowest == highest
    else:
        if header.bits is not None and header.bits > _BYTE:  # Pillow has cut colours: different ones may look equal
            digest.update(content)
        for strip in _strips(image):
            digest.update(strip)
        low, high = np.asarray(image.getextrema()).T
        lowest, highest, is_uniform = low.min().item(), high.max().item(), bool((low == high).all())
    frames: tuple[Kind | None, str] = (None, "")
    if header.has_several_frames:
        frames = "several frames", "several frames or pages, of which the first is taken"
    return Record(header, digest.hexdigest(), lowest, highest, is_uniform, *frames)


def _strips(image: PIL.Image.Image) -> Iterator[bytes]:
    """Cut the pixels of an image into strips of a few MB, from top to bottom, so that little is copied at a time."""
    rows = max(1, _STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(image.height, top + rows))).tobytes()
