"""Images and features on disk, as memory maps that all workers share; results of reading files, and splits of them.

A cache entry is a `.npy` file and a record beside it, written under temporary names and moved into place. One process
makes an entry while others that need it wait. What cannot be written is no error: images are kept in memory then, or
decoded anew in every epoch, and the log says so.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import math
import os
import shutil
import weakref
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from hpo.data.pixels.images import Pixels
from hpo.files import fresh_file, open_new
from hpo.processes.environment import cache_root

try:
    import fcntl
except ImportError:  # Windows refuses to delete a file that is mapped, which is what the lock is for
    fcntl = None  # type: ignore[assignment]

CacheMode = Literal["auto", "memory", "disk", "stream"]
DEFAULT_GB = 50.0
_SAMPLES, _SAMPLE_BYTES = 64, 2**16
_NOTICE = 2.0
"""Seconds of waiting for another process before the log says so."""
Content = Literal["images", "features", "splits"]
_FOLDERS = "images", "features"
_TEXTS = {"images": "surveys/{}.json", "features": "verdicts/{}.json", "splits": "splits/{}.txt"}
"""Where texts are, by what the cache is for."""
_log = logging.getLogger(__name__)


class NoRoomError(OSError):
    """An entry is larger than what the cache may take."""


class Cache:
    """A folder of entries, each under a key that says all that decides its content."""

    def __init__(
        self,
        root: Path | None = None,
        limit: float | None = None,
        content: Content = "images",
    ) -> None:
        """Name a cache; nothing is made yet.

        Args:
            root: its folder; `$HPO_CACHE`, or `hpo` in the user's cache folder, when left out.
            limit: the most bytes that it takes; `$HPO_CACHE_GB` times 10^9, or 50 GB, when left out.
            content: what its entries are; all kinds share the limit.
        """
        self._content = content
        self.root = root or cache_root()
        self.limit = limit if limit is not None else _read_limit() * 1e9

    @contextmanager
    def lock(self, key: str, while_waiting: Callable[[], None] | None = None) -> Iterator[None]:
        """Keep other processes from making what this one makes; they wait.

        Args:
            key: of the entry.
            while_waiting: is called every now and then; what it raises ends the waiting.

        Raises:
            OSError: nothing can be written here.
        """
        path = self._lock_file(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, is_singleton=False)
        try:
            lock.acquire(timeout=_NOTICE)
        except Timeout:
            _log.warning("another process makes the same %s; waiting for it", self._content)
            _acquire(lock, while_waiting)
        except NotImplementedError as error:
            raise OSError(errno.ENOLCK, "the file system has no locks") from error
        try:
            yield
        finally:
            lock.release()

    # Results of reading files

    def text(self, key: str) -> str | None:
        """Read a text that was written; None where there is none, or it cannot be read."""
        try:
            path = self._text_file(key)
            text = path.read_text("utf-8", "surrogateescape")
            os.utime(path)
        except (OSError, UnicodeError):
            return None
        return text

    def write_text(self, key: str, text: str) -> None:
        """Keep a text, or leave it where it cannot be written."""
        path = self._text_file(key)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with fresh_file(path) as partial:
                partial.write_text(text, "utf-8", "surrogateescape")

    # Images and features

    def pixels(self, key: str) -> Pixels | None:
        """Map the images of an entry read-only; see `array`."""
        return self.array(key)

    def array(self, key: str) -> NDArray[Any] | None:
        """Map an entry read-only; None where there is none, or it is damaged and was removed.

        As long as the array lives, no process drops the entry to make room.
        """
        path, record = self._array_file(key), self._record(key)
        try:
            entry = json.loads(record.read_text())
            file = path.open("rb")
        except (OSError, ValueError):
            return None
        try:
            _mark_in_use(file)
            if _compute_checksum(file) != entry["checksum"]:
                raise ValueError(f"its checksum is not {entry['checksum']}")
            mapped = np.load(path, mmap_mode="r")
        except (OSError, ValueError, KeyError, TypeError) as error:
            file.close()
            _log.warning("%s: a damaged cache entry is made again: %s", path, error)
            self._remove(path)
            return None
        weakref.finalize(mapped, file.close)
        with suppress(OSError):
            os.utime(record)
        return np.asarray(mapped)

    def writer(self, key: str, shape: tuple[int, ...], dtype: str = "uint8") -> Writer:
        """Begin an entry; only for who holds its lock.

        Args:
            key: of the entry, or of a draft that gets its own later.
            shape: of all its images or features; there may be fewer of them in the end.
            dtype: of their numbers.

        Raises:
            NoRoomError: it is too large.
            OSError: it cannot be written.
        """
        self._make_room(math.prod(shape) * np.dtype(dtype).itemsize)
        path = self._array_file(key).with_suffix(".tmp")
        path.parent.mkdir(parents=True, exist_ok=True)
        return Writer(path, shape, dtype)

    def adopt(self, key: str, writer: Writer) -> None:
        """Make what was written an entry; only for who holds its lock.

        Raises:
            OSError: it cannot be written.
        """
        checksum = writer.finish()
        with fresh_file(self._record(key)) as record:
            record.write_text(json.dumps({"checksum": checksum}))
            writer.path.replace(self._array_file(key))

    def _make_room(self, size: int) -> None:
        """Drop what was used longest ago, and is not in use, until an entry of so many bytes fits.

        Raises:
            NoRoomError: it would not fit into the cache, or take more than half of what the disk has free.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.root).free
        if size > min(self.limit, free / 2):
            raise NoRoomError(
                errno.ENOSPC,
                f"{_format_size(size)} do not fit into the {_format_size(self.limit)} of the cache (HPO_CACHE_GB), or "
                f"into half of the {_format_size(free)} that are free there",
            )
        self._sweep()
        entries = sorted(self._list_entries())
        total = sum(used_bytes for _, used_bytes, _ in entries)
        for _, used_bytes, path in entries:
            if total + size <= self.limit:
                return
            if not _is_in_use(path):
                self._remove(path)
                total -= used_bytes

    def _list_entries(self) -> Iterator[tuple[float, int, Path]]:
        """When each was used last, how many bytes it has, and its file."""
        arrays = [path for folder in _FOLDERS for path in self.root.glob(f"{folder}/*.npy")]
        for path in (*arrays, *(path for name in _TEXTS.values() for path in self.root.glob(name.format("*")))):
            with suppress(OSError):
                used = (path.with_suffix(".json") if path.suffix == ".npy" else path).stat().st_mtime
                yield used, path.stat().st_size, path

    def _sweep(self) -> None:
        """Remove what processes that were killed had begun; whoever is at work holds the lock."""
        for path in [path for folder in _FOLDERS for path in self.root.glob(f"{folder}/*.tmp")]:
            with suppress(OSError, Timeout), FileLock(self._lock_file(path.stem), timeout=0, is_singleton=False):
                path.unlink()

    def _remove(self, path: Path) -> None:
        for file in (path.with_suffix(".json"), path):
            with suppress(OSError):
                file.unlink()

    def _lock_file(self, key: str) -> Path:
        return self.root / "locks" / f"{key}.lock"

    def _text_file(self, key: str) -> Path:
        return self.root / _TEXTS[self._content].format(key)

    def _array_file(self, key: str) -> Path:
        return self.root / self._content / f"{key}.npy"

    def _record(self, key: str) -> Path:
        return self._array_file(key).with_suffix(".json")


