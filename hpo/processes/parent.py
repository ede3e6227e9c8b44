"""Starts a process that carries an engine, exchanges messages with it, and says how it ended."""

from __future__ import annotations

import atexit
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from weakref import WeakSet

import hpo.errors
from hpo.errors import HpoError, WorkerError
from hpo.processes.child import LAST_MESSAGE
from hpo.processes.environment import engine_environment
from hpo.processes.last_words import last_line, last_words
from hpo.processes.machine import core_count
from hpo.processes.signals import DUMP_SIGNAL, Interrupts, end_group

Message = dict[str, Any]
_TICK = 0.2
_LAST_MESSAGES_PATIENCE = 5.0
"""Seconds; a process that the child started may hold its output open after the child has ended."""
_DONE_PATIENCE = 10.0
"""Seconds for which this process, at its own end, waits for that of one that has nothing left to do."""
_LOG_LINES, _LOG_LENGTH = 50, 8000
"""Of a log's end: the most lines, and the most characters."""
_DUMP_S = 0.5
"""Seconds in which a process that is killed may write where its threads are."""
_SIGNALS = {number.value: number.name for number in signal.Signals}


class ProcessEndedError(Exception):
    """A process ended, or had to be ended, before it answered; the message says how and why."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended.

    Attributes:
        status: its exit status; the number of the signal that it died of, made negative.
        last_words: the line of its log that tells why, where there is one.
        last_line: the last line of its log, but for what engines write whenever they start; `nothing` without one.
        log: the last lines of its log.
    """

    status: int
    last_words: str | None
    last_line: str
    log: str = ""

    @property
    def event(self) -> str:
        """What happened, with the process as its subject."""
        if self.status >= 0:
            return f"exited with status {self.status}"
        hint = "; the machine may be out of memory" if -self.status == signal.SIGKILL else ""
        return f"died (signal {-self.status}, {_SIGNALS.get(-self.status, 'of the system')}{hint})"

    @property
    def explained_event(self) -> str:
        """What happened, and why, where its log tells."""
        return self.event if self.last_words is None else f"{self.event}: {self.last_words}"


OnMessage = Callable[[Message | Ending], None]


