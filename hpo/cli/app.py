"""The command line as a whole: its name and help, its errors and its exit status."""

from __future__ import annotations

import sys
import traceback
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated

import typer

import hpo
from hpo.cli.command_table import COMMANDS, MARKUP, CommandLine
from hpo.cli.terminal.output import OutputLost, guard_streams, tell, write
from hpo.errors import HpoError

_HELP = ("--help", "-h")
_TRAINING = frozenset(name for name, (target, _) in COMMANDS.items() if target.startswith("run:"))
"""The commands that train."""

app = typer.Typer(
    name="hpo",
    help="Tune image CNNs: one YAML file in, the best model and the reason why out.",
    cls=CommandLine,
    context_settings={"help_option_names": [*_HELP]},
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


def run_command_line(arguments: list[str]) -> int:
    """Run a command line and give its exit status; Typer itself exits on success, wrong usage, and `typer.Exit`."""
    with guard_streams(), _early_worker(arguments):
        try:
            try:
                app(arguments, prog_name="hpo")
            finally:
                sys.stdout.flush()  # here, where an error can still be shown
        except HpoError as error:
            if isinstance(error, OutputLost) and error.has_reader_gone:
                return error.exit_status  # it has seen what it wanted, as `head` does
            return _tell_error(str(error), error.exit_status, arguments)
        except OSError as error:  # such as a folder that may not be read
            place = "" if error.filename is None else f"{error.filename}: "
            return _tell_error(f"{place}{error.strerror or error}", HpoError.exit_status, arguments)
    return 0


def _early_worker(arguments: list[str]) -> AbstractContextManager[None]:
    """Have a worker import what it takes while the command is imported and reads its file, where it is to train."""
    if not arguments or arguments[0] not in _TRAINING or set(_HELP) & set(arguments):
        return nullcontext()
    from hpo.processes.early import early_process

    return early_process("hpo.fleet.worker")


def _tell_error(text: str, status: int, arguments: list[str]) -> int:
    if "--debug" in arguments:
        tell(traceback.format_exc().rstrip())
    for line in text.splitlines():
        tell(f"hpo: {line}")
    return status
