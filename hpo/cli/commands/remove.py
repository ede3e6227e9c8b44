"""`hpo rm`: remove a study, after asking."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hpo.cli.options import Debug, Files, Quiet, Storage, Studies, StudyName
from hpo.cli.terminal.output import tell
from hpo.cli.terminal.units import format_number, shorten_path
from hpo.errors import HpoError, StudyBusyError, StudyNotFoundError, UserError
from hpo.studies import StudyPlace, StudyRecord, explain_missing, find_study, open_place
from hpo.studies.address import DEFAULT_STUDIES

NOT_REMOVED = 1


def remove(
    study: StudyName,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Remove a study, with its models and reports.

    A removed study cannot be restored. A study that a process is working on is not removed, and files that others have
    put into its folder stay there.
    """
    address = find_study(study, studies, storage, files)
    place = open_place(address)
    if not place.exists():
        raise StudyNotFoundError(explain_missing(address))
    if place.is_locked():
        raise StudyBusyError(f"study {address.name}: a process is working on it. Stop that first (Ctrl-C), or wait.")
    tags = _read_tags(place)
    if not yes:
        _ask(place, tags)
    left = place.remove()
    if not quiet:
        tell(f"Study {address.name} is removed.{f' {_list(tags)} nothing now.' if tags else ''}")
    if left:
        names = ", ".join(left[:3]) + (", ..." if len(left) > 3 else "")  # noqa: PLR2004
        tell(f"{shorten_path(place.files.path)} is left: it holds {names}, which hpo did not write.")


def _read_tags(place: StudyPlace) -> list[str]:
    try:
        return list(StudyRecord(place.address).ledger.tags)
    except HpoError:
        return []


def _list(tags: list[str]) -> str:
    return f"The tag {tags[0]} names" if len(tags) == 1 else f"The tags {', '.join(tags)} name"


def _ask(place: StudyPlace, tags: list[str]) -> None:
    address = place.address
    if not sys.stdin.isatty():
        raise UserError(
            f"rm: it asks before it removes. Received no terminal to ask in. Type: hpo rm {address.argument} --yes"
        )
    where, size = shorten_path(place.files.path), format_number(place.size(), "B")
    if tags:
        tell(f"{_list(tags)} {'its model' if len(tags) == 1 else 'models of it'}.")
    if not typer.confirm(f"Remove study {address.name} ({_count_trials(place)}, {size} in {where})?", err=True):
        tell("Nothing was removed.")
        raise typer.Exit(NOT_REMOVED)


def _count_trials(place: StudyPlace) -> str:
    try:
        count = StudyRecord(place.address).budget.used
    except HpoError:
        return "its database cannot be read"
    return "1 trial" if count == 1 else f"{count} trials"
