"""Files that are written whole or not at all, and never through a link that somebody has put in their place."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PARTIAL = ".partial"
"""How the name of a file ends that is being written; what is left of a process that was killed is rubbish."""


def partial_name() -> str:
    """Make a name that nobody can foresee, for a file that is being written."""
    return f".{secrets.token_hex(8)}{PARTIAL}"


def is_partial_name(name: str) -> bool:
    """Whether `partial_name` makes such names: another program's file may end so, too."""
    return re.fullmatch(rf"\.[0-9a-f]{{16}}{re.escape(PARTIAL)}", name) is not None


@contextmanager
def fresh_file(target: Path) -> Iterator[Path]:
    """Make an empty file beside `target` for the caller to fill; it takes that name when the block ends without error.

    What had the name before is replaced at once; a link is replaced itself, and what it leads to stays as it is.

    Raises:
        OSError: it cannot be written.
    """
    partial = target.with_name(partial_name())
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        yield partial
        os.replace(partial, target)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise


def open_new(path: Path) -> IO[bytes]:
    """Open a new file to write bytes to, in the place of whatever file or link had its name.

    Raises:
        OSError: it cannot be written.
    """
    path.unlink(missing_ok=True)
    return path.open("xb")


def open_log(path: Path) -> IO[bytes]:
    """Open a file to append bytes to, and to read from; a link, or what else is no regular file, is replaced.

    Raises:
        OSError: it cannot be written.
    """
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            path.unlink()
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o666), "a+b")


def write_output(path: Path, text: str) -> None:
    """Write a text where the user has named a file, or a device; not where a link leads.

    Raises:
        OSError: it cannot be written.
    """
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link; name the file that it leads to")
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    with fresh_file(path) as partial:
        partial.write_text(text, encoding="utf-8")
