"""The images of a listing: read once for all workers, and stored where the file asks for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import astuple, dataclass, replace
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

from hpo.data.files.listing import Listing
from hpo.data.files.survey import Survey, Visit, survey_files
from hpo.data.pixels import decoding, resizing
from hpo.data.pixels.cache import Cache, CacheMode, Writer, make_key
from hpo.data.pixels.decoding import UndecodableError, read_header
from hpo.data.pixels.images import PixelSource
from hpo.data.pixels.reduction import PLAIN, Reduction
from hpo.data.pixels.resizing import Resizing
from hpo.data.pixels.sources import FilePixels, store_pixels

if TYPE_CHECKING:
    import PIL.Image

VERSIONS = (decoding.VERSION, resizing.VERSION)


@dataclass(frozen=True, slots=True)
class FileImages:
    """The images of a listing.

    Attributes:
        survey: the result of reading the files.
        source: the pixels of all sound files, in their order.
        reduction: how they became 8 bits.
    """

    survey: Survey
    source: PixelSource
    reduction: Reduction


def read_files(
    listing: Listing, resizing: Resizing, mode: CacheMode, reduction: Reduction, check: Callable[[Survey], Reduction]
) -> FileImages:
    """Read the files of a listing, or look up what was read of them before.

    The first process to do it decodes each file once, and the others wait for it. Later, files are looked up by their
    names, sizes and times of change, and only pixels that are not in the cache are decoded.

    Args:
        listing: which files.
        resizing: what is done to them; `as_is` keeps one channel where all files are grey.
        mode: where the pixels are stored; see `store_pixels`.
        reduction: how pixels become 8 bits, as far as a file says it.
        check: raises what is to be raised of damaged files, and of sizes that differ; gives the reduction with the ends
            of its range, where they are to be found in the files.
    """
    cache, key = Cache(), _make_key(listing, reduction)
    with ExitStack() as stack:
        can_write = mode in ("auto", "disk")
        try:
            stack.enter_context(cache.lock(key))
        except OSError:
            can_write = False
        survey, draft = _find(key, listing), None
        if survey is None:
            draft = _Draft.begin(cache, key, listing, resizing) if can_write else None
            survey = _read(key, listing, reduction, draft.visit if draft else None)
        try:
            resolved = check(survey)
        except BaseException:
            if draft:
                draft.writer.discard()
            raise
        if resizing.channels == "as_is":
            resizing = replace(resizing, channels="grey" if survey.is_grey else "rgb")
        shape = resizing.output_shape(*survey.headers[0].size, 3)
        source = FilePixels(tuple(compress(listing.files, survey.is_sound)), resizing, shape, resolved)
        pixels = make_key("files", survey.fingerprint, *astuple(resizing), *astuple(resolved), *VERSIONS)
        if draft and (resolved != reduction and any(record.is_deep for record in survey.records)):
            draft.give_up()  # the deep images were not shown to it
        writer = draft.writer if draft and draft.is_whole else None
        return FileImages(survey, store_pixels(source, pixels, mode, writer), resolved)


def find_survey(listing: Listing, reduction: Reduction = PLAIN) -> Survey | None:
    """Look up the result of reading the files; None where nobody has read them, or they have changed since."""
    return _find(_make_key(listing, reduction), listing)


def load_survey(listing: Listing, reduction: Reduction = PLAIN) -> Survey:
    """Read every file, or look up the result of it in the cache."""
    key = _make_key(listing, reduction)
    return _find(key, listing) or _read(key, listing, reduction)


def _find(key: str, listing: Listing) -> Survey | None:
    with suppress(KeyError, TypeError, ValueError, AttributeError):  # there is no text, or a damaged one
        return Survey.from_text(Cache().text(key) or "", listing)
    return None


def _read(key: str, listing: Listing, reduction: Reduction, visit: Visit | None = None) -> Survey:
    survey = survey_files(listing, reduction, visit)
    Cache().write_text(key, survey.to_text())
    return survey


def _make_key(listing: Listing, reduction: Reduction) -> str:
    """Make a key of files as the system knows them: their content is read again where any of this changes."""
    stamps = zip(listing.names, map(_stamp, listing.files), strict=True)
    options = (reduction.ends is not None, reduction.bits is not None, reduction.background)
    return make_key("records", decoding.VERSION, *options, str(listing.root.absolute()), list(stamps))


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


class _Draft:
    """A cache entry that is written while files are surveyed, so that each is decoded once."""

    def __init__(self, writer: Writer, resizing: Resizing) -> None:
        self.writer = writer
        self.is_whole = True
        self._resizing = resizing

    @classmethod
    def begin(cls, cache: Cache, key: str, listing: Listing, resizing: Resizing) -> _Draft | None:
        """Begin a draft, where shape and channels are known before the files are, and there is room."""
        if resizing.channels == "as_is":
            return None
        try:
            first = read_header(listing.files[0])
            shape = resizing.output_shape(first.height, first.width, 3)
            return cls(cache.writer(key, (len(listing.files), *shape)), resizing)
        except (UndecodableError, OSError):  # whoever needs it says so
            return None

    def give_up(self) -> None:
        """Leave nothing behind."""
        self.is_whole = False
        self.writer.discard()

    def visit(self, image: PIL.Image.Image) -> Callable[[], None]:
        """See `Visit`."""
        pixels = self._resizing.apply(image)[None]

        def append() -> None:
            if self.is_whole:
                try:
                    self.writer.append(pixels)
                except (OSError, ValueError):  # the disk is full; or sizes differ, which `check` says
                    self.give_up()

        return append
