"""The folder that an export becomes: it has its name when it is whole, and replaces nothing but an earlier export."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hpo.errors import Fault, UserError
from hpo.files import partial_name

DESCRIPTION = "model.json"
"""What an export says of itself, as JSON."""
README = "README.md"


@contextmanager
def fresh_folder(target: Path) -> Iterator[Path]:
    """Make an empty folder beside `target` for the caller to fill; it takes that name when the block ends well.

    Raises:
        UserError: the target is something else than an export or an empty folder, or cannot be written to.
    """
    if target.is_symlink() or (target.exists() and not _is_replaceable(target)):
        received = "a link" if target.is_symlink() else "something else of that name"
        rule, remedy = "an export is a new folder, or replaces an earlier one", "name another by --to"
        raise UserError(Fault(rule, received, remedy, subject=str(target)))
    partial, old = (target.with_name(partial_name()) for _ in range(2))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
    except OSError as error:
        received = f"{error.filename}: {error.strerror}"
        raise UserError(
            Fault("an export is written to a folder", received, "name another by --to", subject=str(target))
        ) from error
    try:
        yield partial
        if target.exists():
            target.rename(old)
        partial.rename(target)
    finally:
        for rest in (partial, old):
            with suppress(OSError):
                shutil.rmtree(rest)


def _is_replaceable(target: Path) -> bool:
    return target.is_dir() and (not any(target.iterdir()) or (target / DESCRIPTION).is_file())


def folder_size(folder: Path) -> int:
    """Count the bytes of the files in a folder."""
    return sum(Path(root, name).stat().st_size for root, _, names in os.walk(folder) for name in names)
