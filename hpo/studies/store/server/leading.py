"""Who works on a study on a server: the one who leads it, and those who have joined; leases say so to all machines."""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import sqlalchemy
from sqlalchemy.orm import Session

from hpo.errors import HpoError, LeaseLostError, StudyBusyError
from hpo.studies.address import StudyAddress
from hpo.studies.store.lease_table import LEASES, LeaseTable
from hpo.studies.store.leases import RENEWALS, SECONDS, Lease, LeaseWatch
from hpo.studies.store.server.errors import translate_error
from hpo.studies.store.server.reading import connect, reading_engine

_LEASES = LeaseTable(0)
"""Those of no study in Optuna's tables: whoever leads a study has the right before it is made, and while it is made
anew under another id."""
_PAUSE = 1.0


def lead(address: StudyAddress) -> AbstractContextManager[None]:
    """Have the right to lead a study, renewed by a thread, while the block lasts.

    A process that is frozen for longer than its lease may lose the right to another. Then both run trials, as one who
    leads and one who has joined, for each of which they have a lease.

    Raises:
        StudyBusyError: another process has it.
        UserError: the server refuses what is asked.
        StorageError: the server does not answer.
    """
    return _hold(address, f"run:{_key(address)}")


def take_part(address: StudyAddress) -> AbstractContextManager[None]:
    """Say that this process works on a study, while the block lasts; raises as `lead` does, but for the first."""
    return _hold(address, f"join:{_key(address)}:{secrets.token_hex(4)}")


def is_worked_on(address: StudyAddress) -> bool:
    """Whether a process leads the study, or takes part in the work; raises StorageError as `is_joined` does."""
    return bool(_holders(address))


def is_joined(address: StudyAddress) -> bool:
    """Whether a process takes part in the work beside whoever leads the study.

    Raises:
        StorageError: the database cannot be read.
    """
    return any(name.startswith("join:") for name in _holders(address))


def _holders(address: StudyAddress) -> list[str]:
    engine = reading_engine(address.storage)
    try:
        if not sqlalchemy.inspect(engine).has_table(LEASES.name):
            return []
        with Session(engine) as session:
            states = _LEASES.select(session).values()
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise translate_error(address, error) or error from error
    ours = (state for state in states if state.lease.name.split(":")[1] == _key(address))
    return [state.lease.name for state in ours if not (state.is_overdue or state.holder.is_gone())]


@contextmanager
def _hold(address: StudyAddress, name: str) -> Iterator[None]:
    engine = connect(address.storage)
    try:
        lease = _claim(engine, address, name)
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


def _claim(engine: sqlalchemy.Engine, address: StudyAddress, name: str) -> Lease:
    watch, owner = LeaseWatch(), f"{os.uname().nodename}:{os.getpid()}"
    while True:
        try:
            with Session(engine) as session, session.begin():
                _LEASES.create(session)
                state = _LEASES.select(session, name=name).get(name)
                if state is None or watch.explain_loss(state, SECONDS) is not None:
                    fence = 1
                    if state is not None:
                        _LEASES.remove(session, state.lease)
                        fence = state.lease.fence + 1
                    lease = Lease(name, owner, fence)
                    _LEASES.insert(session, lease, SECONDS)
                    return lease
        except sqlalchemy.exc.IntegrityError:
            continue  # another process was first
        except sqlalchemy.exc.SQLAlchemyError as error:
            raise translate_error(address, error) or error from error
        if not state.is_overdue:
            raise StudyBusyError(
                f"study {address.name}: one process at a time leads a study. Received one that {state.lease.owner} "
                f"leads. To work on its trials as well, type: hpo worker {address.argument}"
            )
        time.sleep(_PAUSE)  # whoever had it comes first, where the database was down


def _renew(engine: sqlalchemy.Engine, lease: Lease, is_over: threading.Event) -> None:
    while not is_over.wait(SECONDS / RENEWALS):
        with suppress(sqlalchemy.exc.SQLAlchemyError, HpoError), Session(engine) as session, session.begin():
            try:
                _LEASES.extend(session, lease, SECONDS)
            except LeaseLostError:
                return


def _key(address: StudyAddress) -> str:
    return hashlib.sha256(address.name.encode()).hexdigest()[:32]  # a name may be longer than the column
