"""`hpo card`: what a model is, how good it is, how it came about, and what is not known of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpo.cli.options import Debug, Files, ModelName, ModelTrial, Quiet, Storage, Studies, parse_path
from hpo.cli.terminal.output import tell, write
from hpo.cli.terminal.units import shorten_path
from hpo.studies.address import DEFAULT_STUDIES

CardOutput = Annotated[
    Path | None,
    typer.Option(
        "--output",
        parser=parse_path,
        metavar="PATH",
        help="A file, or a folder for README.md; by default it is printed.",
    ),
]


def card(
    model: ModelName,
    trial: ModelTrial = None,
    output: CardOutput = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the card of a model: what it is, how good, how it came about, its limits.

    It is Markdown with the front matter that the Hugging Face Hub reads. What only its owner knows, such as what the
    model is for, is left to be filled in.
    """
    from hpo.shipping import find_model
    from hpo.shipping.card import make_card, write_card

    kept = find_model(model, trial=trial, studies=studies, storage=storage, files=files)
    if output is None:
        write(make_card(kept).removesuffix("\n"))
        return
    path = write_card(kept, output)
    if not quiet:
        tell(f"The card of {kept.name} is in {shorten_path(path)}.")
