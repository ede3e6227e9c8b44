"""Starts the process that builds networks, and reads what it finds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, Self

from hpo.checking.result import FINDINGS, Findings
from hpo.errors import WorkerError
from hpo.fleet.launchers.local import worker_environment
from hpo.spaces import StudySpec


def examine_with_engine(spec: StudySpec, listen: Callable[[str], None]) -> Findings:
    """What is found by building networks of a study and timing some.

    Args:
        spec: the study.
        listen: is told what the process does.

    Raises:
        WorkerError: it has died; the message has the last line that it wrote.
        KeyboardInterrupt: Ctrl-C or SIGTERM; the process has been ended.
    """
    with _Interrupts() as interrupts, tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            # -P: a file in the working directory that is called like a library is not to be imported
            [sys.executable, "-P", "-m", "hpo.checking.probe"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=worker_environment(_cores()),
            text=True,
            start_new_session=True,  # Ctrl-C in the terminal is for this process
        )
        try:
            interrupts.end(process)
            findings = _followed(process, spec, listen)
            status = process.wait()
        finally:
            process.kill()  # whatever came between; the process has nothing to give back
            process.wait()
        if interrupts.came:
            raise KeyboardInterrupt
        if findings is None:
            raise WorkerError(
                f"hpo check: networks are built in a process of their own. Received its end, with status {status}; "
                f"{_last_words(log)} Run `hpo check --quick` for what can be said without it."
            )
        return findings


def _followed(process: subprocess.Popen[str], spec: StudySpec, listen: Callable[[str], None]) -> Findings | None:
    """The findings; None where it dies before. Its standard input stays open as long as they are waited for."""
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - they are pipes
    with process.stdout as lines, suppress(BrokenPipeError), process.stdin as document:
        print(spec.to_json(), file=document, flush=True)
        for line in lines:
            if not line.endswith("\n"):  # it was killed in the middle of it
                break
            message = json.loads(line)
            if "doing" in message:
                listen(message["doing"])
            else:
                return FINDINGS.validate_python(message["findings"])
    return None


class _Interrupts:
    """While it is entered, Ctrl-C and SIGTERM end a process, whose reader then finds the end of its output.

    An exception raised by a signal handler is lost where Python happens to run a finalizer; a note of it is not. Only
    the main thread may handle signals: in any other, nothing is changed.
    """

    def __init__(self) -> None:
        self.came = False
        self._process: subprocess.Popen[str] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {each: signal.signal(each, self._handle) for each in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *raised: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def end(self, process: subprocess.Popen[str]) -> None:
        """Name the process to end, now if a signal has come already."""
        self._process = process
        if self.came:
            process.kill()

    def _handle(self, number: int, frame: object) -> None:
        self.came = True
        if self._process is not None:
            self._process.kill()


def _cores() -> int:
    """What a run with one worker gives it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _last_words(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode("utf-8", "replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"its last line: {last}" if last else "it wrote nothing."
