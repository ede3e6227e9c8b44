"""Waiting for a database that does not answer for the moment."""

from __future__ import annotations

import logging
import threading

import pytest

from hpo.errors import StorageError, UnreachableStorageError, UserError
from hpo.studies import StudyAddress
from hpo.studies.store import patience as module
from hpo.studies.store.patience import Patience
from hpo.studies.store.server.errors import translate_error


class Database:
    """Answers from the so-many-th call on."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.failures = failures
        self.calls = 0
        self.error = error or UnreachableStorageError("db: no server answers", event="no server answers")

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error
        return "an answer"


class Clock:
    """Goes on by what is slept, and by nothing else."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_a_call_is_made_again_until_there_is_an_answer():
    database = Database(3)
    assert Patience(60)(database) == "an answer"
    assert database.calls == 4


def test_after_its_time_what_happened_is_an_error_and_later_calls_wait_for_less(clock: Clock):
    patience, database = Patience(300), Database(1000)
    with pytest.raises(StorageError, match="db: no server answers") as caught:
        patience(database)
    assert not isinstance(caught.value, UnreachableStorageError)
    assert clock.now == pytest.approx(300)
    with pytest.raises(StorageError):
        patience(database)
    assert clock.now == pytest.approx(310)
    database.failures = 0
    patience(database)
    database.calls, database.failures = 0, 10
    assert patience(database) == "an answer"


def test_where_the_work_is_to_end_little_is_waited(clock: Clock):
    patience, database = Patience(300), Database(1000)
    patience.is_stopped = lambda: clock.now > 4
    with pytest.raises(StorageError):
        patience(database)
    assert clock.now == pytest.approx(10)


@pytest.mark.parametrize("error", [StorageError("the disk is full"), UserError("wrong password"), KeyError("trial")])
def test_what_does_not_pass_is_not_waited_for(error: Exception):
    database = Database(1, error)
    with pytest.raises(type(error)):
        Patience(60)(database)
    assert database.calls == 1


def test_a_call_inside_another_fails_at_once_and_the_whole_is_made_again():
    patience, inner, outer = Patience(60), Database(2), []

    def call() -> str:
        outer.append(inner.calls)
        return patience(inner)

    assert patience(call) == "an answer"
    assert outer == [0, 1, 2]


def test_threads_wait_each_for_itself():
    patience, database, answers = Patience(60), Database(5), []
    threads = [threading.Thread(target=lambda: answers.append(patience(database))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["an answer"] * 3


def test_people_are_told_once_that_it_is_waited_and_once_that_it_is_over(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, "hpo.studies"):
        Patience(300)(Database(10))
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert told[0].startswith("waiting for the database since ")
    assert told[0].endswith(": no server answers")
    assert told[1].startswith("the database answers again, after ")


def test_a_short_wait_is_nothing_to_tell(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, "hpo.studies"):
        Patience(60)(Database(1))
    assert not caplog.records


PASSING = [
    'connection failed: connection to server at "127.0.0.1", port 5432 failed: Connection refused',
    "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally",
    "terminating connection due to administrator command",
    "FATAL:  the database system is starting up",
    "FATAL:  the database system is not yet accepting connections",
    "FATAL:  the database system is in recovery mode",
    "FATAL:  sorry, too many clients already",
    "deadlock detected",
    "could not serialize access due to concurrent update",
    'could not translate host name "db" to address: Temporary failure in name resolution',
    "(2003, \"Can't connect to MySQL server on 'db' (111)\")",
    "(2006, 'MySQL server has gone away')",
    "(2013, 'Lost connection to MySQL server during query')",
    "(1040, 'Too many connections')",
    "(1053, 'Server shutdown in progress')",
    "(1205, 'Lock wait timeout exceeded; try restarting transaction')",
    "(1213, 'Deadlock found when trying to get lock; try restarting transaction')",
]
LASTING = [
    'FATAL:  password authentication failed for user "me"',
    'FATAL:  database "studies" does not exist',
    "(1045, \"Access denied for user 'me'@'localhost'\")",
    'relation "trials" does not exist',
    'could not extend file "base/1": No space left on device',
    "cannot execute INSERT in a read-only transaction",
    "(1114, \"The table 'trials' is full\")",
    'could not translate host name "bd" to address: Name or service not known',
]


def of_a_server(text: str) -> Exception | None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    error = sqlalchemy.exc.OperationalError("SELECT 1", {}, Exception(text))
    return translate_error(StudyAddress("postgresql+psycopg://me@db/studies", "/files", "study", "/files"), error)


@pytest.mark.parametrize("text", PASSING)
def test_what_a_server_says_while_it_restarts_or_is_busy_is_waited_for(text: str):
    error = of_a_server(text)
    assert isinstance(error, UnreachableStorageError)
    assert error.event in str(error)


@pytest.mark.parametrize("text", LASTING)
def test_what_a_server_refuses_for_good_is_not_waited_for(text: str):
    error = of_a_server(text)
    assert isinstance(error, StorageError | UserError)
    assert not isinstance(error, UnreachableStorageError)


def test_a_connection_that_is_lost_is_waited_for_whatever_the_driver_says():
    sqlalchemy = pytest.importorskip("sqlalchemy")
    error = sqlalchemy.exc.OperationalError("SELECT 1", {}, Exception("odd"), connection_invalidated=True)
    address = StudyAddress("postgresql+psycopg://me@db/studies", "/files", "study", "/files")
    assert isinstance(translate_error(address, error), UnreachableStorageError)
