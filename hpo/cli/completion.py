"""What a shell completes: names of studies, space files, families and data sets."""

from __future__ import annotations

from pathlib import Path

import typer


def complete_study(ctx: typer.Context, incomplete: str) -> list[str]:
    """The studies of the folder that is named, or else of `./studies`."""
    from hpo.studies.files.finding import study_names

    names = study_names(Path(ctx.params.get("studies") or "studies"))
    return [name for name in names if name.startswith(incomplete)]


def complete_space(incomplete: str) -> list[tuple[str, str]]:
    """YAML files and folders from here on, and the spaces that ship."""
    from hpo.spaces.file.loading import bundled_spaces

    head, _, start = incomplete.rpartition("/")
    folder = Path(f"{head}/" if head or incomplete.startswith("/") else ".")
    here = sorted(folder.glob("*")) if folder.is_dir() else []
    found = [
        (f"{incomplete[: len(incomplete) - len(start)]}{path.name}{'/' * path.is_dir()}", "")
        for path in here
        if path.name.startswith(start) and (path.suffix in {".yaml", ".yml"} or path.is_dir())
    ]
    return [*found, *((name, "ships with hpo") for name in bundled_spaces() if name.startswith(incomplete))]


def complete_family(incomplete: str) -> list[str]:
    """The model families."""
    from hpo.catalog import MODELS

    return [name for name in MODELS.names() if name.startswith(incomplete)]


def complete_dataset(incomplete: str) -> list[str]:
    """The data sets."""
    from hpo.catalog import DATASETS

    return [name for name in DATASETS.names() if name.startswith(incomplete)]
