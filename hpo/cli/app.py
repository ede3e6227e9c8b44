"""The commands, put together."""

from __future__ import annotations

import traceback
from typing import Annotated

import typer

import hpo
from hpo.cli import check, datasets, look, names, work
from hpo.cli.convert import convert_file
from hpo.cli.options import Invocation
from hpo.cli.schema import schema
from hpo.errors import HpoError

app = typer.Typer(
    name="hpo",
    help="Tune image CNNs: one YAML file in, the best model and the reason why out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command("run")(work.run)
app.command("resume")(work.resume)
app.command("check")(check.check)
app.command("list")(look.list_studies)
app.command("show")(look.show)
app.command("trials")(look.trials)
app.command("importance")(look.importance)
app.command("convert")(convert_file)
app.command("models")(names.models)
app.add_typer(datasets.commands, name="datasets")
app.command("schema")(schema)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"hpo {hpo.__version__}")
        raise typer.Exit


@app.callback()
def _hpo(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Tune image CNNs: one YAML file in, the best model and the reason why out."""


def run_command_line(arguments: list[str]) -> int:
    """The exit status of a command line; Typer itself exits on success, on wrong usage, and where a command says so."""
    invocation = Invocation()
    try:
        app(arguments, prog_name="hpo", obj=invocation)
    except HpoError as error:
        if invocation.debug:
            traceback.print_exc()
        for line in str(error).splitlines():
            typer.echo(f"hpo: {line}", err=True)
        return error.exit_status
    return 0
