"""`hpo datasets split`: which image of a study's data lies in which part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import typer

from hpo.cli.options import Debug, Files, Json, Storage, Studies, StudyName
from hpo.cli.terminal.console import make_table, open_console, show_status
from hpo.cli.terminal.output import write_csv, write_json
from hpo.cli.terminal.quiet_engine import quiet_engine
from hpo.errors import UserError
from hpo.studies import StudyRecord
from hpo.studies.address import DEFAULT_STUDIES
from hpo.tuning import check_data, open_study

_FIELDS = ("part", "class", "image")


def show_split(
    study: StudyName,
    studies: Studies = DEFAULT_STUDIES,
    storage: Storage = None,
    files: Files = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a line for each image, for spreadsheets.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show which images a study trains on, compares trials on and tests on.

    A table of counts; every image with --csv or --json, by its file, or by its row in an array (`train 17`). The data
    is read where the study's file says that it lies, and held to be what the study began with.
    """
    if as_json and as_csv:
        raise UserError("--json, --csv: one format at a time. Received both. Drop one.")
    record = open_study(study, studies, storage, files)
    check_data(record)
    with quiet_engine(record.spec.engine) as terminal, show_status(terminal) as listen:
        listen("reading images")
        rows = list(_read_rows(record))
    if as_json:
        write_json([dict(zip(_FIELDS, row, strict=True)) for row in rows])
    elif as_csv:
        write_csv([_FIELDS, *rows])
    else:
        _print_counts(rows)


def _read_rows(study: StudyRecord) -> Iterator[tuple[str, str, str]]:
    """Read the data; yields part, class and name of each image."""
    from hpo.data import Dataset, DataStore

    _, params = next(iter(study.spec.corners()))  # every config has the same data
    dataset = study.spec.config(params).data
    assert isinstance(dataset, Dataset)  # noqa: S101 - what is registered
    prepared = DataStore(study.spec.seed).prepare(dataset)
    study.check_fingerprint(dataset.source_key(), prepared.fingerprint)
    classes = prepared.trial.classes
    for name, part in prepared.parts().items():
        assert part.identities is not None  # noqa: S101 - it was read
        for image, label in zip(part.identities.names.tolist(), part.labels.tolist(), strict=True):
            yield name, classes[label], image


def _print_counts(rows: list[tuple[str, str, str]]) -> None:
    parts = list(dict.fromkeys(part for part, _, _ in rows))
    counts = Counter((part, name) for part, name, _ in rows)
    classes = sorted({name for _, name, _ in rows})
    lines = [[name, *(f"{counts[part, name]:,}" for part in parts)] for name in classes]
    table = make_table(["class", *parts], lines, numbers=parts)
    table.add_row("all", *(f"{sum(counts[part, name] for name in classes):,}" for part in parts), style="bold")
    open_console().print(table)
