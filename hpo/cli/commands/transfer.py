"""`hpo bundle`, `hpo unbundle` and `hpo mv`: a study goes to another machine, to another folder, or by another name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpo.cli.options import Debug, Files, Quiet, Storage, Studies, StudyName
from hpo.cli.terminal.output import tell
from hpo.cli.terminal.units import format_number, shorten_path
from hpo.studies import StudyAddress, drop_taken_tags, find_study
from hpo.studies.address import DEFAULT_STUDIES, command_argument
from hpo.studies.transfer import move_study, unpack_bundle, write_bundle

BundleFile = Annotated[Path, typer.Argument(metavar="FILE", help="What `hpo bundle` has made.")]
BundleOutput = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="A new file; by default STUDY.hpo.zip, here.")
]
NewName = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Another name than it had.")]
Destination = Annotated[
    str, typer.Argument(metavar="NEW", help="A name, or the path of a new folder, or of a folder to put it into.")
]


def bundle(
    study: StudyName,
    output: BundleOutput = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make one file of a study, to continue it elsewhere.

    It holds the database, the models, the checkpoints and the weights that the study starts from, and no data set. The
    study may be worked on meanwhile: its running trials wait in the bundle, each with its last checkpoint.
    """
    target, manifest = write_bundle(find_study(study, studies, storage, files), output)
    if quiet:
        return
    waiting = ""
    if count := manifest.waiting:
        waiting = (
            "; 1 trial was running, and waits in it" if count == 1 else f"; {count} trials were running, and wait in it"
        )
    tell(f"{shorten_path(target)} holds study {manifest.study}: {format_number(manifest.size, 'B')}{waiting}.")
    tell(f"To continue it elsewhere, type: hpo unbundle {command_argument(target.name)}")


def unbundle(
    file: BundleFile,
    name: NewName = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make the study of a bundle.

    It becomes a study in a folder, or on the database server of --storage. A damaged bundle is refused, and one that
    holds anything else than the files of a study: nothing is written then.
    """
    address, manifest = unpack_bundle(file, studies, name, storage, files)
    if not quiet:
        size = format_number(manifest.size, "B")
        where = shorten_path(Path(address.folder)) if address.is_local else address.safe_storage
        tell(f"Study {address.name} is in {where}: {size}, each file as it was made.")
        tell(f"To continue it, type: hpo resume {address.argument}")
    _drop_taken_tags(address, quiet=quiet)


def move(
    study: StudyName,
    new: Destination,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Rename a study, or move it to another folder.

    A study that a process is working on is not moved, and none is put in the place of another.
    """
    address = find_study(study, studies, storage, files)
    moved = move_study(address, new)
    if not quiet:
        name = "" if moved.name == address.name else f" called {moved.name}, and"
        tell(f"Study {address.name} is now{name} in {shorten_path(Path(moved.folder))}.")
    _drop_taken_tags(moved, quiet=quiet)


def _drop_taken_tags(study: StudyAddress, *, quiet: bool) -> None:
    """Have tags name what they named before a study came that has them as well."""
    for tag in drop_taken_tags(study):
        if not quiet:
            tell(f"The tag {tag.name} names {tag.meaning}, as before: study {study.name} does not have it any more.")
