"""Which study is meant: by its name in a folder of studies, or by a path to its folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hpo.errors import StudyNotFoundError
from hpo.studies.address import DATABASE, StudyAddress
from hpo.studies.files.place import open_place
from hpo.vocabulary import suggest

_SHOWN_NAMES = 5
_SPACE_FILES = frozenset({".yaml", ".yml", ".json"})


def find_study(
    study: str | Path | StudyAddress, studies: Path, storage: str | None = None, files: str | None = None
) -> StudyAddress:
    """Find the address of a study, whether or not there is one.

    Args:
        study: a name in `studies`, or a path to the study's folder or to the database in it. What could be both is a
            name where there is such a study, and a path where there is none. An address is what it is.
        studies: the folder of studies.
        storage: the URL of a database server; a name is then one in that database.
        files: see `StudyAddress.named`.

    Raises:
        StudyNotFoundError: the name is empty.
    """
    if isinstance(study, StudyAddress):
        return study
    text = str(study)
    if not text.strip():
        raise StudyNotFoundError("study: it has a name. Received an empty one. See `hpo list`.")
    path = Path(text)
    if text.startswith("~"):
        with suppress(RuntimeError):  # the home of no user
            path = path.expanduser()
    is_name = len(path.parts) == 1 and path.name == text and text != ".."
    if is_name and storage is not None:
        return StudyAddress.named(text, studies, storage, files)
    if is_name and (_holds_study(studies / text) or not (_holds_study(path) or _is_database(path))):
        return StudyAddress.named(text, studies, None, files)
    if path.name == DATABASE:
        path = path.parent
    path = path if path.name not in {"", ".."} else path.absolute().resolve()
    return StudyAddress.named(path.name, path.parent, None, files)


def explain_missing(address: StudyAddress) -> str:
    """Say that there is no study at an address, and which ones there are."""
    place = open_place(address)
    names = place.names()
    close = suggest(address.name, names)
    few = ", ".join(names[:_SHOWN_NAMES]) + (", ..." if len(names) > _SHOWN_NAMES else "")
    there = close or (f"there are {few}." if names else "there is none yet.")
    if Path(address.name).suffix.lower() in _SPACE_FILES:
        stem = Path(address.name).stem
        there = (
            f"a file's study is called as the file says, or as the file: `hpo show {stem}`. To work on a file, type: "
            f"hpo run {address.argument}."
        )
    rule = f"a study is a folder in {place.studies}" if address.is_local else f"it is in {place.studies}"
    other = "folder by --studies (`studies` in Python)" if address.is_local else "by --storage (`storage` in Python)"
    return (
        f"study {address.name}: {rule}. Received a name that is not there; {there} See `hpo list`, or name another "
        f"{other}."
    )


def _holds_study(folder: Path) -> bool:
    return _is_database(folder / DATABASE)


def _is_database(path: Path) -> bool:
    try:
        return path.name == DATABASE and path.is_file()
    except OSError:  # no name that a file can have, or none that may be looked at
        return False
