"""The images of a listing: surveyed once for all workers, and kept where the file asks for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import astuple, dataclass, replace
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

from hpo.data.files.listing import Listing
from hpo.data.files.survey import Survey, survey
from hpo.data.pixels import decoding, resizing
from hpo.data.pixels.cache import Cache, CacheMode, Writer, key_of
from hpo.data.pixels.decoding import UndecodableError, header_of
from hpo.data.pixels.images import PixelSource
from hpo.data.pixels.keeping import kept
from hpo.data.pixels.reduction import PLAIN, Reduction
from hpo.data.pixels.resizing import Shaping
from hpo.data.pixels.sources import FilePixels

if TYPE_CHECKING:
    import PIL.Image

VERSIONS = (decoding.VERSION, resizing.VERSION)


@dataclass(frozen=True, slots=True)
class FileImages:
    """The images of a listing.

    Attributes:
        surveyed: what reading the files told.
        source: the pixels of all sound files, in their order.
        reduction: how they became 8 bits.
    """

    surveyed: Survey
    source: PixelSource
    reduction: Reduction


def read_listing(
    listing: Listing,
    shaping: Shaping,
    mode: CacheMode,
    reduction: Reduction,
    check: Callable[[Survey], Reduction],
) -> FileImages:
    """Read the files of a listing, or what is known of them.

    The first process to do it decodes each file once, and the others wait for it. Later, files are looked up by their
    names, sizes and times of change, and only pixels that are not in the cache are decoded.

    Args:
        listing: which files.
        shaping: what is done to them; `as_is` keeps one channel where all files are grey.
        mode: where the pixels are kept; see `kept`.
        reduction: how pixels become 8 bits, as far as a file says it.
        check: raises what is to be raised of damaged files, and of sizes that differ; gives the reduction with the ends
            of its range, where they are to be found in the files.
    """
    cache, key = Cache(), _key(listing, reduction)
    with ExitStack() as held:
        can_write = mode in ("auto", "disk")
        try:
            held.enter_context(cache.locked(key))
        except OSError:
            can_write = False
        surveyed, draft = _stored(cache, key, listing), None
        if surveyed is None:
            draft = _Draft.begin(cache, key, listing, shaping) if can_write else None
            surveyed = survey(listing, reduction, draft.visit if draft else None)
            cache.keep_text(key, surveyed.to_text())
        try:
            resolved = check(surveyed)
        except BaseException:
            if draft:
                draft.writer.discard()
            raise
        source = _files(listing, surveyed, shaping, resolved)
        pixels = key_of("files", surveyed.fingerprint, *astuple(source.shaping), *astuple(resolved), *VERSIONS)
        if draft and (resolved != reduction and any(record.is_deep for record in surveyed.records)):
            draft.give_up()  # the deep images were not shown to it
        return FileImages(
            surveyed, kept(source, pixels, mode, draft.writer if draft and draft.is_whole else None), resolved
        )


def stored_survey(listing: Listing, reduction: Reduction = PLAIN) -> Survey | None:
    """What reading the files told when somebody did; None where nobody has, or they have changed since."""
    return _stored(Cache(), _key(listing, reduction), listing)


def survey_of(listing: Listing, reduction: Reduction = PLAIN) -> Survey:
    """What reading every file tells, from the cache where it is there, and kept in it."""
    cache, key = Cache(), _key(listing, reduction)
    found = _stored(cache, key, listing)
    if found is None:
        found = survey(listing, reduction)
        cache.keep_text(key, found.to_text())
    return found


def _stored(cache: Cache, key: str, listing: Listing) -> Survey | None:
    text = cache.text(key)
    with suppress(KeyError, TypeError, ValueError, AttributeError):  # a damaged text tells nothing
        return None if text is None else Survey.from_text(text, listing.files)
    return None


def _files(listing: Listing, surveyed: Survey, shaping: Shaping, reduction: Reduction) -> FilePixels:
    sound = [record for record in surveyed.records if record.is_sound]
    channels = 1 if all(record.is_grey for record in sound) else 3
    if shaping.channels == "as_is":
        shaping = replace(shaping, channels="grey" if channels == 1 else "rgb")
    shape = shaping.shape_of(*sound[0].size, channels)
    return FilePixels(tuple(compress(listing.files, surveyed.is_sound)), shaping, shape, reduction)


def _key(listing: Listing, reduction: Reduction) -> str:
    """Of files as the system knows them: their content is read again where any of this changes."""
    stamps = zip(listing.names, map(_stamp, listing.files), strict=True)
    seen = (reduction.ends is not None, reduction.bits is not None, reduction.background)
    return key_of("survey", decoding.VERSION, *seen, str(listing.root.absolute()), list(stamps))


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


class _Draft:
    """A cache entry that is written while files are surveyed, so that each is decoded once."""

    def __init__(self, writer: Writer, shaping: Shaping) -> None:
        self.writer = writer
        self.is_whole = True
        self._shaping = shaping

    @classmethod
    def begin(cls, cache: Cache, key: str, listing: Listing, shaping: Shaping) -> _Draft | None:
        """A draft, where shape and channels are known before the files are, and there is room."""
        if shaping.channels == "as_is":
            return None
        try:
            first = header_of(listing.files[0])
            shape = shaping.shape_of(first.height, first.width, 3)
            return cls(cache.writer(key, (len(listing.files), *shape)), shaping)
        except (UndecodableError, OSError):  # it will be told by whoever needs it
            return None

    def give_up(self) -> None:
        """Leave nothing behind."""
        self.is_whole = False
        self.writer.discard()

    def visit(self, image: PIL.Image.Image) -> Callable[[], None]:
        """See `Visit`."""
        pixels = self._shaping.of(image)[None]

        def append() -> None:
            if self.is_whole:
                try:
                    self.writer.append(pixels)
                except (OSError, ValueError):  # the disk is full; or sizes differ, which is told of all files
                    self.give_up()

        return append
