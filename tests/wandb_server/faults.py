"""Faults of a server and of the network, which tests switch on and off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass
class Fault:
    """What happens to requests instead of an answer, or before it; a context manager that ends it.

    Attributes:
        operations: names of GraphQL's operations, `file_stream` and `storage`; none are all.
        status: the status to answer with; None answers as usual.
        delay: seconds to wait first.
        is_cut: whether the connection ends without an answer.
        count: how many requests it is for; None is any number.
        retry_after: seconds, which the answer tells the client to wait.
    """

    operations: Collection[str] = ()
    status: int | None = None
    delay: float = 0.0
    is_cut: bool = False
    count: int | None = None
    retry_after: int | None = None

    def __enter__(self) -> Fault:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Let requests pass again."""
        self.count = 0

    def meets(self, operation: str) -> bool:
        """Return whether the fault is for this request, and count it."""
        if self.count == 0 or (self.operations and operation not in self.operations):
            return False
        if self.count is not None:
            self.count -= 1
        return True
