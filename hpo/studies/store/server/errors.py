"""What a database server refuses, or fails in, translated into one line of ours."""

from __future__ import annotations

import re
from collections.abc import Callable

from hpo.errors import HpoError, StorageError, UnreachableStorageError, UserError
from hpo.studies.address import StudyAddress

_SETTINGS = "Check host and port in the URL, and that the server runs and takes connections from here"
_RULES: tuple[tuple[str, str, str, type[HpoError]], ...] = (
    (
        r"password authentication failed|no password supplied|fe_sendauth|\(1045,|\(1698,",
        "the server refuses user or password",
        "Give the password in the URL by the environment variable HPO_STORAGE, or in the driver's own file (~/.pgpass)",
        UserError,
    ),
    (
        r'database ".*" does not exist|\(1049,',
        "the server has no such database",
        "Make it (`createdb NAME`), or name another",
        UserError,
    ),
    (
        r'role ".*" does not exist',
        "the server has no such user",
        "Name the user in the URL: postgresql+psycopg://USER@HOST/DATABASE",
        UserError,
    ),
    (r"pg_hba.conf entry", "the server does not let this user in from here", "Allow it in pg_hba.conf", UserError),
    (
        r"permission denied|read-only transaction|\(1142,|\(1044,|\(1290,",
        "the user may not read and write there",
        "Grant it the right to create, read and write tables",
        UserError,
    ),
    (r"too many (clients|connections)|remaining connection slots|\(1040,|\(1203,", "the server has no connection left",
     "Allow it more (max_connections), or run fewer workers: each takes two or three", UnreachableStorageError),
    (r"deadlock|could not serialize|lock timeout|Lock wait timeout|\((1205|1213),", "other transactions hold locks",
     "Run fewer workers, or look what else works in the database", UnreachableStorageError),
    (r"No space left|disk full|\(1114,|\(1021,", "the server's disk is full", "Make room there", StorageError),
    (r"Data too long|\(1406,", "a text is longer than the 64 kB that MySQL holds in one attribute",
     "Make the space file shorter, or use PostgreSQL", UserError),
    (r"Name or service not known|No address associated|nodename nor servname", "there is no such host", _SETTINGS,
     StorageError),
    (r"resolve host|translate host name|getaddrinfo", "the host is not found", _SETTINGS, UnreachableStorageError),
    (r"Connection refused|No such file or directory|Can't connect|\(2003,|\(2002,", "no server answers", _SETTINGS,
     UnreachableStorageError),
    (r"idle-in-transaction|idle transaction", "the server ended a transaction that stood still", _SETTINGS,
     UnreachableStorageError),
    (r"timeout|timed out|No route to host|unreachable", "the server does not answer in time", _SETTINGS,
     UnreachableStorageError),
    (r"starting up|shutting down|recovery mode|not (yet )?accepting connections|terminat|closed the connection|"
     r"Lost connection|connection is lost|gone away|\((1053|2006|2013|2014|4031),|"
     r"connection is closed|Broken pipe|reset by peer|server closed|consuming input failed|"
     r"SSL connection has been closed", "the connection was lost", _SETTINGS, UnreachableStorageError),
)  # fmt: skip
"""By what the texts of psycopg and PyMySQL say (their connection errors have no codes); the first that fits."""


def translate_error(address: StudyAddress, error: BaseException | None) -> HpoError | None:
    """Give our error for what a database server, its driver or SQLAlchemy has raised; None for anything else."""
    from sqlalchemy.exc import SQLAlchemyError

    cause = error
    while not isinstance(cause, SQLAlchemyError):  # Optuna's StorageInternalError blames the data, and has it as cause
        if cause is None or isinstance(cause, HpoError):
            return None
        cause = cause.__cause__
    text = str(getattr(cause, "orig", None) or cause)
    for pattern, event, remedy, kind in _RULES:
        if re.search(pattern, text):
            return _error(address, event, remedy, kind)
    if getattr(cause, "connection_invalidated", False):
        return _error(address, "the connection was lost", _SETTINGS, UnreachableStorageError)
    return _error(address, text.strip().partition("\n")[0].rstrip("."), "Mend that", StorageError)


def _error(address: StudyAddress, event: str, remedy: str, kind: Callable[[str], HpoError]) -> HpoError:
    text = f"{address.safe_storage}: studies are kept in that database. Received: {event}. {remedy}."
    return UnreachableStorageError(text, event=event) if kind is UnreachableStorageError else kind(text)
