"""Workers as processes of this machine."""

from __future__ import annotations

import os
import queue
import signal
import site
import subprocess
import sys
import sysconfig
import threading
from contextlib import suppress
from pathlib import Path

from hpo.fleet.launchers.last_words import last_words
from hpo.fleet.messages import Command, Event, WorkerDied, from_line, to_line
from hpo.studies import StudyFolder

_LAST_EVENTS_PATIENCE = 5.0
"""Seconds; a process that the worker started may hold its output open after the worker has ended."""


class LocalWorker:
    """A worker in a process of its own; its events go into the supervisor's queue, its output into its log."""

    def __init__(self, folder: StudyFolder, number: int, threads: int, events: queue.Queue[Event]) -> None:
        """Start the process.

        Args:
            folder: the study.
            number: what the worker is called in events, and in the name of its log.
            threads: how many the engine may use for one operation.
            events: where its events go; the last is `WorkerDied` unless `stop` was called before.
        """
        self.number = number
        self._log = folder.log_file(number)
        self._events = events
        self._stopping = False
        with folder.open_log(number) as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                # -P: a file in the working directory that is called like a library is not to be imported
                [sys.executable, "-P", "-m", "hpo.fleet.worker", "--study", str(folder.path), "--number", str(number)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=worker_environment(threads),
                text=True,
                start_new_session=True,  # Ctrl-C in the terminal is the supervisor's to handle
            )
        self._reader = threading.Thread(target=self._pass_events_on, daemon=True)
        self._reader.start()

    @property
    def name(self) -> str:
        """Who its trials record as their worker."""
        return f"{os.uname().nodename}:{self._process.pid}"

    def send(self, command: Command) -> None:
        """Give a command; one to a dead worker is lost, and `WorkerDied` says so."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        try:
            self._process.stdin.write(to_line(command))
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return

    def stop(self) -> None:
        """Ask the worker to give its trial back and end; returns at once."""
        self._stopping = True
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            return

    def kill(self) -> None:
        """End the worker at once."""
        self.stop()
        self._process.kill()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the process to end; whether it has. If so, its last events are in the queue."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        self._reader.join(_LAST_EVENTS_PATIENCE)
        return True

    def _pass_events_on(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        with self._process.stdout as lines:
            for line in lines:
                with suppress(ValueError):  # half a line of a worker that was killed, or what a library printed
                    self._events.put(from_line(line))
        status = self._process.wait()
        if not self._stopping:
            self._events.put(WorkerDied(self.number, f"{_ending(status)}: {self._last_words()}"))

    def _last_words(self) -> str:
        try:
            with self._log.open("rb") as log:
                log.seek(self._log_start)
                words = last_words(log.read().decode("utf-8", "replace"))
        except OSError:  # removed meanwhile
            words = None
        return f"see its log, {self._log}" if words is None else f"{words} (log: {self._log})"


def worker_environment(threads: int) -> dict[str, str]:
    """The environment of a worker: how many threads, and where `hpo` is imported from.

    Unless they are set already, so that a user's own settings win.
    """
    defaults = {
        "OMP_NUM_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": str(threads),
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "PYTHONUNBUFFERED": "1",
    }
    source = str(Path(__file__).resolve().parents[3])
    if source in (sysconfig.get_path("purelib"), site.getusersitepackages()):
        return {**defaults, **os.environ}
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]  # a checkout
    return {**defaults, **os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _ending(status: int) -> str:
    if status >= 0:
        return f"its process exited with status {status}"
    hint = ", as when the system runs out of memory" if -status == signal.SIGKILL else ""
    return f"its process was ended by signal {-status} ({signal.Signals(-status).name}){hint}"
