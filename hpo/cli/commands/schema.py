"""`hpo schema`: the JSON Schema by which editors help to write space files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpo.cli.options import Debug
from hpo.cli.terminal.output import write
from hpo.errors import UserError
from hpo.files import write_output
from hpo.spaces import json_schema, schema_text

SchemaOutput = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file instead of printing it.")
]


def schema(output: SchemaOutput = None, debug: Debug = False) -> None:
    """Print a JSON Schema of space files, for editors.

    With it, an editor completes keys, model families, data sets and optimizers, explains them, and underlines
    mistakes. In VS Code, install the extension "YAML" (redhat.vscode-yaml), write the schema next to your space files:

        hpo schema --output schema.json

    and begin each space file with this line:

        # yaml-language-server: $schema=schema.json

    The schema knows the model families and data sets of installed packages; write it anew when they change.
    """
    text = schema_text(json_schema())
    if output is None:
        write(text)
        return
    try:
        write_output(output, text)
    except OSError as error:
        raise UserError(f"--output: it is a file that can be written. Received {output}: {error.strerror}.") from error
