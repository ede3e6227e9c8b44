"""Which studies a dashboard shows: by name or path, from folders and database servers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hpo.errors import StudyNotFoundError, UserError
from hpo.studies import StudyAddress, explain_missing, find_study, open_place
from hpo.studies.address import DEFAULT_STUDIES


def find_studies(
    names: Sequence[str | Path | StudyAddress],
    folders: Sequence[Path] = (),
    storages: Sequence[str] = (),
    files: str | None = None,
) -> list[StudyAddress]:
    """Find the studies with some names in all of some places, or all studies in them.

    Args:
        names: names, paths of folders, addresses; none for all studies.
        folders: of studies; by default `studies`, where no database server is named.
        storages: URLs of database servers.
        files: the URL under which studies of all these places keep their files.

    Raises:
        StudyNotFoundError: none of the places has a study of that name.
        UserError: there is no study in them.
    """
    folders = folders or ([] if storages else [DEFAULT_STUDIES])
    places = [*((folder, None) for folder in folders), *((DEFAULT_STUDIES, storage) for storage in storages)]
    if not names:
        roots = [open_place(StudyAddress.named("*", folder, storage, files)) for folder, storage in places]
        found = [root.beside(name) for root in roots for name in root.names()]
        if not found:
            where = ", ".join(root.studies for root in roots)
            raise UserError(f"dashboard: it shows studies. Received {where}, with none. Type: hpo run quickstart.yaml")
        return found
    found = []
    for name in names:
        addresses = list(dict.fromkeys(find_study(name, folder, storage, files) for folder, storage in places))
        matches = [address for address in addresses if open_place(address).exists()]
        if not matches:
            raise StudyNotFoundError(explain_missing(addresses[0]))
        found += matches
    return list(dict.fromkeys(found))
