"""Where a study may go: a name that studies can have, a place that no other has, room, and a folder to be filled."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from hpo.errors import StudyConflictError, UserError
from hpo.files import is_partial_name, partial_name
from hpo.spaces.sections.keys import STUDY_NAME
from hpo.studies.address import nearby
from hpo.studies.store.sqlite.reading import is_there


def check_name(name: str, remedy: str) -> str:
    """Give a name back that a study can have.

    Args:
        name: as it was given.
        remedy: how another is given.

    Raises:
        UserError: no study can have it.
    """
    if not re.fullmatch(STUDY_NAME, name):
        raise UserError(
            "study: its name has letters, digits, '.', '_' and '-', begins with one of the first two, at most 100. "
            f"Received {name!r}. {remedy}."
        )
    return name


def refuse_existing(folder: Path, remedy: str) -> None:
    """Check that nothing has the place of a study yet.

    Raises:
        StudyConflictError: something has.
    """
    if is_there(folder):
        raise StudyConflictError(
            f"study {folder.name}: no study takes the place of another. Received {nearby(folder)}, which is there. "
            f"{remedy}."
        )


def check_room(folder: Path, size: int) -> None:
    """Check that there is room for so many bytes below a folder, which may not be there yet.

    Raises:
        UserError: there is not.
    """
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.is_dir())
    free = shutil.disk_usage(existing).free
    if size > free:
        raise UserError(
            f"{nearby(folder)}: a study is unpacked there. Received {size / 1e6:,.0f} MB, where {free / 1e6:,.0f} MB "
            "are free. Make room, or name another folder by --studies (`studies` in Python)."
        )


@contextmanager
def partial_folder(parent: Path) -> Iterator[Path]:
    """Make a hidden folder for a study that gets its name when it is whole; what is left there is removed at the end.

    It is locked as long as the process lives, by which `remove_abandoned` tells it from that of a killed one.

    Raises:
        OSError: it cannot be made.
    """
    parent.mkdir(parents=True, exist_ok=True)
    partial = parent / partial_name()
    with ExitStack() as stack:
        with _lock(parent):
            partial.mkdir()
            stack.enter_context(_lock(partial))
        stack.callback(shutil.rmtree, partial, ignore_errors=True)
        yield partial


def remove_abandoned(parent: Path) -> None:
    """Remove the partial folders of processes that were killed while they filled them.

    Raises:
        OSError: the parent cannot be read.
    """
    if not parent.is_dir():
        return
    with _lock(parent):
        for partial in (path for path in parent.iterdir() if is_partial_name(path.name)):
            with suppress(OSError):  # it is locked, is no folder, or cannot be locked on this file system
                descriptor = os.open(partial, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(partial, ignore_errors=True)
                finally:
                    os.close(descriptor)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # a file system without locks for folders, on which nothing is removed
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
