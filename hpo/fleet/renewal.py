"""The leases of a worker are renewed by a thread of its own, from the claim to the end of each trial."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hpo.errors import LeaseLostError, StorageError
from hpo.studies import ActiveStudy, Lease
from hpo.studies.store.leases import RENEWALS


@contextmanager
def renew_leases(study: ActiveStudy) -> Iterator[None]:
    """Renew every lease that is taken through a study, until it ends or the block does.

    While the sampler draws the config of a trial, nothing else renews its lease; the trial itself notices when it is
    lost.
    """
    is_over, ended = threading.Event(), set[Lease]()
    leases = study.storage.leases

    def work() -> None:
        while not is_over.wait(study.storage.lease_seconds / RENEWALS):
            for lease in set(leases.copy().values()) - ended:  # while other threads claim
                try:
                    study.storage.renew(lease)
                except LeaseLostError:
                    ended.add(lease)
                except StorageError:  # what the trial writes next says it
                    continue

    thread = threading.Thread(target=work, name="renew leases", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
