"""A bundle becomes a study: as a whole or not at all, and never in the place of another."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from pathlib import Path

from hpo.errors import StudyConflictError, UserError
from hpo.studies.address import DATABASE, StudyAddress, nearby
from hpo.studies.files.contents import StudyFiles
from hpo.studies.files.place import StudyPlace, open_place
from hpo.studies.store.copying import copy_study
from hpo.studies.transfer.bundle import Bundle, Manifest
from hpo.studies.transfer.destination import (
    check_name,
    check_room,
    partial_folder,
    refuse_existing,
    remove_abandoned,
)

_REMEDY = "Give another name by --name (`name` in Python)"


def unpack_bundle(
    file: Path, studies: Path, name: str | None = None, storage: str | None = None, files: str | None = None
) -> tuple[StudyAddress, Manifest]:
    """Make the study of a bundle.

    Args:
        file: the bundle.
        studies: the folder of studies.
        name: of the study; None for the one that it had.
        storage: the URL of a database server that shall have it; see `StudyAddress.named`.
        files: where models, checkpoints and weights go; see `StudyAddress.named`.

    Returns:
        The address of the study, and what the bundle says of itself.

    Raises:
        UserError: it is no whole bundle of a study, or there is no room for it.
        StudyConflictError: there is a study of that name.
        StorageError: a server does not take it.
    """
    try:
        with Bundle.open(file) as bundle:
            manifest = bundle.manifest
            name = check_name(manifest.study if name is None else name, _REMEDY)
            address = StudyAddress.named(name, studies, storage, files)
            place = open_place(address)
            _refuse_existing(place)
            remove_abandoned(studies)
            check_room(studies, manifest.size)
            with partial_folder(studies) as partial, partial_folder(studies) as record:
                bundle.extract(partial)
                open_place(StudyAddress.in_folder(partial)).reader()()  # which says what it is if it is no study
                if place.files.root is not None:
                    _move_files(StudyFiles(partial), place.files)
                if not address.is_local:
                    os.rename(partial / DATABASE, record / DATABASE)
                _refuse_existing(place)
                os.rename(partial, address.folder)
                if not address.is_local:  # the record is the last: without it, there is no study
                    _copy_record(record, place)
    except OSError as error:
        where, reason = nearby(Path(error.filename or studies)), error.strerror or error
        remedy = "Allow writing there, or name another folder by --studies (`studies` in Python)"
        raise UserError(f"{where}: a bundle is unpacked there. Received: {reason}. {remedy}.") from error
    return address, manifest


def _refuse_existing(place: StudyPlace) -> None:
    if not place.address.is_local and place.exists():
        raise StudyConflictError(
            f"study {place.address.name}: no study takes the place of another. Received one of that name in "
            f"{place.studies}. {_REMEDY}."
        )
    refuse_existing(Path(place.address.folder), _REMEDY)


def _move_files(source: StudyFiles, target: StudyFiles) -> None:
    source.copy_to(target)
    for name in source.stores:
        shutil.rmtree(source.path / name, ignore_errors=True)


def _copy_record(folder: Path, place: StudyPlace) -> None:
    try:
        with (
            closing(open_place(StudyAddress.in_folder(folder)).open_storage()) as source,
            place.create_storage() as target,
        ):
            if target is None:
                _refuse_existing(place)
            else:
                copy_study(source, target, place.address.name)
    except BaseException:
        shutil.rmtree(place.address.folder, ignore_errors=True)
        place.files.remove_elsewhere()
        raise
