"""Files by name, in a folder or behind an fsspec URL: whole or not there, seen by all as they are now."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hpo.errors import StorageError, UserError
from hpo.files import PARTIAL, fresh_file
from hpo.studies.address import nearby

if TYPE_CHECKING:
    from upath import UPath

T = TypeVar("T")

WORK_PATIENCE = 120.0
"""Seconds for which a worker tries again: a minute of refused connections, and what it takes to be back."""
LOOK_PATIENCE = 10.0
"""The same for who looks, and waits for an answer."""
_NOT_RETRIED = (PermissionError, IsADirectoryError, NotADirectoryError, ImportError, NotImplementedError, ValueError)
_FIRST_DELAY, _LONGEST_DELAY = 0.25, 10.0


@dataclass(frozen=True, slots=True)
class FileStore:
    """A folder of files on this machine, or behind any fsspec URL; names are relative, with `/` between their parts.

    On a folder, a file is written aside and moved into place. An object store has no such move (`rename` is a copy and
    a removal, and `replace` is not there): one PUT is what happens as a whole. A write through `open("wb")` that fails
    uploads its first half under the final name, so bytes are made first, in a file of this machine.

    Attributes:
        root: the folder.
        patience: seconds for which a server that does not answer is asked again.
    """

    root: Path | UPath
    patience: float = WORK_PATIENCE

    def path(self, name: str) -> Path | UPath:
        """Give the path of a file, whether or not it is there."""
        return self.root / name

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        path = self.path(name)
        return self._ask(lambda: bool(path.exists()))

    def sizes(self, folder: str = "") -> dict[str, int]:
        """List the files in a folder and in those below it: bytes by name, sorted; nothing where it is not there."""
        if isinstance(self.root, Path):
            sizes = {}
            start = self.root / folder
            for file in start.rglob("*") if start.is_dir() else ():
                with suppress(OSError):  # removed meanwhile
                    if not file.name.endswith(PARTIAL) and file.is_file():
                        sizes[file.relative_to(self.root).as_posix()] = file.stat().st_size
        else:
            fs, root = self.root.fs, self.root.path.rstrip("/")
            entries = {}
            with suppress(FileNotFoundError):
                entries = self._ask(lambda: fs.find(f"{root}/{folder}".rstrip("/"), detail=True))
            sizes = {path.removeprefix(f"{root}/"): entry["size"] or 0 for path, entry in entries.items()}
        return dict(sorted(sizes.items()))

    def read(self, name: str) -> bytes:
        """Read a file.

        Raises:
            FileNotFoundError: it is not there.
            OSError: this machine's disk cannot be read.
            StorageError: the server does not give it.
        """
        return self._ask(self.path(name).read_bytes)

    @contextmanager
    def open_local(self, name: str) -> Iterator[Path]:
        """Give the path of a file, or of a copy of it on this machine, while the block lasts; raises as `read` does."""
        path = self.path(name)
        if isinstance(path, Path):
            yield path
            return
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / path.name
            self._ask(lambda: path.fs.get_file(path.path, str(copy)))
            yield copy

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        """Keep a file, in the place of one that had its name.

        Args:
            name: of the file.
            write: writes to the local path that it is given; what it raises is raised, but for errors of the disk.

        Raises:
            StorageError: there is no room, no right to write, or no server that answers.
        """
        path = self.path(name)
        if isinstance(path, Path):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with fresh_file(path) as unfinished:
                    write(unfinished)
            except OSError as error:
                raise self._error(error) from error
        else:
            with scratch_folder() as folder:
                write(folder / path.name)
                self.put_file(name, folder / path.name)

    def put_file(self, name: str, local: Path) -> None:
        """Keep a copy of a file of this machine under a name; raises as `put` does."""
        path = self.path(name)
        if isinstance(path, Path):
            self.put(name, partial(shutil.copyfile, local))
            return
        try:
            self._ask(lambda: path.fs.put_file(str(local), path.path))
        except FileNotFoundError as error:  # an object store makes folders, and no buckets
            raise self._error(error) from error

    def put_bytes(self, name: str, data: bytes) -> None:
        """Keep bytes under a name; raises as `put` does."""
        self.put(name, lambda path: path.write_bytes(data))

    def remove(self, *names: str) -> None:
        """Remove files in this order; those that are not there are passed over.

        Raises:
            StorageError: one cannot be removed.
        """
        for name in names:
            path = self.path(name)
            with suppress(FileNotFoundError):
                if isinstance(path, Path):
                    try:
                        path.unlink(missing_ok=True)
                    except OSError as error:
                        raise self._error(error) from error
                else:
                    self._ask(lambda path=path: path.fs.rm_file(path.path))  # type: ignore[misc]
        if isinstance(self.root, Path):
            for parent in {self.path(name).parent for name in names} - {self.root}:
                with suppress(OSError):  # it holds others
                    parent.rmdir()

    def _ask(self, call: Callable[[], T]) -> T:
        """Call the server, again where it does not answer; a folder is asked once, and raises what it raises."""
        if isinstance(self.root, Path):
            return call()
        end, delay = time.monotonic() + self.patience, _FIRST_DELAY
        while True:
            try:
                return call()
            except FileNotFoundError:
                raise
            except Exception as error:  # of botocore, aiohttp, paramiko, ...: they have no common base
                may_pass = not isinstance(error, _NOT_RETRIED) and "Credential" not in type(error).__name__
                if not may_pass or time.monotonic() + delay > end:
                    raise self._error(error) from error
            time.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY)

    def _error(self, error: Exception) -> StorageError:
        if isinstance(self.root, Path):
            return _describe(nearby(self.root), error, "Make room, or allow writing.")
        remedy = "Check that its server runs, and that the credentials in the environment are allowed to write there."
        return _describe(str(self.root), error, remedy)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give an empty folder on this machine, while the block lasts.

    Raises:
        StorageError: in the block, the disk could not be written to.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    except OSError as error:
        remedy = "Make room there, or name another folder by TMPDIR."
        raise _describe(tempfile.gettempdir(), error, remedy) from error


def open_files(url: str | Path) -> Path | UPath:
    """Open the root of files: a folder of this machine, or the folder that an fsspec URL names.

    The listing cache of fsspec never ends: after one listing, files that others wrote would not exist, and those that
    they removed still would (2026.9). So there is none.

    Raises:
        UserError: the URL has a password in it, or needs a package that is not installed.
    """
    text = str(url)
    scheme, separator, rest = text.partition("://")
    if not separator:
        return Path(text)
    if scheme in {"file", "local"}:
        return Path(rest)
    if ":" in rest.partition("/")[0].rpartition("@")[0] or "?" in rest:
        raise UserError(
            f"files: the URL of a study's files holds no password and no key. Received one of {scheme} that does. "
            "Give credentials in the environment, or in the configuration of fsspec."
        )
    from upath import UPath  # here, since it takes a tenth of the time of looking at a study

    try:
        options: Any = {} if scheme in {"sftp", "ssh"} else {"use_listings_cache": False}  # paramiko would be given it
        path: UPath = UPath(text, **options)
        path.fs  # noqa: B018 - which imports what it needs
    except (ImportError, ValueError) as error:
        remedy = "Type: pip install 'hpo[s3]'" if scheme in {"s3", "s3a"} else "Install what fsspec needs for it"
        raise UserError(f"files: {scheme}:// names a file system of fsspec. Received: {error}. {remedy}.") from error
    return path


def _describe(place: Path | str, error: Exception, remedy: str) -> StorageError:
    cause = getattr(error, "strerror", None) or str(error).partition("\n")[0] or type(error).__name__
    return StorageError(f"{place}: models and checkpoints are kept there. Received: {cause.rstrip('.')}. {remedy}")
