"""`hpo export`: a kept model in the format of another runtime, verified."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpo.cli.options import Debug, Files, Json, ModelName, ModelTrial, Quiet, Storage, Studies, parse_path
from hpo.cli.terminal.console import open_console, show_status
from hpo.cli.terminal.output import write, write_json
from hpo.cli.terminal.units import format_number, shorten_path
from hpo.shipping import find_model
from hpo.shipping.export import Export, ExportFormat, Quantization, export_model
from hpo.studies.address import DEFAULT_STUDIES

ExportFormatOption = Annotated[
    ExportFormat, typer.Option("--format", help="What runs it: keras is the kept file itself.")
]
ExportTarget = Annotated[
    Path | None,
    typer.Option(
        "--to", parser=parse_path, metavar="DIR", help="A new folder; by default studies/NAME/exports/trial-N-FORMAT."
    ),
]
QuantizeOption = Annotated[
    Quantization | None,
    typer.Option("--quantize", help="Compute in 8 bits, calibrated on training images: onnx and litert."),
]


def export(
    model: ModelName,
    export_format: ExportFormatOption,
    trial: ModelTrial = None,
    to: ExportTarget = None,
    quantize: QuantizeOption = None,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write a model in the format of another runtime, and verify that it predicts the same.

    It takes raw images and gives probabilities; class names and config are in its file. It is run on validation images
    by the runtime of its format before it is handed over. An earlier export in the folder is replaced.
    """
    kept = find_model(model, trial=trial, studies=studies, storage=storage, files=files)
    with show_status() as tell_status:
        result = export_model(kept, export_format, to, quantize=quantize, listen=tell_status)
    if as_json:
        write_json({"export": str(result.path), **result.about})
    elif quiet:
        write(str(result.path))
    else:
        _print(result)


def _print(result: Export) -> None:
    console = open_console()
    write(f"export   {shorten_path(result.path)}")
    write(f"model    {result.model.name}, {result.format}; all files {format_number(result.size, 'B')}")
    for name in ("input", "output"):
        tensor = result.about[name]
        write(f"{name:<8} {tensor['name']}: {tensor['dtype']} [{', '.join(map(str, tensor['shape']))}]")
    for sentence in result.words:
        console.print(sentence)
