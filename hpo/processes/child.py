"""The side of the process that carries an engine: it answers its parent, and ends when its parent does.

`python -m hpo.processes.child MODULE:FUNCTION` calls one of hpo's functions, for `hpo.processes.parent.ask`.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, NoReturn, Protocol, TextIO, cast

from hpo.errors import HpoError, WorkError
from hpo.files import open_log
from hpo.own_code import describe_error
from hpo.processes.environment import settle_process
from hpo.processes.keras_extras import hide_extras
from hpo.processes.signals import DUMP_SIGNAL, end_group
from hpo.shown import ReadableStream

LAST_MESSAGE = {"is_done": True}
"""Sent by a process that has done all that it will do, and ends: for the system to free its memory takes 0.2 s."""


class Connection(Protocol):
    """To whoever started this worker, or asked this process."""

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message; it is lost where nobody is left to receive it, which the end of `requests` tells."""

    def requests(self) -> Iterator[Any]:
        """Give what is sent to this side, until the other one closes the stream or ends."""


class ParentConnection:
    """A `Connection` of JSON lines: they come in on the standard input, and go out on what was the standard output.

    Whatever engines and the user's code print from now on goes to the standard error, which is the process's log.
    """

    def __init__(self) -> None:
        self._messages = os.fdopen(os.dup(sys.stdout.fileno()), "w")
        self._lock = threading.Lock()
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        sys.stdout = sys.stderr = cast(TextIO, ReadableStream(sys.stderr))
        faulthandler.enable(sys.stderr.fileno())
        faulthandler.register(DUMP_SIGNAL, sys.stderr.fileno())

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message as a line."""
        with self._lock, suppress(BrokenPipeError):
            self._messages.write(json.dumps(message) + "\n")
            self._messages.flush()

    def requests(self) -> Iterator[Any]:
        """Give each line that comes in, but for what `EngineProcess.move_log` asks for."""
        with suppress(ValueError):  # half a line of a parent that was killed
            for request in map(json.loads, sys.stdin):
                match request:
                    case {"move_log": str(path)}:
                        _move_log(Path(path))
                    case _:
                        yield request


def run_child(work: Callable[[ParentConnection], None]) -> NoReturn:
    """Do the work of a process, tell the parent an error that ends it, and end, whatever threads are left running.

    Python itself would wait for threads that the user's code has started.
    """
    settle_process()
    hide_extras()
    connection, status = ParentConnection(), 1
    try:
        work(connection)
        status = 0
    except (HpoError, SystemExit) as error:
        traceback.print_exc()
        if isinstance(error, SystemExit):  # only code of the user's own asks for that
            error = WorkError(f"code that the study names ended the process. Received {describe_error(error)}.")
        connection.send({"error": type(error).__name__, "message": str(error)})
    except BaseException:  # the log is all that will be known of it
        traceback.print_exc()
    logging.shutdown()
    with suppress(OSError):
        sys.stderr.flush()
    connection.send(LAST_MESSAGE)
    _end(status)


def _move_log(path: Path) -> None:
    """Have what this process prints go to another log, with all that it has printed to a temporary one so far."""
    sys.stderr.flush()
    early = sys.stderr.fileno()
    with open_log(path) as log:
        os.write(log.fileno(), os.pread(early, os.fstat(early).st_size, 0))
        os.ftruncate(early, 0)  # so the parent does not add it once more
        for stream in (1, early):
            os.dup2(log.fileno(), stream)


def _answer(connection: Connection) -> None:
    """Call the function that the command line names with the one request of the parent."""
    requests = connection.requests()
    request = next(requests)
    threading.Thread(target=_end_after, args=(requests,), daemon=True).start()
    function = EntryPoint("function", sys.argv[1], "hpo").load()
    connection.send({"answer": function(request, lambda doing: connection.send({"doing": doing}))})


def _end_after(requests: Iterator[Any]) -> None:
    """End the process, whatever it is doing, when nobody waits for its answer any more."""
    for _ in requests:
        pass
    _end(1)


def _end(status: int) -> NoReturn:
    """End this process, and those that it has started: nobody else may be left to do it."""
    if os.getpgrp() == os.getpid():
        end_group(os.getpid())
    os._exit(status)


if __name__ == "__main__":
    run_child(_answer)
