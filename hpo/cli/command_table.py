"""Commands by name: listed without being imported, imported when they are used."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

MARKUP: Final = "markdown"

COMMANDS: Mapping[str, tuple[str, str]] = {
    "run": ("run:run", "Create or continue a study, and work until its budget is spent."),
    "resume": ("run:resume", "Continue a study to the end of its budget, or of a raised one."),
    "check": ("check:check", "Find the mistakes of a space before it is searched."),
    "list": ("show:list_studies", "List the studies that there are."),
    "show": ("show:show", "Show a study: its state, its budget, its best config."),
    "trials": ("trials:trials", "List the trials of a study."),
    "importance": ("show:importance", "Tell which parameters decided the result."),
    "rm": ("remove:remove", "Remove a study, with its models and reports."),
    "convert": ("convert:convert_file", "Make a space file of a Weights & Biases sweep or a KerasTuner space."),
    "models": ("catalog:models", "List the model families, or the options of one."),
    "datasets": ("datasets:commands", "List the data sets, or inspect one."),
    "schema": ("schema:schema", "Print a JSON Schema of space files, for editors."),
}
"""Each command's place in `hpo.cli.commands`, a function or a `Typer`, and the first line of its docstring."""

_OTHER_NAMES = {
    "best": "show",
    "continue": "resume",
    "create": "run",
    "dataset": "datasets",
    "delete": "rm",
    "fit": "run",
    "importances": "importance",
    "info": "show",
    "inspect": "datasets inspect",
    "lint": "check",
    "ls": "list",
    "model": "models",
    "new": "run",
    "optimize": "run",
    "remove": "rm",
    "ps": "list",
    "report": "show",
    "result": "show",
    "results": "show",
    "search": "run",
    "split": "datasets split",
    "start": "run",
    "status": "show",
    "studies": "list",
    "train": "run",
    "trial": "trials",
    "tune": "run",
    "validate": "check",
    "version": "--version",
}
"""What other programs call a command, and what it is called here."""


class _PlainFlags:
    """A command whose flags are shown without the type that they all have."""

    def get_params(self, ctx: typer.Context) -> list[Any]:
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if isinstance(param, TyperOption) and param.is_flag:
                param.metavar = ""
        return params


class PlainCommand(_PlainFlags, TyperCommand):  # type: ignore[misc]
    """A command of hpo's."""


class CommandGroup(_PlainFlags, TyperGroup):  # type: ignore[misc]
    """Commands below a common name."""


class CommandLine(CommandGroup):
    """All commands; none is imported to list them."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - Typer's
        super().__init__(**settings)
        self.commands = {name: _Unloaded(name, *COMMANDS[name]) for name in COMMANDS}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401 - Typer's
        """Find the command that is named, or say which one may be meant."""
        name = args[0]
        if name not in self.commands and not name.startswith("-") and not ctx.resilient_parsing:
            _refuse(ctx, name, args[1:])
        return super().resolve_command(ctx, args)


class _Unloaded(TyperCommand):
    """Stands for a command until it is used."""

    def __init__(self, name: str, target: str, line: str) -> None:
        super().__init__(name, short_help=line)
        self._target = target

    def make_context(self, *args: Any, **settings: Any) -> Any:  # noqa: ANN401 - Typer's
        """Where a command begins, whether it is to run, to give help or to be completed: that of the real one."""
        module, _, attribute = self._target.partition(":")
        found = getattr(import_module(f"hpo.cli.commands.{module}"), attribute)
        if not isinstance(found, typer.Typer):
            made = typer.Typer(add_completion=False, rich_markup_mode=MARKUP)
            made.command(self.name, cls=PlainCommand)(found)
            found = made
        return typer.main.get_command(found).make_context(*args, **settings)


def _refuse(ctx: typer.Context, name: str, rest: list[str]) -> NoReturn:
    """Say that there is no such command, and what may be meant."""
    meant = _OTHER_NAMES.get(name.lower()) or (name.lower() if name.lower() in COMMANDS else None)
    close = get_close_matches(name.lower(), COMMANDS)
    if name == "help":
        topic = next((each for each in rest if each in COMMANDS), None)
        hint = f"Type: hpo {f'{topic} ' if topic else ''}--help"
    elif meant:
        hint = f"Did you mean 'hpo {meant}'?"
    elif Path(name).suffix.lower() in {".yaml", ".yml", ".json"}:
        hint = f"To work on that file, type: hpo run {name}"
    elif close:
        hint = f"Did you mean {' or '.join(repr(each) for each in close)}?"
    else:
        hint = f"There are {', '.join(COMMANDS)}."
    ctx.fail(f"No such command {name!r}. {hint}")