class Writer:
    """Images or features on their way into a cache entry."""

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: str = "uint8") -> None:
        self.path = path
        self._shape = shape
        self._dtype = np.dtype(dtype)
        self._count = 0
        self._file = open_new(path)
        self._write_header(shape)

    def append(self, images: NDArray[Any]) -> None:
        """Add images, uint8 `[n, height, width, channels]`, or features.

        Raises:
            OSError: the disk is full, or gone.
            ValueError: they have another shape or dtype.
        """
        if images.shape[1:] != self._shape[1:] or images.dtype != self._dtype:
            raise ValueError(
                f"{self._dtype} of {list(self._shape[1:])}. Received {images.dtype} of {list(images.shape[1:])}."
            )
        self._file.write(np.ascontiguousarray(images).data)
        self._count += len(images)

    def finish(self) -> str:
        """Bring everything to the disk; the checksum of the file."""
        if self._count != self._shape[0]:
            self._file.seek(0)
            self._write_header((self._count, *self._shape[1:]))  # NumPy leaves room for the first axis to change
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        with self.path.open("rb") as file:
            return _compute_checksum(file)

    def discard(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self.path.unlink()

    def _write_header(self, shape: tuple[int, ...]) -> None:
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._file, header)


def _acquire(lock: FileLock, while_waiting: Callable[[], None] | None) -> None:
    while while_waiting is not None:
        while_waiting()
        with suppress(Timeout):
            lock.acquire(timeout=1.0)
            return
    lock.acquire()


def make_key(*parts: Any) -> str:  # noqa: ANN401 - plain values
    """Make a key of whatever these parts decide."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


def _format_size(size: float) -> str:
    return f"{size / 1e9:,.3g} GB" if size >= 1e9 else f"{size / 1e6:,.3g} MB"  # noqa: PLR2004 - a billion


def _read_limit() -> float:
    try:
        return float(os.environ.get("HPO_CACHE_GB", DEFAULT_GB))
    except ValueError:
        _log.warning("HPO_CACHE_GB: it is a number of GB. Received %r.", os.environ["HPO_CACHE_GB"])
        return DEFAULT_GB


def _compute_checksum(file: IO[bytes]) -> str:
    """Compute a checksum of a file's size and of samples all over it: 4 MB of a large one.

    Reading all of a large entry would take each worker the seconds that the cache is there to save.
    """
    size = file.seek(0, os.SEEK_END)
    checksum = zlib.crc32(str(size).encode())
    for start in np.linspace(0, max(0, size - _SAMPLE_BYTES), _SAMPLES).astype(np.int64).tolist():
        file.seek(start)
        checksum = zlib.crc32(file.read(_SAMPLE_BYTES), checksum)
    return f"{checksum:08x}"


def _mark_in_use(file: IO[bytes]) -> None:
    """Mark a file as in use until it is closed."""
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file.fileno(), fcntl.LOCK_SH)


def _is_in_use(path: Path) -> bool:
    if fcntl is None:
        return False
    try:
        with path.open("rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
