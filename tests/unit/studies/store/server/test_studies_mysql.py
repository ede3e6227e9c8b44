"""MySQL, of which there is no server here: every statement of a study's life is one that its dialect can say."""

from __future__ import annotations

import pytest
import sqlalchemy
from optuna.storages._rdb import models
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql
from sqlalchemy.schema import CreateTable

from hpo.studies import ActiveStudy, adopt_spec
from hpo.studies.store.lease_table import LEASES
from hpo.studies.store.rows import make_put
from hpo.studies.store.server.reading import connection_settings

DIALECT = MySQLDialect_pymysql()
_KEYWORDS = ("RETURNING", " NULLS ", "ON CONFLICT", "julianday", "extract(epoch")
"""What MySQL does not know."""


@pytest.fixture
def said(make_study, add_trials, spec):
    """The statements of a study that is worked on, and whose space changes, in MySQL's words."""
    statements: list[sqlalchemy.Executable] = []
    study = make_study()

    def record(connection, statement, *_):
        if isinstance(statement, sqlite.Insert):  # that takes the place of a row, which each dialect says its own way
            statement = make_put(statement.table, "mysql", *statement._post_values_clause.inferred_target_elements)
        statements.append(statement)

    with ActiveStudy(study.address) as active:
        sqlalchemy.event.listen(active.storage.engine, "before_execute", record)
        add_trials(active, 0.5, "pruned", "failed", "waiting")
        active.reclaim()
        active.storage.renew(active.claim("host:1").lease)
        active.end_attempts_of("host:1", "error: it has ended", "its last line")
        active.session()
        adopt_spec(active, spec("model.depth={int: [1, 3]}", "search.trials=9"))
    study.close()
    return [str(statement.compile(dialect=DIALECT)) for statement in statements if not isinstance(statement, str)]


def test_every_statement_is_one_of_mysql(said):
    assert len(said) > 50
    assert any("unix_timestamp(sysdate(6))" in statement for statement in said)
    assert any("ON DUPLICATE KEY UPDATE" in statement for statement in said)
    for statement in said:
        assert not [word for word in _KEYWORDS if word in statement], statement


def test_the_tables_can_be_made():
    for table in (*models.BaseModel.metadata.sorted_tables, LEASES):
        assert str(CreateTable(table).compile(dialect=DIALECT)).strip().startswith(f"CREATE TABLE {table.name}")


def test_a_text_that_is_too_long_is_an_error_and_never_cut_off():
    settings = connection_settings("mysql+pymysql://user@host/studies")["connect_args"]
    assert "STRICT_ALL_TABLES" in settings["init_command"]
    assert connection_settings("mysql+pymysql://user@host/studies?read_timeout=5")["connect_args"].keys() == (
        settings.keys() - {"read_timeout"}
    )
