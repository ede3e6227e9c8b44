"""Options that mean the same in every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpo.cli.completion import complete_space, complete_study
from hpo.errors import UserError
from hpo.spaces import Engine, bundled_spaces
from hpo.studies import find_study, open_place
from hpo.studies.address import DEFAULT_STUDIES, FILES_VARIABLE, STORAGE_VARIABLE

SpaceFile = Annotated[
    str | None,
    typer.Argument(metavar="FILE", help="A space file, or one that ships with hpo.", autocompletion=complete_space),
]
SpaceOption = Annotated[
    str | None, typer.Option("--space", metavar="FILE", help="The same as FILE.", autocompletion=complete_space)
]
StudyName = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="The study's name, or the path of its folder; see `hpo list`.",
        autocompletion=complete_study,
    ),
]
ModelName = Annotated[
    str,
    typer.Argument(
        metavar="STUDY|MODEL",
        help="A study, whose best model it is, or a .keras file that hpo has written.",
        autocompletion=complete_study,
    ),
]
RunnableModel = Annotated[
    str,
    typer.Argument(
        metavar="STUDY|MODEL",
        help="A study, whose best model it is, a .keras file that hpo has written, or the folder of an export.",
        autocompletion=complete_study,
    ),
]
ModelTrial = Annotated[
    int | None, typer.Option("--trial", metavar="N", help="The model of this trial; by default of the best.")
]
Studies = Annotated[Path, typer.Option("--studies", metavar="DIR", help="The folder of studies.")]
Storage = Annotated[
    str | None,
    typer.Option(
        "--storage",
        metavar="URL",
        envvar=STORAGE_VARIABLE,
        show_envvar=False,
        help="The database server that keeps the study, as postgresql+psycopg://USER@HOST/DATABASE. "
        f"By default {STORAGE_VARIABLE}, then an SQLite file.",
    ),
]
Files = Annotated[
    str | None,
    typer.Option(
        "--files",
        metavar="URL",
        envvar=FILES_VARIABLE,
        show_envvar=False,
        help=f"Where models and checkpoints are kept, as s3://BUCKET/FOLDER. By default {FILES_VARIABLE}, then DIR.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        metavar="N",
        help="How many trials run at once: by default 1, or as many as the file's resources leave room for.",
    ),
]
Trials = Annotated[int | None, typer.Option("--trials", min=1, metavar="N", help="The budget: trials in all.")]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout", metavar="TIME", help="The budget: working time in all, as 90s or 8h; no trial starts later."
    ),
]
Epochs = Annotated[
    int | None, typer.Option("--epochs", min=1, metavar="N", help="The budget: epochs of all trials together.")
]
GpuHours = Annotated[
    float | None,
    typer.Option("--gpu-hours", metavar="HOURS", help="The budget: hours of GPUs in all; a share counts as its share."),
]
CostLimit = Annotated[
    float | None,
    typer.Option("--cost", metavar="AMOUNT", help="The budget: money in all, by the file's cost.per_gpu_hour."),
]
EngineChoice = Annotated[
    Engine | None, typer.Option("--engine", help="What Keras runs on; by default what the file says.")
]
Backend = Annotated[
    str | None,
    typer.Option("--backend", metavar="NAME", help="Who decides what to try, as optuna or wandb; by default the file."),
]
Sweep = Annotated[
    str | None,
    typer.Option("--sweep", metavar="ENTITY/PROJECT/ID", help="Join this sweep of Weights & Biases."),
]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change the file; may be repeated.")
]
Wandb = Annotated[
    str | None,
    typer.Option("--wandb", metavar="PROJECT", help="Show the trials in this project of Weights & Biases as well."),
]


def parse_path(text: str) -> Path:
    """Take a path that is written to; an empty one would be the working folder.

    Raises:
        typer.BadParameter: it is empty.
    """
    if not text:
        raise typer.BadParameter("it names a file or a folder. Received an empty path.")
    return Path(text)


Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only the result.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
"""Looked for in the arguments where errors are shown (`hpo.cli.app`), so that it holds for mistakes in them, too."""


def choose_space(
    command: str,
    file: str | None,
    space: str | None,
    studies: Path = DEFAULT_STUDIES,
    storage: str | None = None,
) -> str:
    """Give the space that a command line names, by FILE or by --space.

    Raises:
        UserError: it names none or two, or what it names is a study, or code.
    """
    if file is not None and space is not None and file != space:
        raise UserError(f"--space: it is the same as FILE. Received {space} beside {file}. Drop one.")
    name = file if file is not None else space
    if name is None:
        raise UserError(
            f"{command}: it takes a space file. Received none. Name one of yours, or begin with: "
            f"hpo {command} quickstart.yaml"
        )
    if is_code(name):
        use = describe_code_use(name)
        raise UserError(f"{name}: a space is a YAML file. Received Python code. A space file names its function: {use}")
    bundled = bundled_spaces()
    if name not in bundled and f"{name}.yaml" not in bundled:
        address = find_study(name, studies, storage) if name.strip() else None
        if address is not None and open_place(address).exists() and not Path(name).is_file():
            raise UserError(
                f"{name}: a space is a YAML file. Received a study. To go on with it, type: "
                f"hpo resume {address.argument}"
            )
    return name


def is_code(name: str) -> bool:
    """Whether a name is that of a Python file."""
    return Path(name).suffix.lower() in {".py", ".ipynb"}


def describe_code_use(name: str) -> str:
    """Say how a space file uses the code of a file."""
    return (
        f"model: {{family: {name}:FUNCTION}} for a network of yours, "
        f"model: {{family: keras_tuner, build: {name}:FUNCTION}} for a model of KerasTuner's (docs/your-own-code.md)."
    )
