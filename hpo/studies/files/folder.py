"""The place of studies on this machine: a folder for each, with an SQLite file and locks in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpo.errors import StudyBusyError, UserError, WorkError
from hpo.studies.address import DATABASE, StudyAddress, nearby
from hpo.studies.files.contents import StudyFiles, explain_unwritable
from hpo.studies.files.joining import FIRST_JOINED, is_held, is_joined, join_in
from hpo.studies.files.removal import folder_size, refuse_link, remove_folder
from hpo.studies.store.copying import copy_file
from hpo.studies.store.patience import SECONDS
from hpo.studies.store.sqlite.file_systems import network_file_system
from hpo.studies.store.sqlite.reading import StudyReader, file_identity, is_there
from hpo.studies.store.stored import StoredStudy

if TYPE_CHECKING:
    from hpo.studies.store.storage import StudyStorage


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """`studies/NAME/`, a `StudyPlace`.

    Attributes:
        address: of the study.
        lock_wait: seconds to wait for its lock; whoever only looks whether it is worked on holds it for less.
        worker_wait: seconds to wait for a worker of an earlier run, which ends after the batch, or the evaluation, that
            it is in.
        busy_wait: seconds for which another process may lock the database before that is an error.
    """

    address: StudyAddress
    lock_wait: float = 2.0
    worker_wait: float = 60.0
    busy_wait: float = SECONDS

    @property
    def path(self) -> Path:
        """The folder with the database and the locks."""
        return self.address.database.parent

    @property
    def files(self) -> StudyFiles:
        """See `StudyPlace`."""
        return StudyFiles.of(self.address)

    @property
    def studies(self) -> str:
        """The folder of studies."""
        return str(nearby(self.path.parent))

    def names(self) -> list[str]:
        """See `study_names`."""
        return study_names(self.path.parent)

    def beside(self, name: str) -> StudyAddress:
        """See `StudyPlace`."""
        files = self.address.files.removesuffix(f"/{self.address.name}")
        return StudyAddress.named(name, self.path.parent, files=None if files == str(self.path.parent) else files)

    def exists(self) -> bool:
        """See `StudyPlace`."""
        return is_there(self.address.database)

    def identity(self) -> object:
        """Tell which file the database is, whatever is put in its place; None where there is none."""
        return file_identity(self.address.database)

    def confirm_place(self, identity: object) -> None:
        """See `StudyPlace`."""
        if self.identity() != identity:
            raise WorkError(
                f"study {self.address.name}: it stays where it is while it is worked on. Received {nearby(self.path)}, "
                "where it is no more. If it was moved or renamed, `hpo resume` with its new name goes on."
            )

    def lock(self) -> AbstractContextManager[None]:
        """See `StudyPlace`; the operating system lets go of the lock when the process ends."""
        return self._hold(
            self.path / "lock",
            self.lock_wait,
            "one process at a time works on a study. Received a study that another process is working on. Wait for it, "
            "or stop it; `--workers` runs several trials at once.",
        )

    def is_locked(self) -> bool:
        """See `StudyPlace`."""
        return is_held(self.path / "lock") or self.is_joined()

    def join(self) -> AbstractContextManager[int]:
        """See `StudyPlace`."""
        return join_in(self.path)

    def is_joined(self) -> bool:
        """See `StudyPlace`."""
        return is_joined(self.path)

    def lock_worker(self, worker: int) -> AbstractContextManager[None]:
        """See `StudyPlace`."""
        return self._hold(
            self.path / "workers" / f"{worker}.lock",
            self.worker_wait,
            f"a run begins when the workers of the one before have ended. Received worker {worker} of an earlier run, "
            f"which is still there after {self.worker_wait:g} s. Wait for it, or end it.",
        )

    def await_workers(self) -> None:
        """See `StudyPlace`."""
        for file in (self.path / "workers").glob("*.lock"):
            if file.stem.isdecimal() and int(file.stem) < FIRST_JOINED:
                with self.lock_worker(int(file.stem)):
                    pass

    def reader(self) -> Callable[[], StoredStudy]:
        """See `StudyPlace`."""
        return StudyReader(self.address).read

    def open_storage(self) -> StudyStorage:
        """See `StudyPlace`."""
        from hpo.studies.store.sqlite.storage import open_storage

        return open_storage(self.address, self.busy_wait)

    def create_storage(self) -> AbstractContextManager[StudyStorage | None]:
        """See `StudyPlace`."""
        from hpo.studies.store.sqlite.storage import create_storage

        return create_storage(self.address, self.busy_wait)

    def copy_database(self, target: Path) -> None:
        """See `StudyPlace`."""
        copy_file(self.address.database, target)

    @property
    def remark(self) -> str | None:
        """See `StudyPlace`: whether other machines can write to it, where locks are not reliable."""
        kind = network_file_system(self.path)
        if kind is None:
            return None
        return (
            f"study {self.address.name}: {nearby(self.path)} lies on a network file system ({kind}), whose locks may "
            "not hold between machines. Work on it from one machine at a time, or keep studies of several machines on "
            "a database server: --storage postgresql+psycopg://USER@HOST/DATABASE."
        )

    def size(self) -> int:
        """See `StudyPlace`."""
        return folder_size(self.path) + self.files.size_elsewhere()

    def remove(self) -> list[str]:
        """See `StudyPlace`; links are removed and not followed."""
        refuse_link(self.path)
        with self.lock():
            self.await_workers()
            self.files.remove_elsewhere()
            return remove_folder(self.path)

    @contextmanager
    def _hold(self, path: Path, timeout: float, busy: str) -> Iterator[None]:
        from filelock import FileLock, Timeout

        lock = FileLock(path, is_singleton=False)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=timeout)
        except Timeout as error:
            raise StudyBusyError(f"study {self.address.name}: {busy}") from error
        except OSError as error:
            raise explain_unwritable(self.path, error) from error
        try:
            yield
        finally:
            lock.release()


def study_names(studies: Path) -> list[str]:
    """List the names of the studies in a folder, sorted; also of those that may not be looked at.

    Raises:
        UserError: the folder cannot be read.
    """
    try:
        folders = [path for path in studies.iterdir() if not path.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(
            f"{nearby(studies)}: it is a folder of studies. Received: {error.strerror}. "
            "Name another by --studies (`studies` in Python)."
        ) from error
    return sorted(path.name for path in folders if is_there(path / DATABASE))
