"""The table of leases beside Optuna's, in SQLAlchemy: the same statements on SQLite, PostgreSQL and MySQL.

Optuna's heartbeats cannot serve: they name no owner and carry no fencing number; `ask` writes none, and a trial without
one is never stale; one for a trial that has failed meanwhile is taken in silence; PostgreSQL keeps them in the zone of
the session without saying which (Optuna 5.0).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Double,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from hpo.errors import LeaseLostError
from hpo.studies.store.leases import Lease, LeaseHolder, LeaseState, this_process
from hpo.studies.store.tables import CLOCKS

Transaction = Session | Connection
"""By which rows are read and written, as a whole or not at all."""
LEASES = Table(
    "hpo_leases",
    MetaData(),
    Column("study_id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(64), primary_key=True),
    Column("owner", String(255), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("machine", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", Double, nullable=False),
    Column("token", String(32), nullable=False),
    Column("until", Double, nullable=False),
)


class _Now(FunctionElement[float]):
    """Seconds since 1970 by the database's clock, as it is when the statement runs."""

    type = Double()
    inherit_cache = True


@compiles(_Now)
def _compile_now(_: _Now, compiler: SQLCompiler, **__: object) -> str:
    return CLOCKS[compiler.dialect.name]


_IS_IT = [
    LEASES.c[name] == bindparam(f"of_{name.removesuffix('_id')}") for name in ("study_id", "name", "owner", "fence")
]
_EXTEND = update(LEASES).where(*_IS_IT).values(until=_Now() + bindparam("seconds", type_=Double()))
_REMOVE = delete(LEASES).where(*_IS_IT)


def connection_of(session: Transaction) -> Connection:
    """Give the connection of a transaction: what a session executes passes through SQLAlchemy's ORM as well."""
    return session.connection() if isinstance(session, Session) else session


class LeaseTable:
    """The leases of one study, read and written in transactions of the caller's."""

    def __init__(self, study_id: int) -> None:
        self._study_id = study_id

    def create(self, session: Session) -> None:
        """Make the table where there is none, as in studies of earlier versions."""
        session.execute(CreateTable(LEASES, if_not_exists=True))

    def insert(self, session: Session, lease: Lease, seconds: float, token: str = "") -> None:
        """Give a right that nobody has to this process.

        Args:
            session: the transaction.
            lease: what right, to whom.
            seconds: for how long.
            token: finds it again, where it is not known whether the transaction took place.
        """
        holder = this_process()
        values = {"name": lease.name, "owner": lease.owner, "fence": lease.fence, "token": token}
        place = {"machine": holder.machine, "pid": holder.pid, "started": holder.started}
        session.execute(insert(LEASES).values(study_id=self._study_id, **values, **place, until=_Now() + seconds))

    def extend(self, session: Transaction, lease: Lease, seconds: float) -> None:
        """Check that a lease holds, and renew it; until the transaction ends, nobody else takes it.

        A write as the first statement has SQLite lock the database before anything is read.

        Raises:
            LeaseLostError: somebody else has the right, or it was given up.
        """
        if not connection_of(session).execute(_EXTEND, {**self._key(lease), "seconds": seconds}).rowcount:
            raise self.lost(lease)

    def remove(self, session: Transaction, lease: Lease) -> bool:
        """Give a right up; whether it was still there."""
        return bool(connection_of(session).execute(_REMOVE, self._key(lease)).rowcount)

    def lost(self, lease: Lease) -> LeaseLostError:
        """Give the error of whoever writes with a lease that does not hold any more."""
        return LeaseLostError(
            f"{lease.name}: attempt {lease.fence}, of {lease.owner}, has ended, or another worker goes on with it. "
            "Nothing was written."
        )

    def clear(self, session: Session) -> None:
        """Forget all leases of the study."""
        session.execute(delete(LEASES).where(LEASES.c.study_id == self._study_id))

    def select(self, session: Session, **values: Any) -> dict[str, LeaseState]:  # noqa: ANN401 - of any column
        """Read the leases whose columns have these values, by name."""
        statement = select(LEASES, _Now().label("now")).where(LEASES.c.study_id == self._study_id).filter_by(**values)
        return {
            row.name: LeaseState(
                Lease(row.name, row.owner, row.fence),
                LeaseHolder(row.machine, row.pid, row.started),
                row.until,
                row.now,
            )
            for row in session.execute(statement)
        }

    def _key(self, lease: Lease) -> dict[str, Any]:
        return {"of_study": self._study_id, "of_name": lease.name, "of_owner": lease.owner, "of_fence": lease.fence}
