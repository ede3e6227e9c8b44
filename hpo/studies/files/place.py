"""The port of a place in which studies are kept: who works on a study, its database, its files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hpo.studies.address import StudyAddress
from hpo.studies.files.contents import StudyFiles
from hpo.studies.files.folder import StudyFolder
from hpo.studies.files.server import StudyServer
from hpo.studies.store.stored import StoredStudy

if TYPE_CHECKING:
    from hpo.studies.store.storage import StudyStorage


class StudyPlace(Protocol):
    """Where one study is kept, and others beside it; all that hpo asks of a database server or a folder."""

    @property
    def address(self) -> StudyAddress:
        """Of the study."""

    @property
    def files(self) -> StudyFiles:
        """The files of the study, whether or not there are any."""

    @property
    def studies(self) -> str:
        """What messages call the place in which others lie beside this one; without passwords."""

    def names(self) -> list[str]:
        """List the names of the studies in it, sorted."""

    def beside(self, name: str) -> StudyAddress:
        """Give the address of another study in it."""

    def exists(self) -> bool:
        """Whether there is such a study, or something in its place; also where it may not be looked at."""

    def identity(self) -> object:
        """Give what tells the study from another that takes its place."""

    def confirm_place(self, identity: object) -> None:
        """Check that the study is the one that had this identity.

        Raises:
            WorkError: it was removed, or moved, meanwhile.
        """

    def lock(self) -> AbstractContextManager[None]:
        """Hold the study: one process at a time leads it, which may change its space and its budget.

        The lock ends with the process, however it ends.

        Raises:
            StudyBusyError: another process holds it.
            UserError: the place cannot be written to.
        """

    def is_locked(self) -> bool:
        """Whether a process leads the study, or has joined in the work; nothing is written."""

    def join(self) -> AbstractContextManager[int]:
        """Have a place among those who join in the work, and change nothing but trials; nobody has to hold the study.

        Yields the number before that of the first worker, so that no two on this machine have the same.
        """

    def is_joined(self) -> bool:
        """Whether somebody has joined in the work; nothing is written."""

    def lock_worker(self, worker: int) -> AbstractContextManager[None]:
        """Hold the place of worker number `worker`, so that no run begins while one of an earlier run still writes.

        Raises:
            StudyBusyError: another process holds it.
            UserError: the place cannot be written to.
        """

    def await_workers(self) -> None:
        """Wait for workers whose supervisor was killed: they give their trials back and end by themselves.

        Raises:
            StudyBusyError: one does not end.
        """

    def reader(self) -> Callable[[], StoredStudy]:
        """Give what reads the study as it is at each call, without writing and without Optuna.

        The call raises UserError where there is no study to be read, StorageError where it cannot be read now.
        """

    def open_storage(self) -> StudyStorage:
        """Open the database of the study to work on it.

        Raises:
            UserError: it does not hold one study.
            StorageError: it cannot be read or written to.
        """

    def create_storage(self) -> AbstractContextManager[StudyStorage | None]:
        """Make the database of the study for the caller to fill; it is there as a whole or not at all.

        In place of the storage there is None where the study was made before.
        """

    def copy_database(self, target: Path) -> None:
        """Copy the study's record, as it is at one moment, to a new SQLite file.

        Raises:
            StorageError: it cannot be read.
        """

    @property
    def remark(self) -> str | None:
        """What people should know of the place before they work on a study in it."""

    def size(self) -> int:
        """Count the bytes that `remove` frees."""

    def remove(self) -> list[str]:
        """Remove the study, and return the names of what others have put beside its files, which stays.

        Raises:
            StudyBusyError: somebody works on it.
            UserError: it lies elsewhere.
            WorkError: something of it cannot be removed.
        """


PLACES: dict[str, Callable[[StudyAddress], StudyPlace]] = {
    "sqlite": StudyFolder,
    "postgresql": StudyServer,
    "mysql": StudyServer,
}
"""The kinds of places, by the scheme of the URL of the storage, without its driver."""


def open_place(address: StudyAddress) -> StudyPlace:
    """Open the place of a study.

    Raises:
        UserError: its storage is of a kind that hpo does not have.
    """
    kind = PLACES.get(address.storage.partition("://")[0].partition("+")[0])
    if kind is None:
        raise address.refusal()
    return kind(address)
