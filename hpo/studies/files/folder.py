"""A study's folder: where its database, models, reports and logs lie."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from hpo.errors import StudyBusyError, UserError, WorkError
from hpo.files import PARTIAL, fresh_file, open_log, partial_name

if TYPE_CHECKING:
    from filelock import FileLock
    from upath import UPath

DEFAULT_STUDIES = Path("studies")
"""The folder of studies where none is named."""
_MODEL_NAME = re.compile(r"trial-(\d+)\.keras")
_BESIDE = (".json", ".validation.npz", ".test.npz")
"""How the names of files end that lie beside a model."""
_LOCK_WAIT = 2.0
"""Seconds; whoever only looks whether a study is being worked on holds the lock for less."""
_WORKER_WAIT = 60.0
"""Seconds; a worker whose supervisor is gone ends after the batch, or the evaluation, that it is in."""


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """`studies/NAME/`: the database, the lock, and the files that trials leave."""

    path: Path

    @property
    def name(self) -> str:
        """The study's name."""
        return self.path.name

    @property
    def argument(self) -> str:
        """What names the study on a command line: its name where that is enough, else the path of its folder."""
        return self.name if self.path.parent == DEFAULT_STUDIES else shlex.quote(str(self.path))

    @property
    def database(self) -> Path:
        """The SQLite file that holds the study."""
        return self.path / "study.db"

    def has_database(self) -> bool:
        """Whether there is one, or something in its place; also where it may not be looked at."""
        try:
            self.database.lstat()
        except PermissionError:
            return True
        except (OSError, ValueError):  # no such folder, or no name that one can have
            return False
        return True

    @property
    def logs(self) -> Path:
        """Where workers write what engines print."""
        return self.path / "logs"

    @property
    def reports(self) -> Path:
        """Where pages are written."""
        return self.path / "reports"

    @property
    def models(self) -> ModelFiles:
        """The models kept for later."""
        return ModelFiles(self.path / "artifacts")

    def weights_of(self, study: str) -> Path:
        """Where the weights lie that some trials start from: a copy of another study's best model."""
        return self.path / "weights" / f"{study}.keras"

    def keep_weights(self, study: str, model: Path | UPath) -> None:
        """Copy a model of another study; the copy gets its name when it is whole.

        Raises:
            FileNotFoundError: there is no such model.
            UserError: the folder cannot be written to.
        """
        from upath import UPath

        target = self.weights_of(study)
        if not model.exists():
            raise FileNotFoundError(str(model))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with fresh_file(target) as partial:
                source = UPath(model)
                source.fs.get_file(source.path, str(partial))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise UserError(
                f"{target}: the weights that a study starts from are copied to its folder. Received: {error.strerror}. "
                "Make room, or allow writing."
            ) from error

    def identity(self) -> tuple[int, int] | None:
        """Which file the database is, whatever is put in its place; None where there is none."""
        try:
            found = self.database.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def confirm_place(self, identity: tuple[int, int] | None) -> None:
        """Hold that the study lies where it lay when it had this identity.

        Raises:
            WorkError: it was removed, or moved, meanwhile.
        """
        if self.identity() != identity:
            raise WorkError(
                f"study {self.name}: it stays where it is while it is worked on. Received {self.path}, where it is no "
                "more. If it was moved or renamed, `hpo resume` with its new name goes on."
            )

    def sweep(self) -> None:
        """Remove what processes that were killed have left half written; only for who holds the study alone."""
        for folder in (self.path, self.reports, self.path / "weights", self.path / "artifacts"):
            if folder != self.path and folder.is_symlink():
                continue  # it may hold what is somebody else's
            for left in (*folder.glob(f"*{PARTIAL}"), *folder.glob(f"*{PARTIAL}-*")):
                with suppress(OSError):
                    left.unlink()

    def log_file(self, worker: int) -> Path:
        """Where worker number `worker` writes what engines print."""
        return self.logs / f"worker-{worker}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the study: one process at a time hands out its trials.

        The operating system lets go of the lock when the process ends, however it ends.

        Raises:
            StudyBusyError: another process holds it.
            UserError: the folder cannot be made or written to.
        """
        from filelock import Timeout

        lock = self._lock()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=_LOCK_WAIT)
        except Timeout as error:
            raise StudyBusyError(
                f"study {self.name}: one process at a time works on a study. Received a study that another process is "
                "working on. Wait for it, or stop it; `--workers` runs several trials at once."
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield
        finally:
            lock.release()

    def is_locked(self) -> bool:
        """Whether a process is working on the study; the lock is asked, and neither made nor written to."""
        try:
            lock = os.open(self._lock_file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:  # there is none, or none of ours
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # a file system without locks
            return False
        finally:
            os.close(lock)  # which lets go of it
        return False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Wait until no other worker asks for a trial, so that each sees the configs of all others."""
        from filelock import FileLock

        lock = FileLock(self.path / "ask.lock", is_singleton=False)
        try:
            lock.acquire()
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def worker_locked(self, worker: int) -> Iterator[None]:
        """Hold a worker's place, so that no run begins while a worker of an earlier one still writes.

        Raises:
            StudyBusyError: another process holds it.
            UserError: the folder cannot be written to.
        """
        from filelock import FileLock, Timeout

        places = self.path / "workers"
        lock = FileLock(places / f"{worker}.lock", is_singleton=False)
        try:
            places.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=_WORKER_WAIT)
        except Timeout as error:
            raise StudyBusyError(
                f"study {self.name}: a run begins when the workers of the one before have ended. Received worker "
                f"{worker} of an earlier run, which is still there after {_WORKER_WAIT:g} s. Wait for it, or end it."
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield
        finally:
            lock.release()

    def await_workers(self) -> None:
        """Wait for workers whose supervisor was killed: they give their trials back and end by themselves.

        Raises:
            StudyBusyError: one does not end.
        """
        for place in (self.path / "workers").glob("*.lock"):
            if place.stem.isdecimal():
                with self.worker_locked(int(place.stem)):
                    pass

    def open_log(self, worker: int) -> IO[bytes]:
        """Where worker number `worker` writes what engines print, opened to be added to.

        Raises:
            UserError: the folder cannot be written to.
        """
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            return open_log(self.log_file(worker))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> UserError:
        place = error.filename or self.path
        if error.errno == errno.ELOOP:
            return UserError(f"{place}: it is a file that hpo makes. Received a link. Remove the link.")
        return UserError(
            f"{place}: studies are kept in a folder that can be written to. Received: {error.strerror}. "
            "Allow writing, make room, or name another folder by --studies."
        )

    @property
    def _lock_file(self) -> Path:
        return self.path / "lock"

    def _lock(self) -> FileLock:
        from filelock import FileLock

        return FileLock(self._lock_file, is_singleton=False)


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Trained models by trial number, in a folder or behind any fsspec URL."""

    root: Path | UPath

    def path(self, number: int) -> Path | UPath:
        """Where the model of a trial lies, if it was kept."""
        return self.root / f"trial-{number}.keras"

    def find(self, number: int) -> Path | None:
        """The path of the model of a trial; None where it was not kept."""
        path = self.path(number)
        if not (self.root.is_dir() and path.exists()):
            return None
        return path if isinstance(path, Path) else Path(path.path)

    def put(self, number: int, write: Callable[[Path], None]) -> None:
        """Keep a model, and what lies beside it.

        Args:
            number: its trial.
            write: writes to the local path that it is given, or to others with the same stem (`trial-3.json` beside
                `trial-3.keras`). Each file gets its name when it is whole, the model the last.
        """
        from upath import UPath  # here, since it takes a tenth of the time of looking at a study

        root = UPath(self.root)
        root.mkdir(parents=True, exist_ok=True)
        partial = root / partial_name()
        try:
            with tempfile.TemporaryDirectory() as folder:
                write(Path(folder) / self.path(number).name)
                for local in sorted(Path(folder).iterdir(), key=lambda path: path.suffix == ".keras"):
                    root.fs.put_file(str(local), partial.path)
                    root.fs.mv(partial.path, (root / local.name).path)
        except BaseException:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise

    def describe(self, number: int) -> dict[str, Any]:
        """What is said of the model of a trial in the JSON beside it; nothing where there is none that can be read."""
        try:
            described: dict[str, Any] = json.loads((self.root / f"trial-{number}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return described if isinstance(described, dict) else {}

    def numbers(self) -> list[int]:
        """The trials whose models were kept."""
        if not self.root.is_dir():
            return []
        found = (_MODEL_NAME.fullmatch(path.name) for path in self.root.iterdir())
        return sorted(int(match[1]) for match in found if match)

    def remove(self, number: int) -> None:
        """Forget a model and what lies beside it, the model the last; nothing happens where there is none."""
        for suffix in _BESIDE:
            (self.root / f"trial-{number}{suffix}").unlink(missing_ok=True)
        self.path(number).unlink(missing_ok=True)
