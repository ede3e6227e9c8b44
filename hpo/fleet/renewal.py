"""A lease is renewed by a thread of its own while its trial is trained."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hpo.errors import LeaseLostError, StorageError
from hpo.studies import ActiveStudy, Lease

_RENEWALS = 3
"""In the time for which a lease lasts."""


@contextmanager
def renew_lease(study: ActiveStudy, lease: Lease) -> Iterator[None]:
    """Renew a lease again and again until the block ends; the trial itself notices when it is lost."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.wait(study.storage.lease_seconds / _RENEWALS):
            try:
                study.storage.renew(lease)
            except LeaseLostError:
                return
            except StorageError:  # what the trial writes next says it
                continue

    thread = threading.Thread(target=work, name=f"renew {lease.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
