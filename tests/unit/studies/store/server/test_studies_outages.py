"""A database server that does not answer for some seconds, in the middle of a trial."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import suppress

import pytest
import sqlalchemy

from hpo.errors import StorageError, UnreachableStorageError
from hpo.fleet.pausing import pause_study, read_last_pause
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyAddress, create_study
from hpo.studies.store import patience
from hpo.studies.store.server import reading
from hpo.training import Completed, EpochReport, Learned, Verdict

END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid != pg_backend_pid()"
)


class Line:
    """A line on the loopback to the socket of a server, which can be cut and mended."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._ends: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.mend()

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Refuse connections, and end those that there are."""
        listener, ends = self._listener, [*self._ends]
        self._ends.clear()
        for end in (listener, *ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                self._ends += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(postgres_url):
    url = sqlalchemy.make_url(postgres_url)
    line = Line(f"{url.query['host']}/.s.PGSQL.{url.query.get('port', url.port or 5432)}")
    yield line
    line.cut()


@pytest.fixture
def study(postgres_url, line, studies, spec):
    """A study that is reached by the line."""
    url = sqlalchemy.make_url(postgres_url).set(host="127.0.0.1", port=line.port, query={})
    address = StudyAddress.named("small", studies, url.render_as_string(hide_password=False))
    create_study(spec(), address).close()
    with ActiveStudy(address) as study:
        yield study


@pytest.fixture
def end_connections(postgres_url):
    engine = sqlalchemy.create_engine(postgres_url, isolation_level="AUTOCOMMIT")

    def end() -> None:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(END))

    yield end
    engine.dispose()


def complete(trial, epochs: int) -> None:
    learned = Learned(0.5, epochs, 0.5, {"parameters": 5.0}, 10.0, {"val_accuracy": [0.5] * epochs})
    trial.tell(Completed(learned, (0.5,), save_model=lambda path: None))


def test_connections_that_the_server_ends_are_made_again_before_each_call_and_within_it(study, end_connections):
    search = OptunaSearch(study, "host:1")
    trial = search.ask()
    for epoch in range(1, 6):
        end_connections()
        assert trial.report(EpochReport(epoch, 5, 0.5, 10.0, {"val_accuracy": 0.5})) is Verdict.CONTINUE
    end_connections()
    study.ledger.is_exhausted = True
    end_connections()
    assert study.storage.transact(_end_once(end_connections)) == "done"
    complete(trial, 5)
    (record,) = study.trials()
    assert (record.state, record.epochs, record.attempts) == ("complete", 5, 1)
    assert study.ledger.is_exhausted


def _end_once(end_connections):
    """A transaction whose connection is lost the first time."""
    calls = []

    def work(session: sqlalchemy.orm.Session) -> str:
        session.execute(sqlalchemy.text("SELECT 1"))
        calls.append(1)
        if len(calls) == 1:
            end_connections()
        session.execute(sqlalchemy.text("SELECT 1"))
        return "done"

    return work


def test_a_worker_that_is_frozen_in_a_transaction_does_not_keep_its_rows_from_others(
    postgres_url, monkeypatch, studies, spec
):
    monkeypatch.setattr(reading, "_LONGEST_STILL_S", 1)
    address = StudyAddress.named("small", studies, postgres_url)
    create_study(spec(), address).close()
    with ActiveStudy(address) as frozen, ActiveStudy(address) as other:
        calls = []

        def write(session: sqlalchemy.orm.Session) -> None:
            session.execute(sqlalchemy.text("UPDATE studies SET study_name = study_name"))
            if not calls:
                calls.append(1)
                thread = threading.Thread(target=other.storage.transact, args=(write_as_another,))
                thread.start()
                thread.join(60)  # this transaction stands still
                assert not thread.is_alive()
            session.execute(sqlalchemy.text("SELECT 1"))
            calls.append(1)

        def write_as_another(session: sqlalchemy.orm.Session) -> None:
            session.execute(sqlalchemy.text("UPDATE studies SET study_name = study_name"))

        frozen.storage.transact(write)
    assert len(calls) == 2  # the first call was ended by the server, the second went through


def test_what_there_is_to_say_is_said_when_a_line_that_was_cut_is_mended(study, line, monkeypatch, caplog):
    monkeypatch.setattr(patience, "_SILENCE", 0.5)
    trial = OptunaSearch(study, "host:1").ask()
    trial.report(EpochReport(1, 3, 0.25, 10.0, {"val_accuracy": 0.25}))
    line.cut()
    threading.Timer(2.0, line.mend).start()
    with caplog.at_level(logging.INFO, "hpo.studies"):
        trial.report(EpochReport(2, 3, 0.5, 10.0, {"val_accuracy": 0.5}))
    told = [record.getMessage() for record in caplog.records]
    assert told[0].endswith((": no server answers", ": the connection was lost"))
    assert told[1].startswith("the database answers again")
    complete(trial, 2)
    (record,) = study.trials()
    assert (record.state, record.epochs) == ("complete", 2)
    assert study.frozen_trials()[0].intermediate_values == {1: 0.25, 2: 0.5}


def test_a_server_that_does_not_come_back_is_an_error_in_one_line_and_the_trial_goes_on_later(study, line):
    search = OptunaSearch(study, "host:1")
    trial = search.ask()
    line.cut()
    study.storage.patience = patience.Patience(0.3)
    with pytest.raises(StorageError, match=r"studies are kept in that database\. Received: ") as caught:
        trial.report(EpochReport(1, 3, 0.25, 10.0, {"val_accuracy": 0.25}))
    assert "\n" not in str(caught.value)
    line.mend()
    trial.report(EpochReport(1, 3, 0.25, 10.0, {"val_accuracy": 0.25}))
    complete(trial, 1)
    assert study.counts()["complete"] == 1


def test_a_pause_is_waited_for_although_the_server_is_away_meanwhile(study, line):
    OptunaSearch(study, "host:1").ask()

    def cut(running: int) -> None:
        assert running == 1
        line.cut()
        threading.Timer(1.0, line.mend).start()

    assert [trial.number for trial in pause_study(study.address, 4.0, cut)] == [0]
    assert study.ledger.pause is not None


def test_a_run_that_cannot_read_when_the_study_was_paused_ends_rather_than_pause_once_more(study, line):
    OptunaSearch(study, "host:1").ask()
    pause_study(study.address, 0.0)
    line.cut()
    with pytest.raises(UnreachableStorageError, match=r"Received: (no server answers|the connection was lost)"):
        read_last_pause(study.address)
    line.mend()
    assert read_last_pause(study.address) == study.ledger.pause
