"""The right to lead a study on a server: to create it, to change its space and its budget."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy
from sqlalchemy.orm import Session

from hpo.errors import HpoError, LeaseLostError, StudyBusyError
from hpo.studies.address import StudyAddress
from hpo.studies.store.lease_table import LEASES, LeaseTable
from hpo.studies.store.leases import SECONDS, Lease, LeaseState, LeaseWatch
from hpo.studies.store.server.errors import translate_error
from hpo.studies.store.server.reading import connect

_LEASES = LeaseTable(0)
"""Those of no study in Optuna's tables: whoever leads a study has the right before it is made, and while it is made
anew under another id."""
_PAUSE = 1.0


@contextmanager
def lead(address: StudyAddress) -> Iterator[None]:
    """Have the right to lead a study, renewed by a thread, while the block lasts.

    A process that is frozen for longer than its lease may lose the right to another. Then both run trials, as a leader
    and a worker do, each of which has a lease of its own.

    Raises:
        StudyBusyError: another process has it.
        UserError: the server refuses what is asked.
        StorageError: the server does not answer.
    """
    engine = connect(address.storage)
    try:
        lease = _claim(engine, address)
        is_over = threading.Event()
        renewal = threading.Thread(target=_renew, args=(engine, lease, is_over), daemon=True)
        renewal.start()
        try:
            yield
        finally:
            is_over.set()
            renewal.join()
            with suppress(sqlalchemy.exc.SQLAlchemyError), Session(engine) as session, session.begin():
                _LEASES.remove(session, lease)
    finally:
        engine.dispose()


def find_leader(address: StudyAddress) -> LeaseState | None:
    """Look who leads a study; None where nobody does.

    Raises:
        StorageError: the database cannot be read.
    """
    engine = connect(address.storage)
    try:
        if not sqlalchemy.inspect(engine).has_table(LEASES.name):
            return None
        with Session(engine) as session:
            state = _LEASES.select(session, name=_name(address)).get(_name(address))
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise translate_error(address, error) or error from error
    finally:
        engine.dispose()
    return None if state is None or state.is_overdue or state.holder.is_gone() else state


def _claim(engine: sqlalchemy.Engine, address: StudyAddress) -> Lease:
    watch, owner = LeaseWatch(), f"{os.uname().nodename}:{os.getpid()}"
    while True:
        try:
            with Session(engine) as session, session.begin():
                _LEASES.create(session)
                state = _LEASES.select(session, name=_name(address)).get(_name(address))
                if state is None or watch.explain_loss(state) is not None:
                    fence = 1
                    if state is not None:
                        _LEASES.remove(session, state.lease)
                        fence = state.lease.fence + 1
                    lease = Lease(_name(address), owner, fence)
                    _LEASES.insert(session, lease, SECONDS)
                    return lease
        except sqlalchemy.exc.IntegrityError:
            continue  # another process was first
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise translate_error(address, error) or error from error
        if not state.is_overdue:
            raise StudyBusyError(
                f"study {address.name}: one process at a time leads a study. Received one that {state.lease.owner} "
                f"leads. To help with its trials, type: hpo worker {address.argument}"
            )
        time.sleep(_PAUSE)  # whoever had it comes first, where the database was down


def _renew(engine: sqlalchemy.Engine, lease: Lease, is_over: threading.Event) -> None:
    while not is_over.wait(SECONDS / 3):
        with suppress(sqlalchemy.exc.SQLAlchemyError, HpoError), Session(engine) as session, session.begin():
            try:
                _LEASES.extend(session, lease, SECONDS)
            except LeaseLostError:
                return


def _name(address: StudyAddress) -> str:
    return f"run:{hashlib.sha256(address.name.encode()).hexdigest()[:32]}"  # a name may be longer than the column
