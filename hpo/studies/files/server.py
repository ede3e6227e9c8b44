"""The place of studies on a database server: several in one database, their files wherever the address says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hpo.errors import StorageError, WorkError
from hpo.studies.address import StudyAddress
from hpo.studies.files.contents import StudyFiles
from hpo.studies.files.joining import join_in
from hpo.studies.files.removal import folder_size, remove_folder
from hpo.studies.store.server.reading import ServerReader
from hpo.studies.store.stored import StoredStudy

if TYPE_CHECKING:
    from hpo.studies.store.storage import StudyStorage


@dataclass(frozen=True, slots=True)
class StudyServer:
    """A study in a database of PostgreSQL's or MySQL's, a `StudyPlace`."""

    address: StudyAddress

    @property
    def files(self) -> StudyFiles:
        """See `StudyPlace`."""
        return StudyFiles.of(self.address)

    @property
    def studies(self) -> str:
        """The database."""
        return self.address.safe_storage

    def names(self) -> list[str]:
        """See `StudyPlace`."""
        return self._reader.names()

    def beside(self, name: str) -> StudyAddress:
        """See `StudyPlace`."""
        address = self.address
        folder, end = str(Path(address.folder).parent / name), f"/{address.name}"
        files = f"{address.files.removesuffix(end)}/{name}" if address.files.endswith(end) else folder
        return replace(address, files=files, name=name, folder=folder)

    def exists(self) -> bool:
        """See `StudyPlace`."""
        return self._reader.study_id() is not None

    def identity(self) -> object:
        """Give Optuna's id of the study; None where there is none."""
        return self._reader.study_id()

    def confirm_place(self, identity: object) -> None:
        """See `StudyPlace`; a server that does not answer has not removed it."""
        with suppress(StorageError):
            if self.identity() != identity:
                raise WorkError(
                    f"study {self.address.name}: it stays in {self.studies} while it is worked on. Received a name "
                    "that is not there any more, or another study's. If it was removed, `hpo run` begins it anew."
                )

    def lock(self) -> AbstractContextManager[None]:
        """See `StudyPlace`; it is a lease, since a server has no locks that end with a process of another machine."""
        from hpo.studies.store.server.leading import lead

        return lead(self.address)

    def is_locked(self) -> bool:
        """See `StudyPlace`."""
        from hpo.studies.store.server.leading import is_worked_on

        return is_worked_on(self.address)

    @contextmanager
    def join(self) -> Iterator[int]:
        """See `StudyPlace`."""
        from hpo.studies.store.server.leading import take_part

        with join_in(Path(self.address.folder)) as first, take_part(self.address):
            yield first

    def is_joined(self) -> bool:
        """See `StudyPlace`."""
        from hpo.studies.store.server.leading import is_joined

        return is_joined(self.address)

    def lock_worker(self, worker: int) -> AbstractContextManager[None]:
        """See `StudyPlace`; a worker of an earlier run has lost its lease, and can write no more."""
        return nullcontext()

    def await_workers(self) -> None:
        """See `StudyPlace`."""

    def reader(self) -> Callable[[], StoredStudy]:
        """See `StudyPlace`."""
        return self._reader.read

    def open_storage(self) -> StudyStorage:
        """See `StudyPlace`."""
        from hpo.studies.store.server.storage import open_storage

        return open_storage(self.address)

    def create_storage(self) -> AbstractContextManager[StudyStorage | None]:
        """See `StudyPlace`."""
        from hpo.studies.store.server.storage import create_storage

        return create_storage(self.address)

    def copy_database(self, target: Path) -> None:
        """See `StudyPlace`."""
        from hpo.studies.store.copying import copy_to_file

        with closing(self.open_storage()) as storage:
            copy_to_file(storage, target)

    @property
    def remark(self) -> None:
        """See `StudyPlace`."""
        return

    def size(self) -> int:
        """See `StudyPlace`; what the server keeps is not counted."""
        return folder_size(Path(self.address.folder)) + self.files.size_elsewhere()

    def remove(self) -> list[str]:
        """See `StudyPlace`."""
        from hpo.studies.store.server.storage import open_storage

        with self.lock():
            with closing(open_storage(self.address)) as storage:
                storage.delete_study(storage.study._study_id)
            self.files.remove_elsewhere()
            folder = Path(self.address.folder)
            return remove_folder(folder) if folder.is_dir() else []

    @property
    def _reader(self) -> ServerReader:
        return ServerReader(self.address)
