"""The place of a study in a local folder: whether it is there, and who works on it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hpo.errors import StudyBusyError, WorkError
from hpo.studies.files.address import DATABASE, StudyAddress
from hpo.studies.files.contents import StudyFiles, unwritable

_LOCK_WAIT = 2.0
"""Seconds; whoever only looks whether a study is being worked on holds the lock for less."""
_WORKER_WAIT = 60.0
"""Seconds; a worker whose supervisor is gone ends after the batch, or the evaluation, that it is in."""


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """`studies/NAME/`: the database and the locks; what trials leave there is in `StudyFiles`."""

    path: Path

    @property
    def name(self) -> str:
        """The study's name."""
        return self.path.name

    @property
    def studies(self) -> Path:
        """The folder of studies, in which others lie beside this one."""
        return self.path.parent

    def beside(self, name: str) -> StudyAddress:
        """Give the address of another study in the same place."""
        return StudyAddress.in_folder(self.studies / name)

    def has_database(self) -> bool:
        """Whether there is one, or something in its place; also where it may not be looked at."""
        try:
            (self.path / DATABASE).lstat()
        except PermissionError:
            return True
        except (OSError, ValueError):  # no such folder, or no name that one can have
            return False
        return True

    def identity(self) -> tuple[int, int] | None:
        """Which file the database is, whatever is put in its place; None where there is none."""
        return file_identity(self.path / DATABASE)

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

    def locked(self) -> AbstractContextManager[None]:
        """Hold the study: one process at a time hands out its trials.

        The operating system lets go of the lock when the process ends, however it ends.

        Raises:
            StudyBusyError: another process holds it.
            UserError: the folder cannot be made or written to.
        """
        return self._hold(
            self.path / "lock",
            _LOCK_WAIT,
            "one process at a time works on a study. Received a study that another process is working on. Wait for it, "
            "or stop it; `--workers` runs several trials at once.",
        )

    def is_locked(self) -> bool:
        """Whether a process is working on the study; the lock is asked, and neither made nor written to."""
        try:
            lock = os.open(self.path / "lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
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

    def asking(self) -> AbstractContextManager[None]:
        """Wait until no other worker asks for a trial, so that each sees the configs of all others."""
        return self._hold(self.path / "ask.lock", makes_folder=False)

    def worker_locked(self, worker: int) -> AbstractContextManager[None]:
        """Hold a worker's place, so that no run begins while a worker of an earlier one still writes.

        Raises:
            StudyBusyError: another process holds it.
            UserError: the folder cannot be written to.
        """
        return self._hold(
            self.path / "workers" / f"{worker}.lock",
            _WORKER_WAIT,
            f"a run begins when the workers of the one before have ended. Received worker {worker} of an earlier run, "
            f"which is still there after {_WORKER_WAIT:g} s. Wait for it, or end it.",
        )

    def await_workers(self) -> None:
        """Wait for workers whose supervisor was killed: they give their trials back and end by themselves.

        Raises:
            StudyBusyError: one does not end.
        """
        for place in (self.path / "workers").glob("*.lock"):
            if place.stem.isdecimal():
                with self.worker_locked(int(place.stem)):
                    pass

    @contextmanager
    def _hold(self, path: Path, timeout: float = -1, busy: str = "", *, makes_folder: bool = True) -> Iterator[None]:
        from filelock import FileLock, Timeout

        lock = FileLock(path, is_singleton=False)
        try:
            if makes_folder:
                path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=timeout)
        except Timeout as error:
            raise StudyBusyError(f"study {self.name}: {busy}") from error
        except OSError as error:
            raise unwritable(self.path, error) from error
        try:
            yield
        finally:
            lock.release()


def open_place(address: StudyAddress) -> StudyFolder:
    """Open the place of a study: whether it is there, and who works on it; every kind of storage is told apart here.

    Raises:
        UserError: its storage is of a kind that hpo does not have.
    """
    return StudyFolder(address.database.parent)


def open_files(address: StudyAddress) -> StudyFiles:
    """Open the files of a study, whether or not there are any."""
    return StudyFiles(Path(address.files))


def file_identity(path: Path) -> tuple[int, int] | None:
    """Which file has that name, whatever it is called elsewhere; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
