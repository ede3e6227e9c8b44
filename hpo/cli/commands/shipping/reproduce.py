"""`hpo reproduce`: a trial trained again from its record alone, and compared with it to the last bit."""

from __future__ import annotations

from typing import Annotated

import typer

from hpo.cli.completion import complete_study
from hpo.cli.options import Debug, Files, Json, Storage, Studies
from hpo.cli.terminal.console import open_console, show_status
from hpo.cli.terminal.output import tell, write_json
from hpo.studies.address import DEFAULT_STUDIES
from hpo.tuning import open_study, reproduce


def reproduce_trial(
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY[:TRIAL]|TAG",
            help="A study, as `hpo list` shows it, or a tag of a model.",
            autocompletion=complete_study,
        ),
    ],
    trial: Annotated[
        int | None,
        typer.Argument(metavar="TRIAL", help="The number of a complete or a pruned trial; by default the best."),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Where the data lies on this machine: data.path=PATH."),
    ] = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Train a trial again from its record, and compare each bit.

    Every metric of every epoch is compared, and the weights of the model if it was kept. It is trained with the config,
    the seeds, the data and the threads of the record, and nothing of the study is changed. The exit status is 0 where
    all is equal, else 1.
    """
    if trial is None:
        from hpo.shipping import find_trial

        record, trial, _ = find_trial(study, studies=studies, storage=storage, files=files)
    else:
        record = open_study(study, studies, storage, files)
    with show_status() as tell_status:
        result = reproduce(record, trial, overrides=overrides or (), listen=tell_status, warn=tell)
    if as_json:
        write_json(result.to_json())
    else:
        console = open_console()
        for sentence in result.in_words():
            console.print(sentence)
    if not result.is_equal:
        raise typer.Exit(1)
