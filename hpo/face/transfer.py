"""Studies as files, from Python."""

from __future__ import annotations

from pathlib import Path

from hpo.face.study import Study
from hpo.studies import StudyAddress, drop_taken_tags
from hpo.studies.address import DEFAULT_STUDIES
from hpo.studies.transfer import unpack_bundle, write_bundle
from hpo.tuning import RunOptions, locate_study


def bundle(
    study: str | Path | StudyAddress,
    output: str | Path | None = None,
    *,
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
) -> Path:
    """Make one file of a study, to continue it elsewhere: database, models, checkpoints and weights, no data set.

    Args:
        study: its name, its address, or the path of its folder; it may be worked on meanwhile.
        output: a new file; by default `NAME.hpo.zip` in the working directory.
        studies: the folder of studies.
        storage: see `hpo.run`.
        files: see `hpo.run`.

    Returns:
        The file.

    Raises:
        StudyNotFoundError: there is no such study.
        UserError: the file is there, or cannot be written.
        StorageError: the study cannot be read.
    """
    path, _ = write_bundle(locate_study(study, studies, storage, files), None if output is None else Path(output))
    return path


def unbundle(
    file: str | Path,
    *,
    name: str | None = None,
    studies: str | Path = DEFAULT_STUDIES,
    storage: str | None = None,
    files: str | Path | None = None,
) -> Study:
    """Make the study of a bundle; a damaged one is refused before anything is written.

    Tags that a study beside it has stay with that one.

    Args:
        file: what `hpo.bundle` has made.
        name: of the study; by default the one that it had.
        studies: the folder of studies.
        storage: the database server that shall have it; see `hpo.run`.
        files: where its models and checkpoints go; see `hpo.run`.

    Raises:
        UserError: it is no whole bundle of a study, or there is no room for it.
        StudyConflictError: there is a study of that name.
    """
    folder, *urls = RunOptions(studies=studies, storage=storage, files=files).place
    address, _ = unpack_bundle(Path(file), folder, name, *urls)
    drop_taken_tags(address)
    return Study(address)
