"""Processes that begin before it is known what for: they import what they take anyway, and wait for the rest."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from hpo.processes.environment import python_environment
from hpo.processes.machine import core_count
from hpo.processes.parent import Ending, EngineProcess, Message


class EarlyProcess:
    """`python -m MODULE early`, which is told its environment, and later what it is to do.

    Attributes:
        environment: what it was told; None before.
    """

    def __init__(self, module: str) -> None:
        """Start the process.

        Args:
            module: what it runs.
        """
        self.environment: Mapping[str, str] | None = None
        self._messages: list[Message | Ending] = []
        self._on_message: Callable[[Message | Ending], None] = self._messages.append
        self._lock = threading.Lock()
        with tempfile.TemporaryFile() as log:
            # One thread of NumPy's BLAS until it is known how many, and where they run: see `adopt_environment`.
            environment = {"OPENBLAS_NUM_THREADS": "1", **python_environment()}
            self._process = EngineProcess(module, "early", environment=environment, log=log, on_message=self._pass_on)

    def begin(self, environment: Mapping[str, str]) -> None:
        """Have the process take over an environment, and import its engine."""
        self.environment = environment
        self._process.send({"environment": dict(environment)})

    def take(self, log: IO[bytes], path: Path, on_message: Callable[[Message | Ending], None]) -> EngineProcess:
        """Give the process to a worker, with its messages, and its output in the worker's log."""
        self._process.move_log(log, path)
        with self._lock:
            for message in self._messages:
                on_message(message)
            self._on_message = on_message
        return self._process

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.join()

    def _pass_on(self, message: Message | Ending) -> None:
        with self._lock:
            self._on_message(message)


_waiting: list[EarlyProcess] = []


@contextmanager
def early_process(module: str) -> Iterator[None]:
    """Start a process for whoever calls `take_early` in the block, where there is a core for it; else it ends.

    Where none can be started, whoever starts one later says why.
    """
    if core_count() > 1:  # else it would take longer until a mistake is told, and no less until the first trial
        with suppress(OSError):
            _waiting.append(EarlyProcess(module))
    try:
        yield
    finally:
        while (process := take_early()) is not None:
            process.end()


def take_early() -> EarlyProcess | None:
    """Give a process that was started and that nobody has, if there is one."""
    return _waiting.pop() if _waiting else None
