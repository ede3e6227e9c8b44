"""A study gets another name, or another folder."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

from hpo.errors import StudyNotFoundError, UserError, WorkError
from hpo.studies.address import DATABASE, StudyAddress, nearby
from hpo.studies.files.contents import StudyFiles
from hpo.studies.files.finding import explain_missing
from hpo.studies.files.place import open_place
from hpo.studies.files.removal import refuse_link
from hpo.studies.store.sqlite.reading import is_there
from hpo.studies.transfer.destination import (
    check_name,
    check_room,
    partial_folder,
    refuse_existing,
    remove_abandoned,
)

_REMEDY = "Give it another name"


def move_study(address: StudyAddress, new: str) -> StudyAddress:
    """Give a study another name or another folder.

    Args:
        address: of the study, whose database is a file.
        new: its name, beside where it is; or a path, of the folder that it becomes, or of one that it is put into.

    Returns:
        Its address from now on.

    Raises:
        StudyNotFoundError: there is no such study.
        UserError: it is kept on a server, or the name or the folder cannot be had.
        StudyBusyError: somebody works on it.
        StudyConflictError: something is there already.
    """
    folder, place = Path(address.folder), open_place(address)
    if not place.exists():
        raise StudyNotFoundError(explain_missing(address))
    if not address.is_local:
        raise UserError(
            f"study {address.name}: a study that is moved is a folder. Received one on a database server. Make "
            f"a bundle of it, which another name can be given: hpo bundle {address.argument}"
        )
    refuse_link(folder)
    target = _choose_folder(folder, new)
    refuse_existing(target, "Move the study to another name or folder")
    with place.lock():
        place.await_workers()
        moved = StudyAddress.in_folder(target)
        if place.files.root is not None:
            moved = replace(moved, files=f"{address.files.rpartition('/')[0]}/{target.name}")
            if moved.files != address.files:
                place.files.copy_to(StudyFiles.of(moved))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _move_folder(folder, target)
        except OSError as error:
            reason = f"{nearby(Path(error.filename or target))}: {error.strerror or error}"
            raise WorkError(
                f"study {address.name}: it is moved to {nearby(target)}. Received {reason}. It stays where it was. "
                "Allow writing there, or name another folder."
            ) from error
        if moved.files != address.files:
            place.files.remove_elsewhere()
    return moved


def _choose_folder(folder: Path, new: str) -> Path:
    path = Path(new).expanduser()
    if len(path.parts) == 1 and path.name == new:
        return folder.parent / check_name(new, _REMEDY)
    if (new.endswith("/") or path.is_dir()) and not is_there(path / DATABASE):
        path /= folder.name
    else:
        check_name(path.name, _REMEDY)
    if folder.resolve() in path.resolve().parents:
        raise UserError(
            f"study {folder.name}: a study is moved out of its folder. Received {new}, which is in it. "
            "Name another folder."
        )
    return path


def _move_folder(folder: Path, target: Path) -> None:
    try:
        os.rename(folder, target)
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    remove_abandoned(target.parent)
    check_room(target.parent, sum(file.lstat().st_size for file in folder.rglob("*")))
    with partial_folder(target.parent) as partial:
        shutil.copytree(folder, partial, symlinks=True, dirs_exist_ok=True)
        os.rename(partial, target)
    shutil.rmtree(folder)
