"""`hpo demo`: a page on which a person classifies pictures with a model, or the folder of such a page."""

from __future__ import annotations

import os
import secrets
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from hpo.cli.completion import complete_study
from hpo.cli.options import Debug, Files, Storage, Studies, parse_path
from hpo.cli.terminal.console import show_status
from hpo.cli.terminal.interrupts import allow_interrupts
from hpo.cli.terminal.output import tell, write
from hpo.studies.address import DEFAULT_STUDIES


def demo(
    model: Annotated[
        str,
        typer.Argument(
            metavar="STUDY|MODEL", help="A study, or a .keras file that one has kept.", autocompletion=complete_study
        ),
    ],
    trial: Annotated[
        int | None, typer.Option("--trial", metavar="N", help="The trial whose model is meant; by default the best.")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            parser=parse_path,
            metavar="DIR",
            help="Write the page as a folder that runs without hpo, and stop.",
        ),
    ] = None,
    mistakes: Annotated[
        bool,
        typer.Option("--mistakes/--no-mistakes", help="Show images of the validation part that the model gets wrong."),
    ] = True,
    host: Annotated[
        str,
        typer.Option("--host", metavar="HOST", help="Where it is reached; others than this need a token."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, metavar="PORT", help="0 takes one that is free.")
    ] = 7860,
    opens: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    debug: Debug = False,
) -> None:
    """Show a model as a page on which a person classifies pictures.

    Pictures are uploaded, pasted or taken with a camera; the page shows the most probable classes, where the model
    looks, and its worst mistakes of the validation part. Nothing is sent to other hosts. Ctrl-C ends it, and removes
    what was uploaded.

    Other machines reach it with --host, and need a token: that of the environment variable HPO_DEMO_TOKEN, or one
    that is shown here. What is sent is not encrypted: a tunnel of ssh, or a proxy with TLS, does that.
    """
    from hpo.processes.loopback import is_loopback
    from hpo.shipping import find_model
    from hpo.shipping.demo import TOKEN_VARIABLE, run_demo, write_demo

    kept = find_model(model, trial=trial, studies=studies, storage=storage, files=files)
    if save is not None:
        names = write_demo(kept, save, shows_mistakes=mistakes)
        write(f"{save}: {', '.join(names)}")
        write(f"Run it: pip install -r {save}/requirements.txt, then python {save}/app.py")
        return
    token = os.environ.get(TOKEN_VARIABLE) or None
    is_new = token is None and sys.stderr.isatty() and not is_loopback(host)
    if is_new:
        token = secrets.token_urlsafe(16)

    def tell_url(url: str) -> None:
        tell(f"The demo of {kept.name} is at {url}  (Ctrl-C ends it)")
        if is_new:
            tell(f"Its token, which is the password for any name: {token}")
        if opens:
            webbrowser.open(url)

    with allow_interrupts(), show_status() as tell_status:
        try:
            run_demo(
                kept,
                host=host,
                port=port,
                token=token,
                shows_mistakes=mistakes,
                listen=tell_status,
                tell_url=tell_url,
            )
        except KeyboardInterrupt:
            tell("The demo has ended.")