class EngineProcess:
    """`python -m MODULE`, in a session of its own: Ctrl-C in the terminal is for the parent to handle.

    The child's side is `hpo.processes.child`. It ends by itself when it is closed, or when this process ends.
    """

    def __init__(
        self,
        *command: str,
        environment: Mapping[str, str],
        log: IO[bytes],
        on_message: Callable[[Message | Ending], None],
    ) -> None:
        """Start the process.

        Args:
            command: the module, and its arguments.
            environment: its variables.
            log: what it prints is written to the end of this file, which can be read as well.
            on_message: called in a thread with each message, in order, and at last with how the process ended.
        """
        self._log, self._log_start = os.dup(log.fileno()), os.fstat(log.fileno()).st_size
        self._early_log: int | None = None
        self._printed: bytes | None = None  # the end of it, once the process has ended
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            # -P: a file in the working directory that is called like a library is not to be imported
            [sys.executable, "-P", "-m", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018 - pipes
        self._requests, self._messages = self._process.stdin, self._process.stdout
        self._on_message = on_message
        self._lock = threading.Lock()  # held while its number is used, or given back to the system
        self._is_done = threading.Event()  # it has sent its last message, or has ended
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def send(self, request: object) -> None:
        """Send a plain value as a request; it is lost where the process has ended."""
        with suppress(BrokenPipeError, ValueError):
            self._requests.write(json.dumps(request) + "\n")
            self._requests.flush()

    def move_log(self, log: IO[bytes], path: Path) -> None:
        """Have the process print into another log, which begins with what it has printed so far.

        Args:
            log: open as one that `__init__` takes.
            path: where that log lies.
        """
        with self._lock:
            if self._printed is not None:
                os.write(log.fileno(), self._printed)
                return
            self._early_log = self._log
            self._log, self._log_start = os.dup(log.fileno()), os.fstat(log.fileno()).st_size
        self.send({"move_log": str(path.absolute())})

    def close(self) -> None:
        """Ask the process to end; returns at once."""
        with suppress(BrokenPipeError):
            self._requests.close()

    def kill(self, *, dumps: bool = False) -> None:
        """End the process at once, and those that it has started.

        Args:
            dumps: whether it writes into its log, before, what each of its threads does.
        """
        if dumps:
            self._process.send_signal(DUMP_SIGNAL)
            self.join(_DUMP_S)
        self.close()
        with self._lock:
            if self._process.returncode is None:
                end_group(self._process.pid)

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end of the process; whether it has ended, and `on_message` was called with all that it sent."""
        self._watcher.join(timeout)
        return not self._watcher.is_alive()

    def wait_until_done(self, timeout: float | None = None) -> bool:
        """Wait until the process has done all that it will do, or has ended; whether it has.

        `on_message` was called with all that it sent, but for how it ended. This process does not end before it.
        """
        if not self._is_done.wait(timeout):
            return False
        _ENDING.add(self)
        return True

    def _watch(self) -> None:
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        try:
            status = self._wait()
            reader.join(_LAST_MESSAGES_PATIENCE)
            log = self._read_log()
            end = "\n".join(log.splitlines()[-_LOG_LINES:])[-_LOG_LENGTH:]
            self._on_message(Ending(status, last_words(log), last_line(log) or "nothing", end))
        finally:
            self._is_done.set()

    def _read_log(self) -> str:
        with self._lock:
            if self._early_log is not None:  # which has something only if the process did not come to move it
                os.write(self._log, os.pread(self._early_log, os.fstat(self._early_log).st_size, 0))
                os.close(self._early_log)
            size = os.fstat(self._log).st_size - self._log_start
            log = os.pread(self._log, size, self._log_start)
            os.close(self._log)
            self._printed = log[-_LOG_LENGTH:]
        return log.decode("utf-8", "replace")

    def _wait(self) -> int:
        """Wait for the end of the process, and end what it has started and left running."""
        if hasattr(os, "waitid"):  # not so on macOS, before Python 3.13
            with suppress(ChildProcessError):  # somebody else has waited for every child of this process
                os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)  # its number is still its own
                with self._lock:
                    end_group(self._process.pid)
                    return self._process.wait()
        return self._process.wait()

    def _read(self) -> None:
        with self._messages as lines:
            for line in lines:
                with suppress(ValueError, RecursionError):  # half a line of one that died, or what a library printed
                    message = json.loads(line)
                    if message == LAST_MESSAGE:
                        self._is_done.set()
                    elif isinstance(message, dict):
                        self._on_message(message)


_ENDING: WeakSet[EngineProcess] = WeakSet()
"""Those that were left to end by themselves."""


@atexit.register
def _await_ends() -> None:
    with suppress(KeyboardInterrupt):
        for process in list(_ENDING):
            process.join(_DONE_PATIENCE)


def ask(
    function: str,
    request: object,
    *,
    engine: str,
    silence_s: float,
    listen: Callable[[str], object] = str,
    variables: Mapping[str, str | None] | None = None,
) -> Any:  # noqa: ANN401 - a plain value
    """Call one of hpo's functions in a process that carries an engine, and return its answer.

    Args:
        function: `module:function`; called with the request, and with a function that passes texts on to `listen`.
        request: a plain value.
        engine: what Keras runs on.
        silence_s: the process is ended when it has neither sent nor printed anything for so many seconds.
        listen: called with each text that says what the process does.
        variables: of its environment, which it has whatever this process's own says; it lacks those that are None.

    Raises:
        ProcessEndedError: the process ended without an answer.
        HpoError: what the function raised.
        KeyboardInterrupt: Ctrl-C or SIGTERM; the process has been ended.
    """
    messages: queue.SimpleQueue[Message | Ending] = queue.SimpleQueue()
    said = {**engine_environment(core_count(), engine), **(variables or {})}
    environment = {name: value for name, value in said.items() if value is not None}
    with Interrupts() as interrupts, tempfile.TemporaryFile() as log:
        process = EngineProcess(
            "hpo.processes.child", function, environment=environment, log=log, on_message=messages.put
        )
        try:
            process.send(request)
            printed, heard = 0, time.monotonic()
            while not interrupts.count:
                if printed != (printed := os.fstat(log.fileno()).st_size):
                    heard = time.monotonic()
                if time.monotonic() - heard > silence_s:
                    raise ProcessEndedError(f"gave no sign of life for {silence_s:g} s, and was ended")
                with suppress(queue.Empty):
                    message = messages.get(timeout=_TICK)
                    heard = time.monotonic()
                    match message:
                        case Ending():
                            words = message.last_words or f"the last that it wrote: {message.last_line}"
                            raise ProcessEndedError(f"{message.event}: {words.rstrip('.')}")
                        case {"doing": str(doing)}:
                            listen(doing)
                        case {"error": str(name), "message": str(text)}:
                            raise error_named(name)(text)
                        case {"answer": answer}:
                            return answer
        finally:
            process.kill()  # whatever came between; it has nothing to give back
            process.join()
            if interrupts.count:
                raise KeyboardInterrupt


def error_named(name: str) -> type[HpoError]:
    """Find the class that a process named, where it is one that takes a message alone; else `WorkerError`."""
    error = getattr(hpo.errors, name, None)
    if isinstance(error, type) and issubclass(error, HpoError) and error.__init__ is HpoError.__init__:
        return error
    return WorkerError
