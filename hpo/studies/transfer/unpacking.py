"""A bundle becomes a study: as a whole or not at all, and never in the place of another."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hpo.errors import UserError
from hpo.files import partial_name
from hpo.studies.address import StudyAddress, nearby
from hpo.studies.files.place import open_place
from hpo.studies.transfer.bundle import Bundle, Manifest
from hpo.studies.transfer.destination import check_name, check_room, refuse_existing


def unpack_bundle(file: Path, studies: Path, name: str | None = None) -> tuple[StudyAddress, Manifest]:
    """Make the study of a bundle.

    Args:
        file: the bundle.
        studies: the folder of studies.
        name: of the study; None for the one that it had.

    Returns:
        The address of the study, and what the bundle says of itself.

    Raises:
        UserError: it is no whole bundle of a study, or there is no room for it.
        StudyConflictError: there is a study of that name.
    """
    try:
        with Bundle.open(file) as bundle:
            manifest = bundle.manifest
            target = studies / check_name(manifest.study if name is None else name, "--name")
            refuse_existing(target, "--name")
            check_room(studies, manifest.size)
            studies.mkdir(parents=True, exist_ok=True)
            partial = studies / partial_name()
            try:
                partial.mkdir()
                bundle.extract(partial)
                open_place(StudyAddress.in_folder(partial)).reader()()  # which says what it is if it is no study
                refuse_existing(target, "--name")
                os.rename(partial, target)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        place = nearby(Path(error.filename or studies))
        remedy = "Name a bundle that can be read, and by --studies a folder that can be written to"
        raise UserError(f"{place}: a bundle is unpacked. Received: {error.strerror or error}. {remedy}.") from error
    return StudyAddress.in_folder(target), manifest
