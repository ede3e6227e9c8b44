"""Keeps what engines and libraries print from the terminal, for commands that read data in their own process."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import IO

from hpo.cli.terminal.output import ignore_loss
from hpo.processes.keras_extras import hide_extras


@contextmanager
def quiet_engine(engine: str) -> Iterator[IO[str]]:
    """Choose the engine, and keep what it and other libraries print from the terminal and from the result.

    Yields:
        The terminal, for messages of our own.
    """
    os.environ["KERAS_BACKEND"] = engine
    hide_extras()
    original = os.dup(sys.stderr.fileno())
    with open(original, "w") as stream, tempfile.TemporaryFile() as unread:
        terminal = ignore_loss(stream)
        os.dup2(unread.fileno(), sys.stderr.fileno())
        try:
            with redirect_stdout(terminal):
                yield terminal
        finally:
            sys.stderr.flush()
            os.dup2(original, sys.stderr.fileno())
