"""The one way out of the command line: every text is readable, and a reader that goes away is no accident."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, TextIO, cast

from hpo.errors import WorkError
from hpo.shown import json_text, readable


class OutputLost(WorkError):  # noqa: N818 - says what happened, as KeyboardInterrupt does
    """The standard output takes no more: its disk is full, or its reader has gone."""

    def __init__(self, error: OSError) -> None:
        self.has_reader_gone = isinstance(error, BrokenPipeError)
        self.reason = error.strerror or str(error)
        super().__init__(f"standard output: the result is written there. Received: {self.reason}. Write it elsewhere.")


def write(text: str) -> None:
    """Write a line or more of the result to the standard output.

    Raises:
        OutputLost: it takes no more.
    """
    sys.stdout.write(readable(text.removesuffix("\n"), lines=True) + "\n")


def write_json(value: Any, *, indent: int | None = 2) -> None:  # noqa: ANN401 - plain values
    """Write a plain value as JSON to the standard output; what is on one line is one of many, and is sent at once.

    Raises:
        OutputLost: it takes no more.
    """
    sys.stdout.write(json_text(value, indent=indent) + "\n")
    if indent is None:
        sys.stdout.flush()


def write_csv(rows: Iterable[Sequence[object]]) -> None:
    """Write rows of cells as CSV to the standard output, each on one line.

    Raises:
        OutputLost: it takes no more.
    """
    readable_rows = ([readable(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    csv.writer(sys.stdout, lineterminator="\n").writerows(readable_rows)


def tell(text: str) -> None:
    """Write a message for people to the standard error; nothing happens where nobody reads it."""
    with suppress(OSError):
        sys.stderr.write(readable(text, lines=True) + "\n")
        sys.stderr.flush()


def ignore_loss(stream: IO[str]) -> IO[str]:
    """Wrap a stream so that nothing happens where it cannot be written to any more."""
    return cast(IO[str], _MessageStream(stream))


@contextmanager
def guard_streams() -> Iterator[None]:
    """Have the standard streams of this process outlive their readers.

    What is written to the standard output raises `OutputLost` then, and so does flushing it, which should be the last
    that is done here.
    """
    _open_closed_streams()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, _ResultStream(sys.stdout)), cast(TextIO, _MessageStream(sys.stderr))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _GuardedStream:
    """A stream that is written to no more once it has failed."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lost: OSError | None = None
        with suppress(AttributeError, OSError, ValueError):  # a stream that a caller has put in its place
            stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a stream has
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, call: Callable[[], object]) -> None:
        if self._lost is None:
            try:
                call()
            except OSError as error:
                self._lost = error
                self._empty_buffer()

    def _empty_buffer(self) -> None:
        """Give what is in it a place to go: the interpreter flushes it at its end, and would complain."""
        with suppress(AttributeError, OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


class _MessageStream(_GuardedStream):
    """For messages: where nobody reads them, nobody can be told so."""


class _ResultStream(_GuardedStream):
    """For results: writing one raises an error when it is lost."""

    def _try(self, call: Callable[[], object]) -> None:
        super()._try(call)
        if self._lost is not None:
            raise OutputLost(self._lost)

    def flush(self) -> None:
        if self._lost is None:  # else the error was raised, and there is nothing to flush
            super().flush()


def _open_closed_streams() -> None:
    """Open standard streams that the caller has closed, or the next file that is opened would take their place.

    Writing to them fails, as to any stream that was closed.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # the lowest number that is free, which is this one
            if getattr(sys, name) is None:
                setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115 - for good
