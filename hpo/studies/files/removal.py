"""A study is removed: what hpo has put into its folder, and nothing that lies elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from hpo.errors import UserError, WorkError
from hpo.studies.address import command_argument, nearby

_OWN = (
    "study.db", "study.db-wal", "study.db-shm", "study.db-journal", "space.yaml", "artifacts", "checkpoints", "exports",
    "logs", "reports", "weights", "workers", "tracking", "tensorboard", "wandb", "*.partial", ".*.partial",
    "study.partial-*", "lock", "ask.lock",
)  # fmt: skip
"""What hpo puts into a study's folder, the database first: without it, there is no study any more."""


def folder_size(folder: Path) -> int:
    """Count the bytes that would be removed."""
    return sum(
        file.lstat().st_size
        for entry in _entries(folder)
        for file in ([entry] if entry.is_symlink() or not entry.is_dir() else entry.rglob("*"))
        if file.is_symlink() or file.is_file()
    )


def refuse_link(folder: Path) -> None:
    """Check that a folder is none that lies elsewhere.

    Raises:
        UserError: it is a link.
    """
    if folder.is_symlink():
        raise UserError(
            f"{nearby(folder)}: a study is removed where it lies. Received a link to {folder.resolve()}. Remove "
            f"the link by hand, or type: hpo rm {command_argument(folder.resolve())}"
        )


def remove_folder(folder: Path) -> list[str]:
    """Remove what hpo has put into a study's folder, and the folder, if nothing else is in it; links are not followed.

    Returns:
        The names of what somebody else has put there, and was left.

    Raises:
        WorkError: something of it cannot be removed.
    """
    try:
        for entry in _entries(folder):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)
        names = sorted(path.name for path in folder.iterdir())
        if not names:
            folder.rmdir()
    except OSError as error:
        raise WorkError(
            f"study {folder.name}: what is in its folder can be removed. Received {error.filename}: {error.strerror}. "
            "Allow writing there, or remove the folder by hand."
        ) from error
    return names


def _entries(folder: Path) -> Iterator[Path]:
    for pattern in _OWN:
        yield from sorted(folder.glob(pattern))
