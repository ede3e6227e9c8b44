"""`hpo convert`: a file of another tool as a space file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpo.cli.options import Debug, describe_code_use, is_code
from hpo.cli.terminal.output import tell, write
from hpo.errors import UserError

Source = Annotated[Path, typer.Argument(metavar="FILE", help="A W&B sweep, or a KerasTuner space as JSON.")]
SpaceOutput = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write to a new file instead of printing it.")
]


def convert_file(file: Source, output: SpaceOutput = None, debug: Debug = False) -> None:
    """Make a space file of a Weights & Biases sweep or a KerasTuner space."""
    if is_code(str(file)):
        raise UserError(
            f"{file}: a file to convert is a sweep of Weights & Biases (YAML), or what KerasTuner's "
            "HyperParameters.get_config() gives (JSON). Received Python code, which is used as it is: write "
            f"{describe_code_use(str(file))}"
        )
    from hpo.foreign.conversion import convert

    result = convert(file, "FILE" if output is None else output)
    if output is None:
        write(result.text)
    else:
        try:
            with output.open("x", encoding="utf-8") as stream:
                stream.write(result.text)
        except OSError as error:
            rule = "--output: it is a new file in a folder that exists"
            raise UserError(f"{rule}. Received {output}: {error.strerror}.") from error
    converted, unmatched = len(result.converted), result.unmatched
    names = f": {', '.join(unmatched[:3])}{', ...' if len(unmatched) > 3 else ''}" if unmatched else ""  # noqa: PLR2004
    tell(f"{file}: {converted} converted, {len(unmatched)} without a counterpart{names}")
