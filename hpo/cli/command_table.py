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
    "pause": ("pause:pause", "Pause a study on all machines that work on it."),
    "retry": ("run:retry", "Run the failed trials of a study again, and no others."),
    "check": ("check:check", "Find the mistakes of a space before it is searched."),
    "worker": ("run:worker", "Work on the trials of a study beside others, until its budget is spent."),
    "confirm": ("run:confirm", "Train the best configs of a study again, and say which one is best for sure."),
    "watch": ("watch:watch", "Follow a study that runs elsewhere, until nobody works on it."),
    "list": ("show:list_studies", "List the studies of a folder, or of a database server."),
    "show": ("show:show", "Show a study: its state, its budget, its best config."),
    "trials": ("trials:trials", "List the trials of a study."),
    "compare": ("analysis.compare:compare", "Compare studies on the same data, and recommend the model of one."),
    "importance": ("analysis.importance:importance", "Show which parameters decided the result."),
    "dashboard": ("analysis.dashboard:dashboard", "Show studies in Optuna's dashboard, in a browser."),
    "plot": ("analysis.plot:plot", "Draw a study: history, parameters, learning curves, classes and more."),
    "report": ("analysis.report:report", "Write what a study has taught as a page, a PDF, Markdown or a notebook."),
    "predict": ("shipping.predict:predict", "Classify image files by a model."),
    "serve": ("shipping.serve:serve", "Serve a model over HTTP: images in, classes out."),
    "card": ("shipping.card:card", "Write the card of a model: what it is, how good, how it came about, its limits."),
    "publish": ("shipping.publish:publish", "Write the folder of a model for the Hugging Face Hub, and upload it."),
    "tag": ("shipping.tag:tag", "Name a kept model, or list the names that there are."),
    "reproduce": ("shipping.reproduce:reproduce_trial", "Train a trial again from its record, and compare each bit."),
    "demo": ("shipping.demo:demo", "Show a model as a page on which a person classifies pictures."),
    "export": (
        "shipping.export:export",
        "Write a model in the format of another runtime, and verify that it predicts the same.",
    ),
    "bundle": ("transfer:bundle", "Make one file of a study, to continue it elsewhere."),
    "unbundle": ("transfer:unbundle", "Make the study of a bundle."),
    "mv": ("transfer:move", "Rename a study, or move it to another folder."),
    "rm": ("remove:remove", "Remove a study, with its models and reports."),
    "convert": ("convert:convert_file", "Make a space file of a Weights & Biases sweep or a KerasTuner space."),
    "models": ("catalog:models", "List the model families, the options of one, or the models of a study."),
    "datasets": ("datasets:commands", "List the data sets, or inspect one."),
    "doctor": ("doctor:doctor", "Explain what hpo finds on this machine, and what to do about what is wrong."),
    "schema": ("schema:schema", "Print a JSON Schema of space files, for editors."),
}
"""Each command's place in `hpo.cli.commands`, a function or a `Typer`, and the first line of its docstring."""

_OTHER_NAMES: Mapping[str, str] = {
    "run": "create fit new optimize search start train tune",
    "resume": "continue",
    "worker": "join help-with agent",
    "pause": "halt interrupt stop",
    "retry": "rerun",
    "confirm": "validate-best reproduce retrain",
    "check": "lint validate",
    "list": "ls ps studies",
    "watch": "follow monitor tail",
    "show": "best info result results status",
    "trials": "trial",
    "importance": "importances",
    "compare": "diff versus",
    "dashboard": "board ui web",
    "plot": "draw figure figures graph plots visualize",
    "report": "document pdf summary",
    "demo": "app gradio page space try webcam",
    "reproduce": "replay replicate retrain verify",
    "doctor": "diagnose env environment gpus system",
    "predict": "classify infer inference label",
    "serve": "api deploy host server",
    "card": "model-card readme",
    "publish": "push upload",
    "tag": "alias label promote tags",
    "export": "save to-onnx onnx tflite quantize",
    "bundle": "archive backup pack zip",
    "unbundle": "import restore unpack unzip",
    "mv": "move rename",
    "rm": "delete remove",
    "models": "model",
    "datasets": "dataset",
    "datasets inspect": "inspect",
    "datasets split": "split",
    "--version": "version",
}
"""By a command: what other programs call it."""


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
        """Find the command of a name, or say which one may be meant."""
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
        """Make the context of the real command: here each run, help or completion of a command begins."""
        module, _, attribute = self._target.partition(":")
        command = getattr(import_module(f"hpo.cli.commands.{module}"), attribute)
        if not isinstance(command, typer.Typer):
            application = typer.Typer(add_completion=False, rich_markup_mode=MARKUP)
            application.command(self.name, cls=PlainCommand)(command)
            command = application
        return typer.main.get_command(command).make_context(*args, **settings)


def _refuse(ctx: typer.Context, name: str, rest: list[str]) -> NoReturn:
    """Fail because there is no such command, and say which one may be meant."""
    word = name.lower()
    meant = next((command for command, names in _OTHER_NAMES.items() if word in names.split()), None)
    meant = meant or (word if word in COMMANDS else None)
    close = get_close_matches(word, COMMANDS)
    if name == "help":
        topic = next((f"{word} " for word in rest if word in COMMANDS), "")
        hint = f"Type: hpo {topic}--help"
    elif meant:
        hint = f"Did you mean 'hpo {meant}'?"
    elif Path(name).suffix.lower() in {".yaml", ".yml", ".json"}:
        hint = f"To work on that file, type: hpo run {name}"
    elif close:
        hint = f"Did you mean {' or '.join(map(repr, close))}?"
    else:
        hint = f"There are {', '.join(COMMANDS)}."
    ctx.fail(f"No such command {name!r}. {hint}")
