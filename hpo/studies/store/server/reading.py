"""How a database server is connected to, and read without Optuna."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from hpo.errors import HpoError, MissingExtraError, StudyNotFoundError, UserError
from hpo.studies.address import StudyAddress
from hpo.studies.store.ledger import SPEC
from hpo.studies.store.server.errors import translate_error
from hpo.studies.store.stored import StoredStudy
from hpo.studies.store.tables import Select, check_revision, read_study

if TYPE_CHECKING:
    import sqlalchemy

_EXTRAS = {"postgresql": "postgres", "mysql": "mysql"}
_CONNECT_TIMEOUT = 10
"""Seconds; the drivers have none, or the minutes that the operating system takes."""
_STRICT = "SET sql_mode = CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'STRICT_ALL_TABLES')"
"""Otherwise a server may cut off what is longer than the 64 kB of a TEXT column, and say nothing."""
_SETTINGS: Mapping[str, Mapping[str, int | str]] = {
    # A server that vanished without a word is noticed after a minute, and not after the two hours of TCP.
    "psycopg": {"connect_timeout": _CONNECT_TIMEOUT, "keepalives_idle": 30, "tcp_user_timeout": 60_000},
    "psycopg2": {"connect_timeout": _CONNECT_TIMEOUT, "keepalives_idle": 30, "tcp_user_timeout": 60_000},
    "pymysql": {"connect_timeout": _CONNECT_TIMEOUT, "read_timeout": 60, "write_timeout": 60, "init_command": _STRICT},
}
_LONGEST_STILL_S = 60
"""Seconds; no transaction of hpo waits for anything but the server. A process that is frozen within one (a machine
that sleeps) would keep the rows that it holds from all others, for hours. MySQL has no such limit."""


def connect(storage: str, **settings: Any) -> sqlalchemy.Engine:  # noqa: ANN401 - of SQLAlchemy's
    """Make an engine for a database server; raises as `connection_settings` does, and connects when it is used."""
    import sqlalchemy

    return sqlalchemy.create_engine(storage, **connection_settings(storage), **settings)


def connection_settings(storage: str) -> dict[str, Any]:
    """Give what SQLAlchemy's engine for a URL is made with; what the URL itself says holds.

    Raises:
        UserError: it is no URL.
        MissingExtraError: its driver is not installed.
    """
    import sqlalchemy

    rule = "--storage: it is a URL such as postgresql+psycopg://USER@HOST/DATABASE."
    try:
        url = sqlalchemy.make_url(storage)
        driver = url.get_dialect().driver
        url.get_dialect().import_dbapi()
    except sqlalchemy.exc.NoSuchModuleError as error:
        raise UserError(f"{rule} Received {storage.partition('://')[0]}, which SQLAlchemy does not know.") from error
    except (sqlalchemy.exc.ArgumentError, ValueError) as error:
        raise UserError(f"{rule} Received one that cannot be read. Write it so, with %40 for an @.") from error
    except ImportError as error:
        extra = _EXTRAS.get(url.get_backend_name())
        install = f"pip install 'hpo[{extra}]'" if extra else f"pip install {error.name}"
        raise MissingExtraError(
            f"--storage: {url.drivername} needs the package {error.name}. Received an installation without it. "
            f"Install it: {install}"
        ) from error
    settings = {key: value for key, value in _SETTINGS.get(driver, {}).items() if key not in url.query}
    is_postgres = url.get_backend_name() == "postgresql"
    events = [(_end_still_transactions, "connect")] if is_postgres else []
    return {"connect_args": settings, "pool_pre_ping": True, "pool_events": events}


def _end_still_transactions(connection: Any, record: object) -> None:  # noqa: ANN401 - the driver's
    """Have the server end a transaction that stands still; not by `options`, which connection poolers refuse."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{_LONGEST_STILL_S}s'")
    connection.commit()


class ServerReader:
    """Reads studies of one database, in transactions that see it as it was at one moment."""

    def __init__(self, address: StudyAddress) -> None:
        self._address = address

    @contextmanager
    def _connection(self) -> Iterator[sqlalchemy.Connection]:
        try:
            with reading_engine(self._address.storage).connect() as connection:
                yield connection
        except HpoError:
            raise
        except Exception as error:
            raise translate_error(self._address, error) or error from error

    def read(self) -> StoredStudy:
        """Read the study as it is.

        Raises:
            UserError: its tables are of another version of Optuna's.
            StudyNotFoundError: it is not there any more.
            StorageError: the database cannot be read.
        """
        try:
            with self._connection() as connection:
                select = _selection(connection)
                check_revision(select)
                if self._address.name not in [name for (name,) in select("SELECT study_name FROM studies", {})]:
                    raise StudyNotFoundError(
                        f"study {self._address.name}: it is in {self._address.safe_storage} while it is looked at. "
                        "Received a name that is not there any more. See `hpo list`."
                    )
                make = read_study(
                    select,
                    self._address.name,
                    dialect=connection.dialect.name,
                    has_leases=_has_table(connection, "hpo_leases"),
                )
            study = make()
        except ValueError as error:
            raise refuse_tables(self._address, error) from error
        return study.at(max((state.now for state in study.leases.values()), default=0.0))

    def names(self) -> list[str]:
        """List the names of the studies that hpo has made in the database, sorted; raises StorageError."""
        with self._connection() as connection:
            if not _has_table(connection, "studies"):
                return []
            made = _selection(connection)(
                "SELECT study_name FROM studies WHERE study_id IN "
                "(SELECT study_id FROM study_user_attributes AS part WHERE part.key = :spec)",
                {"spec": SPEC},
            )
            return sorted(name for (name,) in made)

    def study_id(self) -> int | None:
        """Give Optuna's id of the study; None where there is none of that name; raises StorageError."""
        with self._connection() as connection:
            if not _has_table(connection, "studies"):
                return None
            statement = "SELECT study_id FROM studies WHERE study_name = :name"
            ids = _selection(connection)(statement, {"name": self._address.name})
            return next((study for (study,) in ids), None)


def refuse_tables(address: StudyAddress, reason: object) -> UserError:
    """Give the error of a database whose tables hold something else than studies of this version."""
    return UserError(
        f"{address.safe_storage}: studies are kept in the tables of this version of Optuna. Received: {reason}. "
        "Install the version of hpo that made them, or name another database."
    )


def _selection(connection: sqlalchemy.Connection) -> Select:
    from sqlalchemy import text

    return lambda statement, values: connection.execute(text(statement), values).all()


def _has_table(connection: sqlalchemy.Connection, name: str) -> bool:
    from sqlalchemy import inspect

    return inspect(connection).has_table(name)


@cache
def reading_engine(storage: str) -> sqlalchemy.Engine:
    """Give the engine for whoever looks: the same each time, since connecting takes longer than reading."""
    return connect(storage, isolation_level="REPEATABLE READ")
