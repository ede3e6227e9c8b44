"""A study on a database server, in Optuna's tables, which it shares with others; for whoever works on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

import sqlalchemy
from optuna.storages._rdb import models
from sqlalchemy import event

from hpo.errors import HpoError
from hpo.studies.address import StudyAddress
from hpo.studies.store.server.errors import translate_error
from hpo.studies.store.server.reading import connect, connection_settings, refuse_tables
from hpo.studies.store.storage import StudyStorage, quieten
from hpo.studies.store.tables import REVISION, check_revision

_ATTEMPTS = 3
"""Of making the tables, where others make them at the same moment."""


class ServerStorage(StudyStorage):
    """The storage of one study among others on a server."""

    def __init__(self, address: StudyAddress) -> None:
        """Connect to the database of a study, and make the tables in it where there are none.

        Raises:
            UserError: the tables are of another version, or the server refuses what is asked.
            StorageError: the server does not answer.
        """
        quieten()
        self._address = address
        engine = connect(address.storage)
        try:
            _make_tables(engine)
            with engine.connect() as connection:
                check_revision(lambda statement, values: connection.execute(sqlalchemy.text(statement), values).all())
            super().__init__(
                address.storage.replace("{", "{{").replace("}", "}}"),  # Optuna fills braces in
                engine_kwargs=connection_settings(address.storage),
                skip_compatibility_check=True,
                skip_table_creation=True,
            )
        except Exception as error:
            if "engine" in vars(self):  # Optuna made it before it failed
                self.engine.dispose()
            refusal = refuse_tables(address, error) if isinstance(error, ValueError) else self.translate(error)
            raise refusal or error from error
        finally:
            engine.dispose()
        # Not a method: SQLAlchemy 2.0 keeps dialects with their listeners in caches of its own, beyond any storage.
        event.listen(self.engine, "handle_error", partial(_raise_translated, address))

    def study_names(self) -> list[str]:
        """See `StudyStorage`: the study, and none of the others."""
        return [name for name in super().study_names() if name == self._address.name]

    def translate(self, error: BaseException | None) -> HpoError | None:
        """See `StudyStorage`."""
        return translate_error(self._address, error)


def _raise_translated(address: StudyAddress, context: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
    if isinstance(context.sqlalchemy_exception, sqlalchemy.exc.IntegrityError) or context.is_pre_ping:
        return  # two processes that make the same row at once: Optuna 5.0 goes on with the first one's
    if (error := translate_error(address, context.sqlalchemy_exception)) is not None:
        raise error from context.original_exception


def open_storage(address: StudyAddress) -> ServerStorage:
    """Open the database of a study to work on it.

    Raises:
        UserError: it does not hold the study, or tables of another version, or refuses what is asked.
        StorageError: the server does not answer.
    """
    storage = ServerStorage(address)
    try:
        storage.study  # noqa: B018 - which there has to be, before anything is written
        storage.create_lease_table()
    except ValueError as error:
        storage.close()
        raise refuse_tables(address, f"{error} of the name {address.name}") from error
    except BaseException as error:
        storage.close()
        if (translated := storage.translate(error)) is not None:
            raise translated from error
        raise
    return storage


@contextmanager
def create_storage(address: StudyAddress) -> Iterator[ServerStorage | None]:
    """Give the database for the caller to fill in the study, or None where it was made before."""
    with closing(ServerStorage(address)) as storage:
        yield storage if storage.discard_unmade() else None


def _make_tables(engine: sqlalchemy.Engine) -> None:
    """Make Optuna's tables where there are none; Optuna itself reads all its migrations first."""
    for attempt in range(_ATTEMPTS):
        if sqlalchemy.inspect(engine).has_table("alembic_version"):
            return
        try:
            with engine.begin() as connection:
                models.BaseModel.metadata.create_all(connection)
                if not connection.execute(sqlalchemy.select(models.VersionInfoModel.__table__)).all():
                    info = {"schema_version": models.SCHEMA_VERSION, "library_version": version("optuna")}
                    connection.execute(sqlalchemy.insert(models.VersionInfoModel).values(version_info_id=1, **info))
                revision = sqlalchemy.Column("version_num", sqlalchemy.String(32), primary_key=True)
                table = sqlalchemy.Table("alembic_version", sqlalchemy.MetaData(), revision)
                table.create(connection)
                connection.execute(table.insert().values(version_num=REVISION))
        except sqlalchemy.exc.DBAPIError:  # another process makes them
            if attempt == _ATTEMPTS - 1:
                raise
