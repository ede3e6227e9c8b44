"""Requests to end, by Ctrl-C or from the system, as interrupts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""The exit status of what was asked to end."""
_REQUESTS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def allow_interrupts(*, once: bool = False) -> Iterator[None]:
    """Take a request to end as a `KeyboardInterrupt`.

    Args:
        once: ignore those that follow, so that what is left to do is done.
    """
    handler: Callable[[int, FrameType | None], object] = _interrupt_once if once else signal.default_int_handler
    before = {each: signal.signal(each, handler) for each in _REQUESTS}
    try:
        yield
    finally:
        for each, earlier in before.items():
            signal.signal(each, earlier)


def _interrupt_once(number: int, frame: FrameType | None) -> None:
    for each in _REQUESTS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
