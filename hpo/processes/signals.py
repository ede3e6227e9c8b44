"""Signals: which ask a process to end, how they are counted, and how all that a process has started is ended."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

DUMP_SIGNAL = signal.SIGUSR2
"""By it a process that carries an engine writes into its log what each of its threads does."""


def ending_signals() -> list[signal.Signals]:
    """List the signals that ask this process to end: Ctrl-C, SIGTERM, and SIGHUP, by which its terminal is closed.

    SIGHUP is left out where it is ignored, as `nohup` has it.
    """
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.append(signal.SIGHUP)
    return signals


class Interrupts:
    """Counts the signals that ask to end while it is entered, instead of raising `KeyboardInterrupt`.

    An exception that a signal handler raises is lost where Python happens to run a finalizer; a count is not. Only the
    main thread may handle signals: in any other, nothing is changed.
    """

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        """Begin to count.

        Args:
            then: called with each signal, between two instructions of the main thread: it must not wait for a lock.
        """
        self.count = 0
        self._then = then
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in ending_signals()}
        return self

    def __exit__(self, *raised: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: object) -> None:
        self.count += 1
        self._then()


def end_group(leader: int) -> None:
    """Kill every process of the group of a process that leads one, but this one: it was started by it, and not ended.

    The number of the leader must still be its own: it runs, or nobody has waited for it yet.
    """
    if leader != os.getpid():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
        return
    import psutil

    for process in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError, psutil.Error):
            if process.pid != leader and os.getpgid(process.pid) == leader:
                process.kill()
