"""What a shell completes: names of studies, space files, families and data sets."""

from __future__ import annotations

from pathlib import Path

import typer


def complete_study(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a study, in the folder of `--studies` or in the database of `--storage`."""
    from hpo.errors import HpoError
    from hpo.studies.address import DEFAULT_STUDIES, StudyAddress
    from hpo.studies.files.place import open_place

    try:
        studies, storage = ctx.params.get("studies") or DEFAULT_STUDIES, ctx.params.get("storage")
        names = open_place(StudyAddress.named("*", Path(studies), storage)).names()
    except HpoError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def complete_space(incomplete: str) -> list[tuple[str, str]]:
    """Complete YAML files, folders, and the spaces that ship with hpo."""
    from hpo.spaces.file.loading import bundled_spaces

    head, _, start = incomplete.rpartition("/")
    folder = Path(f"{head}/" if head or incomplete.startswith("/") else ".")
    here = sorted(folder.glob("*")) if folder.is_dir() else []
    files = [
        (f"{incomplete[: len(incomplete) - len(start)]}{path.name}{'/' * path.is_dir()}", "")
        for path in here
        if path.name.startswith(start) and (path.suffix in {".yaml", ".yml"} or path.is_dir())
    ]
    return [*files, *((name, "ships with hpo") for name in bundled_spaces() if name.startswith(incomplete))]


def complete_family(incomplete: str) -> list[str]:
    """Complete a model family."""
    from hpo.catalog import MODELS

    return [name for name in MODELS.names() if name.startswith(incomplete)]


def complete_dataset(incomplete: str) -> list[str]:
    """Complete a data set."""
    from hpo.catalog import DATASETS

    return [name for name in DATASETS.names() if name.startswith(incomplete)]


def complete_plot(incomplete: str) -> list[tuple[str, str]]:
    """Complete the name of a plot."""
    from hpo.analysis.plots.catalog import PLOTS

    return [(name, plot.title) for name, plot in PLOTS.items() if name.startswith(incomplete)]
