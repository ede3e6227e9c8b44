"""Work on many images: at once, in their order, within bounds of memory, with its progress in the log."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from threading import Condition, Lock
from typing import Generic, TypeVar

from hpo.processes.machine import core_count

T = TypeVar("T")
R = TypeVar("R")

_LOG_INTERVAL = 15.0
"""Seconds between two lines about progress, and before the first."""
_AHEAD = 4
"""Items under way for each thread."""
_log = logging.getLogger(__name__)


def map_in_threads(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Compute what `map` gives in threads; results that nobody has asked for yet are few, however many items.

    Pillow decodes and resizes without holding the interpreter's lock.

    Raises:
        Exception: whatever `function` raises, at its item.
    """
    threads, remaining = core_count(), iter(items)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for item in islice(remaining, threads * _AHEAD):
                waiting.append(pool.submit(function, item))
            while waiting:
                result = waiting.popleft().result()
                for item in islice(remaining, 1):
                    waiting.append(pool.submit(function, item))
                yield result
        finally:
            for future in waiting:
                future.cancel()


class MemoryBudget:
    """Memory that threads share: each waits until what it needs is free, in the order in which they came."""

    def __init__(self, limit: int) -> None:
        """Set how much there is, in any unit; who needs more than that is let through alone."""
        self._limit = limit
        self._used = 0
        self._door = Lock()
        self._changed = Condition()

    @contextmanager
    def hold(self, amount: int) -> Iterator[None]:
        """Hold so much until the block ends."""
        with self._door, self._changed:  # who waits keeps the door shut, so that nobody small passes them for ever
            self._changed.wait_for(lambda: not self._used or self._used + amount <= self._limit)
            self._used += amount
        try:
            yield
        finally:
            with self._changed:
                self._used -= amount
                self._changed.notify_all()


class ProgressLog:
    """Counts images, and logs how many are done: `reading images: 12,000 of 90,000`. A worker passes that on."""

    def __init__(self, activity: str, total: int) -> None:
        self._activity = activity
        self._total = total
        self._count = 0
        self._last = time.monotonic()

    def add(self, images: int) -> None:
        """Count images that are done."""
        self._count += images
        if time.monotonic() - self._last >= _LOG_INTERVAL:
            _log.info("%s: %s of %s", self._activity, f"{self._count:,}", f"{self._total:,}")
            self._last = time.monotonic()


class ReadAhead(Generic[R]):
    """Results of a function of 0, 1, 2, ... that are computed in threads before they are asked for.

    A few are under way or waiting at a time. Asked for in another order, results are the same and come no sooner; 0
    begins anew.
    Keras' own way to read ahead gives, but for TensorFlow, batches of the epoch before (3.15: what its queue holds when
    an epoch is broken off is handed out in the next).
    """

    def __init__(self, function: Callable[[int], R]) -> None:
        self._function = function
        self._threads = core_count()
        self._pool = ThreadPoolExecutor(self._threads)
        self._ahead: dict[int, Future[R]] = {}
        self._next = 0

    def get(self, index: int, count: int) -> R:
        """Get the result for an index, one of `count`.

        Raises:
            Exception: whatever the function raises.
        """
        if index in (0, self._next):
            for later in range(index, min(count, index + 1 + 2 * self._threads)):
                if later not in self._ahead:
                    self._ahead[later] = self._pool.submit(self._function, later)
        self._next = index + 1
        waiting = self._ahead.pop(index, None)
        return self._function(index) if waiting is None else waiting.result()

    def restart(self) -> None:
        """Forget what was computed: the function gives other results from here on."""
        for future in self._ahead.values():
            future.cancel()
        wait(self._ahead.values())
        self._ahead.clear()
        self._next = 0
