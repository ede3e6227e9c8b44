"""The folder that an export becomes: it has its name when it is whole, and replaces nothing but an earlier export."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from hpo.errors import Fault, UserError
from hpo.files import partial_name
from hpo.shipping.folders import explain_unwritable, making_folder
from hpo.shipping.kept_model import DESCRIPTION

README = "README.md"


@contextmanager
def fresh_folder(target: Path) -> Iterator[Path]:
    """Make an empty folder beside `target` for the caller to fill; it takes that name when the block ends well.

    Raises:
        UserError: the target is something else than an export or an empty folder, or cannot be written to.
    """
    rule, remedy, subject = "an export is a new folder, or replaces an earlier one", "name another by --to", str(target)
    obstacle = _find_obstacle(target)
    if obstacle is not None:
        raise UserError(Fault(rule, obstacle, remedy, subject=subject))
    partial = target.with_name(partial_name())
    with ExitStack() as stack:
        try:
            stack.enter_context(making_folder(target.parent))
            stack.callback(shutil.rmtree, partial, ignore_errors=True)
            partial.mkdir()
        except OSError as error:
            received = f"{partial.parent if error.filename == str(partial) else error.filename}: {error.strerror}"
            raise UserError(Fault("an export is written to a folder", received, remedy, subject=subject)) from error
        try:
            yield partial
        except OSError as error:
            raise UserError(explain_unwritable(target, error)) from error
        try:
            _give_name(partial, target)
        except OSError as error:
            raise UserError(Fault(rule, error.strerror or str(error), remedy, subject=subject)) from error


def _find_obstacle(target: Path) -> str | None:
    """Say what is in the place of a folder, if it is nothing that is replaced, or nothing that can be renamed."""
    if target.is_symlink():
        return "a link"
    if not target.exists():
        return None
    if target.samefile(Path.cwd()):
        return "the current folder"
    if target.is_dir() and target.is_mount():
        return "a disk of its own"
    is_free = target.is_dir() and (not any(target.iterdir()) or (target / DESCRIPTION).is_file())
    return None if is_free else "something else of that name"


def _give_name(partial: Path, target: Path) -> None:
    """Rename a folder; the one that had the name is removed when that is done, and gets it back where it fails."""
    old = target.with_name(partial_name())
    try:
        with suppress(FileNotFoundError):
            target.rename(old)
        partial.rename(target)
    except BaseException as error:
        with suppress(OSError):
            old.rename(target)
        if not (isinstance(error, OSError) and error.errno in {errno.ENOTEMPTY, errno.EEXIST}):
            raise
        _give_name(partial, target)  # another export has taken the name in between
    finally:
        shutil.rmtree(old, ignore_errors=True)


def folder_size(folder: Path) -> int:
    """Count the bytes of the files in a folder."""
    return sum(Path(root, name).stat().st_size for root, _, names in os.walk(folder) for name in names)
