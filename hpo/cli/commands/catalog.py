"""`hpo models` and `hpo datasets`: what can be named in a file, and what each name takes; the models of a study."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from inspect import cleandoc
from pathlib import Path
from textwrap import fill
from typing import Annotated, Any

import typer

from hpo.catalog import DATASETS, MODELS, Registry, UnknownNameError
from hpo.cli.completion import complete_dataset, complete_family, complete_study
from hpo.cli.options import Debug, Files, Json, Storage, Studies
from hpo.cli.terminal.console import make_table, open_console
from hpo.cli.terminal.output import write, write_json
from hpo.cli.texts.kept_models import print_models
from hpo.errors import Fault, UserError
from hpo.models.families import APPLICATIONS, canonical_name
from hpo.spaces import Section
from hpo.spaces.sections.options import Option, options_of
from hpo.spaces.spec.wording import option_text
from hpo.studies.address import DEFAULT_STUDIES
from hpo.vocabulary import suggest

_HELP = "Show the options of this one."
FamilyName = Annotated[str | None, typer.Argument(metavar="NAME", help=_HELP, autocompletion=complete_family)]
DatasetName = Annotated[str | None, typer.Argument(metavar="NAME", help=_HELP, autocompletion=complete_dataset)]
OfStudy = Annotated[
    str | None,
    typer.Option("--of", metavar="STUDY", help="List the models that a study keeps.", autocompletion=complete_study),
]

_INDENT = "    "


def models(
    name: FamilyName = None,
    of: OfStudy = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """List the model families, the options of one, or the models of a study.

    The name of a network of Keras' shows the family `application`, which has them all.
    """
    if of is not None:
        if name is not None:
            raise UserError(Fault("it lists the models of a study", f"{name} beside it", "drop one", subject="--of"))
        _print_kept(of, studies, storage, files, as_json=as_json)
        return
    network = None if name is None or name in MODELS else canonical_name(name)
    if network in APPLICATIONS:
        if not as_json:
            write(f"A network of Keras: model: {{family: application, name: {network}}}\n")
        name = "application"
    _print(MODELS, "family", name, as_json)


def datasets(name: DatasetName = None, as_json: Json = False, debug: Debug = False) -> None:
    """List the data sets, or the options of one: `hpo datasets NAME`."""
    _print(DATASETS, "dataset", name, as_json)


def _print_kept(study: str, studies: Path, storage: str | None, files: str | None, *, as_json: bool) -> None:
    from hpo.shipping.registry import list_models
    from hpo.tuning import open_study

    record = open_study(study, studies, storage, files).snapshot()
    entries = list_models(record)
    if as_json:
        write_json([entry.to_json() for entry in entries])
    else:
        print_models(record, entries)


def _print(registry: Registry, key: str, name: str | None, as_json: bool) -> None:
    names = [name] if name else [*registry.names(), *registry.forms]
    sections = [_describe_section(registry, section, key) for section in names]
    if as_json:
        write_json(sections if name is None else sections[0])
        return
    console = open_console()
    if name is None:
        rows = [[section["name"], section["description"].splitlines()[0]] for section in sections]
        console.print(make_table(["name", "what it is"], rows))
        console.print(f"\nThe options of one: hpo {'models' if key == 'family' else 'datasets'} NAME", style="dim")
        return
    for paragraph in sections[0]["description"].split("\n\n"):
        console.print(" ".join(paragraph.split()) + "\n")
    for option in sections[0]["options"]:
        default = option["default"] if option["default"] == "required" else f"default {option['default']}"
        head = f"{option['name']}: {option['values']}; {default}"
        console.print(fill(head, console.width, subsequent_indent=_INDENT), style="bold", soft_wrap=True)
        text = fill(option["description"], console.width, initial_indent=_INDENT, subsequent_indent=_INDENT)
        console.print(text, soft_wrap=True)


def _describe_section(registry: Registry, name: str, key: str) -> dict[str, Any]:
    try:
        section: type[Section] = registry.get(name)
    except UnknownNameError as error:
        raise UserError(replace(error.fault, remedy=error.fault.remedy or _suggest(registry, name))) from error
    options = [_describe_option(option) for name, option in options_of(section).items() if name != key]
    return {"name": name, "description": cleandoc(section.__doc__ or ""), "options": options}


def _suggest(registry: Registry, name: str) -> str | None:
    """Suggest what to type instead of a name that is close to no registered one."""
    if registry is MODELS:
        return suggest(name, APPLICATIONS)
    return (
        f"to see what is in it, type: hpo datasets inspect {shlex.quote(name)}"
        if Path(name).expanduser().exists()
        else None
    )


def _describe_option(option: Option) -> dict[str, str]:
    default = "required" if option.is_required else json.dumps(option.default, default=str).replace("null", "none")
    return {
        "name": option.name,
        "values": option_text(option),
        "default": default.strip('"'),
        "description": option.doc,
    }
