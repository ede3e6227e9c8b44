"""`hpo publish`: a model goes to the Hugging Face Hub."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hpo.cli.options import Debug, Files, Json, ModelName, ModelTrial, Quiet, Storage, Studies, parse_path
from hpo.cli.terminal.output import tell, write_json
from hpo.cli.terminal.units import shorten_path
from hpo.errors import UserError
from hpo.studies.address import DEFAULT_STUDIES

NOT_UPLOADED = 1

HubTarget = Annotated[
    str | None, typer.Option("--to", metavar="hf:OWNER/NAME", help="The repository; without one, nothing is uploaded.")
]
HubPrivate = Annotated[bool, typer.Option("--private", help="Have nobody else see it.")]
HubFolderPath = Annotated[
    Path | None,
    typer.Option(
        "--save", parser=parse_path, metavar="DIR", help="The folder; by default studies/NAME/exports/trial-N-hub."
    ),
]


def publish(
    model: ModelName,
    to: HubTarget = None,
    trial: ModelTrial = None,
    private: HubPrivate = False,
    save: HubFolderPath = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the folder of a model for the Hugging Face Hub, and upload it.

    It is uploaded where HF_TOKEN is set, or after `hf auth login`. Fill in its card first: without --to, the folder is
    written alone; a card that is there is kept as it is.
    """
    from hpo.shipping import find_model
    from hpo.shipping.card.hub import choose_hub_folder, find_token, read_repository, upload_folder, write_hub_folder

    if to is None and save is None:
        raise UserError(
            f"publish: it takes --to hf:OWNER/NAME, or --save DIR to look first. Received none of them. "
            f"Type: hpo publish {model} --to hf:OWNER/NAME"
        )
    repository = None if to is None else read_repository(to)
    kept = find_model(model, trial=trial, studies=studies, storage=storage, files=files)
    folder = write_hub_folder(kept, save or choose_hub_folder(kept), repository)
    token = None if repository is None else find_token()
    url = None
    if not quiet:
        kept_card = "; its card is the one that was there" if folder.keeps_card else ""
        tell(f"{kept.name}, for the Hub, is in {shorten_path(folder.path)}{kept_card}.")
        if folder.open_blocks:
            blocks = "1 block" if folder.open_blocks == 1 else f"{folder.open_blocks} blocks"
            tell(f"{blocks} of its README.md and a licence are yours to fill in; what you write there is kept.")
    if repository is not None and token is not None:
        shows_progress = sys.stderr.isatty() and not quiet
        url = upload_folder(folder.path, repository, token, private=private, shows_progress=shows_progress)
        if not quiet:
            tell(f"It is uploaded: {url}")
    if as_json:
        write_json({"folder": str(folder.path), "url": url})
    if repository is not None and url is None:
        tell(
            "It is not uploaded: there is no token for the Hub. Make one in the settings of your account, type "
            "`hf auth login` (or set HF_TOKEN), and type the command again."
        )
        raise typer.Exit(NOT_UPLOADED)
