"""A study is removed: what hpo has put into its folder, and nothing that lies elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from hpo.errors import UserError, WorkError
from hpo.studies.files.address import StudyAddress, command_argument
from hpo.studies.files.folder import open_place

_OWN = (
    "study.db", "study.db-wal", "study.db-shm", "study.db-journal", "space.yaml", "artifacts", "checkpoints", "logs",
    "reports", "weights", "workers", "*.partial", ".*.partial", "study.partial-*", "lock", "ask.lock",
)  # fmt: skip
"""What hpo puts into a study's folder, the database first: without it, there is no study any more."""


def study_size(address: StudyAddress) -> int:
    """How many bytes would be removed."""
    return sum(
        file.lstat().st_size
        for entry in _entries(open_place(address).path)
        for file in ([entry] if entry.is_symlink() or not entry.is_dir() else entry.rglob("*"))
        if file.is_symlink() or file.is_file()
    )


def remove_study(address: StudyAddress) -> list[Path]:
    """Remove a study; links are removed and not followed.

    Args:
        address: of a study that is there.

    Returns:
        What somebody else has put into the folder, and was left there.

    Raises:
        StudyBusyError: somebody works on it.
        UserError: the folder is a link to another place.
        WorkError: something of it cannot be removed.
    """
    folder = open_place(address)
    if folder.path.is_symlink():
        raise UserError(
            f"{folder.path}: a study is removed where it lies. Received a link to {folder.path.resolve()}. Remove the "
            f"link by hand, or type: hpo rm {command_argument(str(folder.path.resolve()))}"
        )
    with folder.locked():
        folder.await_workers()
        try:
            for entry in _entries(folder.path):
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink(missing_ok=True)
            left = sorted(folder.path.iterdir())
            if not left:
                folder.path.rmdir()
        except OSError as error:
            raise WorkError(
                f"study {folder.name}: what is in its folder can be removed. Received {error.filename}: "
                f"{error.strerror}. Allow writing there, or remove the folder by hand."
            ) from error
    return left


def _entries(folder: Path) -> Iterator[Path]:
    for pattern in _OWN:
        yield from sorted(folder.glob(pattern))
