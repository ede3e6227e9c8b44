"""Folders that models are written into: with all their files, or with none, and why one cannot be written to."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hpo.errors import Fault, UserError
from hpo.files import partial_name

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_out_of_space(error: BaseException) -> bool:
    """Say whether a disk is full, whoever has noticed: TensorFlow and others raise errors of their own."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    return any(os.strerror(number) in str(error) for number in _FULL)


def explain_unwritable(folder: Path, error: BaseException) -> Fault:
    """Say why files cannot be written into a folder."""
    if is_out_of_space(error):
        reason, remedy = os.strerror(errno.ENOSPC), "make room there, or name another folder"
    else:
        reason, remedy = getattr(error, "strerror", None) or str(error), "name another folder"
    return Fault("it is a folder that can be written to", reason, remedy, subject=str(folder))


@contextmanager
def fill_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder for the caller to fill; its files come into `folder` when the block ends well, else they go.

    `folder` is made where it is not there. What has the name of a new file is replaced, all else in it stays.

    Raises:
        UserError: it cannot be written to.
    """
    partial = folder / partial_name()
    try:
        with making_folder(folder):
            try:
                partial.mkdir()
                yield partial
                for path in partial.iterdir():
                    target = folder / path.name
                    if target.is_dir() and not target.is_symlink():
                        shutil.rmtree(target)
                    path.replace(target)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise UserError(explain_unwritable(folder, error)) from error


@contextmanager
def making_folder(folder: Path) -> Iterator[None]:
    """Make a folder that is not there, and those above it; where the block fails, they go again.

    Raises:
        OSError: one cannot be made.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in made:
            with suppress(OSError):  # somebody else has put something there, or it was not made
                path.rmdir()
        raise
