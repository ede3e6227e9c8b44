"""`hpo dashboard`: studies in a browser, to look at and to compare."""

from __future__ import annotations

import os
import secrets
import sys
import webbrowser
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer

from hpo.cli.completion import complete_study
from hpo.cli.options import Debug, Files
from hpo.cli.terminal.interrupts import allow_interrupts
from hpo.cli.terminal.output import tell
from hpo.studies.address import STORAGE_VARIABLE, StudyAddress


def dashboard(
    studies_named: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STUDY",
            help="Names of studies, or paths of their folders; by default all that there are.",
            autocompletion=complete_study,
        ),
    ] = None,
    studies: Annotated[
        list[Path] | None,
        typer.Option("--studies", metavar="DIR", help="A folder of studies; may be repeated. By default studies."),
    ] = None,
    storage: Annotated[
        list[str] | None,
        typer.Option(
            "--storage",
            metavar="URL",
            envvar=STORAGE_VARIABLE,
            show_envvar=False,
            help=f"A database server that keeps studies; may be repeated. By default {STORAGE_VARIABLE}.",
        ),
    ] = None,
    files: Files = None,
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="Where it is reached; others than this machine need a token.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, metavar="PORT", help="0 takes one that is free.")
    ] = 8080,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="Another name by which it is reached; may be repeated."),
    ] = None,
    opens: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    debug: Debug = False,
) -> None:
    """Show studies in Optuna's dashboard, in a browser.

    Nothing of a study changes but its notes, and one that runs is not disturbed. Ctrl-C ends the dashboard.

    Other machines reach it with --host, and need a token: that of the environment variable HPO_DASHBOARD_TOKEN, or one
    that is shown here. What is sent is not encrypted: a tunnel of ssh, or a proxy with TLS, does that.
    """
    from hpo.dashboard import Dashboard, find_studies
    from hpo.dashboard.server import TOKEN_VARIABLE
    from hpo.processes.loopback import is_loopback

    token = os.environ.get(TOKEN_VARIABLE) or None
    is_new = token is None and sys.stderr.isatty() and not is_loopback(host)
    if is_new:
        token = secrets.token_urlsafe(32)

    def list_studies() -> list[StudyAddress]:
        return find_studies(studies_named or [], studies or [], storage or [], files)

    addresses = list_studies()
    with allow_interrupts():
        served = Dashboard(
            addresses if studies_named else list_studies,
            host=host,
            port=port,
            token=token,
            allowed_hosts=allow_host or [],
        )
        try:
            count = len(addresses)
            tell(f"{count} {'study' if count == 1 else 'studies'}: {', '.join(address.name for address in addresses)}")
            url = f"{served.url}?{urlencode({'token': token})}" if is_new else served.url
            tell(f"{url}  (Ctrl-C ends it)")
            if opens:
                webbrowser.open(url)
            served.serve()
        except KeyboardInterrupt:
            tell("The dashboard has ended.")
        finally:
            served.close()
