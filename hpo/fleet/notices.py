"""What data, search, storage and training log in a worker, sent to its supervisor as notices."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from hpo.fleet.messages import Notice, to_json
from hpo.processes.child import Connection


class _NoticeHandler(logging.Handler):
    def __init__(self, number: int, connection: Connection) -> None:
        super().__init__(logging.INFO)
        self._number = number
        self._connection = connection

    def emit(self, record: logging.LogRecord) -> None:
        subject = "data" if record.name.startswith("hpo.data") else ""
        self._connection.send(to_json(Notice(self._number, record.getMessage(), subject)))


@contextmanager
def send_notices(number: int, connection: Connection) -> Iterator[None]:
    """Send what is logged in this process while the block lasts; the worker's log has it too.

    Args:
        number: of the worker.
        connection: to its supervisor.
    """
    handler = _NoticeHandler(number, connection)
    logs = [logging.getLogger(f"hpo.{layer}") for layer in ("data", "search", "studies", "training")]
    for log in logs:
        log.setLevel(logging.INFO)
        log.addHandler(handler)
    try:
        yield
    finally:
        for log in logs:
            log.removeHandler(handler)
