"""What the parent asks of this process: one request after the other, until its stream or a signal ends that."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hpo.processes.child import Connection
from hpo.processes.signals import Interrupts


class Inbox:
    """The requests of a connection, and whether more may come.

    Attributes:
        is_closed: whether the stream has ended, or a signal has asked this process to end. An attribute and no
            `threading.Event`: the second of two signals would wait for ever for the lock that the first one holds.
    """

    def __init__(self, connection: Connection) -> None:
        """Take requests from a connection, once `listen` is entered."""
        self._connection = connection
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()  # a signal handler may put into it
        self.is_closed = False

    @contextmanager
    def listen(self) -> Iterator[None]:
        """Receive requests, and take a signal that asks to end as the end of them, while the block lasts.

        Whoever stops a machine sends that signal to all processes.
        """
        threading.Thread(target=self._receive, daemon=True).start()
        with Interrupts(self.close):
            yield

    def get(self) -> Any:  # noqa: ANN401 - plain values
        """Wait for the next request; None where no more come."""
        return None if self.is_closed else self._requests.get()

    def close(self) -> None:
        """Take no more requests; may be called by a signal handler, at any moment."""
        self.is_closed = True
        self._requests.put(None)

    def _receive(self) -> None:
        try:
            for request in self._connection.requests():
                self._requests.put(request)
        finally:
            self.close()
