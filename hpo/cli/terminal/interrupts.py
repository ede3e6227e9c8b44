"""Requests to end, by Ctrl-C or from the system, as interrupts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from hpo.processes.signals import ending_signals

INTERRUPTED = 130
"""The exit status of a command that was asked to end."""


@contextmanager
def allow_interrupts(*, once: bool = False) -> Iterator[None]:
    """Take a request to end as a `KeyboardInterrupt`.

    Args:
        once: ignore those that follow, so that what is left to do is done.
    """
    handler: Callable[[int, FrameType | None], object] = _interrupt_once if once else signal.default_int_handler
    earlier = {request: signal.signal(request, handler) for request in ending_signals()}
    try:
        yield
    finally:
        for request, earlier_handler in earlier.items():
            signal.signal(request, earlier_handler)


def _interrupt_once(number: int, frame: FrameType | None) -> None:
    for request in ending_signals():
        signal.signal(request, signal.SIG_IGN)
    raise KeyboardInterrupt
