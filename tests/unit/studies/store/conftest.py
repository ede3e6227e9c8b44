"""Studies of whose trials leases are taken: in a file, and on a PostgreSQL server."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
import sqlalchemy

from hpo.studies import ActiveStudy, StudyAddress, create_study


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)])
def address(request, studies):
    """Of the study `small`: in a file, or on a server."""
    if request.param == "sqlite":
        return StudyAddress.in_folder(studies / "small")
    return StudyAddress.named("small", studies, request.getfixturevalue("postgres_url"))


@pytest.fixture
def study(address, spec):
    with create_study(spec("search.trials=100", "recovery.lease=1s"), address) as study:
        yield study


@pytest.fixture
def open_again():
    """Opens a study for another worker; all of them are closed at the end."""
    with ExitStack() as opened:
        yield lambda study: opened.enter_context(ActiveStudy(study.address))


@pytest.fixture
def count_leases():
    """Counts the leases in the database of a study."""

    def count(study):
        with study.storage.engine.connect() as connection:
            return connection.scalar(sqlalchemy.text("SELECT count(*) FROM hpo_leases"))

    return count
