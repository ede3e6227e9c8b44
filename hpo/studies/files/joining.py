"""Who joins in the work on a study on this machine, beside the one who leads it: each has numbers for its workers."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

FIRST_JOINED = 1000
"""The number of the first worker of one who has joined; those of the leader are smaller."""


@contextmanager
def join_in(folder: Path) -> Iterator[int]:
    """Have numbers for workers that nobody else has, as long as the block lasts.

    Args:
        folder: of the study, on this machine.

    Yields:
        The number before the first.
    """
    from filelock import FileLock, Timeout

    (folder / "workers").mkdir(parents=True, exist_ok=True)
    for place in count(1):
        lock = FileLock(folder / "workers" / f"joined-{place}.lock", is_singleton=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        try:
            yield place * FIRST_JOINED
        finally:
            lock.release()
        return


def is_joined(folder: Path) -> bool:
    """Whether somebody has joined in the work on a study; nothing is written."""
    return any(is_held(path) for path in (folder / "workers").glob("joined-*.lock"))


def is_held(path: Path) -> bool:
    """Whether a process holds a lock; it is asked, and neither made nor written to."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # there is none, or none of ours
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(lock)  # which lets go of it
    return False
