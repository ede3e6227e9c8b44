"""The command line as a whole: its name and help, its errors and its exit status."""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass
from typing import Annotated

import typer

import hpo
from hpo.cli.command_table import MARKUP, CommandLine
from hpo.cli.terminal.output import OutputLost, standing_streams, tell, write
from hpo.errors import HpoError

app = typer.Typer(
    name="hpo",
    help="Tune image CNNs: one YAML file in, the best model and the reason why out.",
    cls=CommandLine,
    context_settings={"help_option_names": ["--help", "-h"]},
    no_args_is_help=True,
    rich_markup_mode=MARKUP,
    pretty_exceptions_enable=False,
)


def _print_version(value: bool) -> None:
    if value:
        write(f"hpo {hpo.__version__}")
        raise typer.Exit


@app.callback()
def _hpo(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Tune image CNNs: one YAML file in, the best model and the reason why out."""


@dataclass(slots=True)
class Invocation:
    """A call of the command line; `debug` has errors shown with where in the code they arose."""

    debug: bool = False


def run_command_line(arguments: list[str]) -> int:
    """The exit status of a command line; Typer itself exits on success, on wrong usage, and where a command says so."""
    with standing_streams():
        invocation = Invocation()
        try:
            try:
                app(arguments, prog_name="hpo", obj=invocation)
            finally:
                sys.stdout.flush()  # here, where it can be told that it is full
        except HpoError as error:
            if isinstance(error, OutputLost) and error.has_reader_gone:
                return error.exit_status  # it has seen what it wanted, as `head` does
            if invocation.debug:
                tell(traceback.format_exc().rstrip())
            for line in str(error).splitlines():
                tell(f"hpo: {line}")
            return error.exit_status
        except OSError as error:  # of a place that nobody asked for a right to
            if invocation.debug:
                tell(traceback.format_exc().rstrip())
            place = "" if error.filename is None else f"{error.filename}: "
            tell(f"hpo: {place}{error.strerror or error}")
            return HpoError.exit_status
    return 0
