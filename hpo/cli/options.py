"""Options that mean the same in every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpo.spaces import Engine
from hpo.tuning import DEFAULT_STUDIES


def _note_debug(context: typer.Context, value: bool) -> bool:
    context.find_root().obj.debug = value
    return value


StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="The study's name; see `hpo list`.")]
Studies = Annotated[Path, typer.Option("--studies", metavar="DIR", help="The folder of studies.")]
Workers = Annotated[int, typer.Option("--workers", min=1, metavar="N", help="How many trials run at once.")]
Trials = Annotated[int | None, typer.Option("--trials", min=1, metavar="N", help="The budget: trials in all.")]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="TIME",
        help="The budget: work in all, as 90s or 8h; no trial starts later.",
    ),
]
EngineChoice = Annotated[Engine | None, typer.Option("--engine", help="What Keras runs on; the file's by default.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change the file; may be given often.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the result alone.")]
Debug = Annotated[
    bool, typer.Option("--debug", help="Show where in the code an error arose.", callback=_note_debug, is_eager=True)
]

__all__ = [
    "DEFAULT_STUDIES",
    "Debug",
    "EngineChoice",
    "Json",
    "Overrides",
    "Quiet",
    "Studies",
    "StudyName",
    "Timeout",
    "Trials",
    "Workers",
]
