"""Where a study may go: a name that studies can have, a place that no other has, and room."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from hpo.errors import StudyConflictError, UserError
from hpo.spaces.sections.keys import STUDY_NAME
from hpo.studies.address import nearby
from hpo.studies.store.sqlite.reading import is_there


def check_name(name: str, option: str) -> str:
    """Give a name back that a study can have.

    Args:
        name: as it was given.
        option: by which another is given.

    Raises:
        UserError: no study can have it.
    """
    if not re.fullmatch(STUDY_NAME, name):
        raise UserError(
            f"{option}: a study's name has letters, digits, '.', '_' and '-', begins with one of the first two, "
            f"at most 100. Received {name!r}. Give another by {option}."
        )
    return name


def refuse_existing(folder: Path, option: str) -> None:
    """Check that nothing has the place of a study yet.

    Raises:
        StudyConflictError: something has.
    """
    if is_there(folder):
        raise StudyConflictError(
            f"study {folder.name}: no study takes the place of another. Received {nearby(folder)}, which is there. "
            f"Give another name by {option}."
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
