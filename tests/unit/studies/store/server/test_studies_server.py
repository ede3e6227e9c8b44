"""Studies on a database server: several beside each other, read as they are, and its errors in one line each."""

from __future__ import annotations

import gc
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import replace

import optuna
import pytest
import sqlalchemy

from hpo.errors import (
    HpoError,
    MissingExtraError,
    StorageError,
    StudyBusyError,
    StudyConflictError,
    StudyNotFoundError,
    UserError,
    WorkError,
)
from hpo.processes.environment import engine_environment
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, create_study, open_place
from hpo.studies.store import leases
from hpo.studies.store.server import leading
from hpo.studies.store.server.errors import translate_error
from hpo.studies.store.server.storage import ServerStorage


@pytest.fixture
def address(postgres_url, studies):
    """Of the study `small` in an empty database."""
    return StudyAddress.named("small", studies, postgres_url)


@pytest.fixture
def study(address, spec, add_trials):
    """A study there, with a trial of each kind."""
    with create_study(spec(), address) as study:
        add_trials(study, 0.5, 0.75, "pruned", "failed", "waiting")
        yield study


@pytest.fixture
def execute(postgres_url):
    """Executes SQL in the database."""
    engine = sqlalchemy.create_engine(postgres_url, isolation_level="AUTOCOMMIT")

    def execute(statement: str) -> None:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(statement))

    yield execute
    engine.dispose()


@pytest.fixture
def connections(postgres_url):
    """Counts the connections to the database, its own not; the server takes a moment to notice the end of one."""
    engine = sqlalchemy.create_engine(postgres_url, poolclass=sqlalchemy.NullPool)
    statement = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"

    def count() -> int:
        time.sleep(0.2)
        with engine.connect() as connection:
            return connection.scalar(sqlalchemy.text(statement))

    return count


def test_looking_sees_what_working_sees_and_what_others_write_meanwhile(study, address, add_trials):
    record = StudyRecord(address)
    assert [str(trial) for trial in record.trials()] == [str(trial) for trial in study.trials()]
    assert record.best.to_json() == study.best.to_json()
    assert record.summary() == study.summary()
    for stored, frozen in zip(record.frozen_trials(), study.frozen_trials(), strict=True):
        assert stored.intermediate_values == frozen.intermediate_values
        assert (stored.user_attrs, stored.system_attrs) == (frozen.user_attrs, frozen.system_attrs)
        assert stored.constraints == frozen.constraints
    add_trials(study, 0.875)
    assert record.best.value == 0.875


def test_numbers_that_are_none_come_back(address, spec):
    with create_study(spec(), address) as study:
        trial = study.optuna_study.ask()
        trial.report(math.inf, 1)
        trial.report(math.nan, 2)
    (stored,) = StudyRecord(address).frozen_trials()
    assert stored.intermediate_values[1] == math.inf
    assert math.isnan(stored.intermediate_values[2])


def test_several_studies_share_a_database_and_those_of_other_programs_are_left_alone(study, address, spec, add_trials):
    place = open_place(address)
    with create_study(spec("study=other"), place.beside("other")) as other:
        add_trials(other, 0.25)
        assert other.address.folder == str(open_place(address).files.path.parent / "other")
        assert (len(study.trials()), len(other.trials())) == (5, 1)
        optuna.create_study(study_name="foreign", storage=other.optuna_storage)
    assert place.names() == ["other", "small"]
    with pytest.raises(StudyConflictError, match="one made by another program"):
        ActiveStudy(place.beside("foreign"))
    with open_place(place.beside("foreign")).lock(), pytest.raises(StudyNotFoundError, match="makes it just now"):
        ActiveStudy(place.beside("foreign"))
    assert open_place(place.beside("other")).remove() == []
    assert place.names() == ["small"]
    assert StudyRecord(address).counts()["complete"] == 2
    assert open_place(place.beside("foreign")).exists()


def test_a_study_that_cannot_be_opened_leaves_no_connection_open(study, address, execute, connections):
    optuna.create_study(study_name="foreign", storage=study.optuna_storage)
    execute("CREATE ROLE looks LOGIN")
    execute("GRANT SELECT ON alembic_version TO looks")
    before = connections()
    with pytest.raises(StudyConflictError):
        ActiveStudy(open_place(address).beside("foreign"))
    assert connections() == before
    url = sqlalchemy.make_url(address.storage).set(username="looks").render_as_string(hide_password=False)
    with pytest.raises(UserError, match="may not read and write there"):
        ServerStorage(replace(address, storage=url))
    assert connections() == before


def test_a_storage_that_was_closed_is_forgotten(address, spec):
    with create_study(spec(), address) as study:
        storage = weakref.ref(study.storage)
        study.ledger.is_exhausted = True
    del study
    gc.collect()
    assert storage() is None


def test_processes_that_begin_at_the_same_moment_make_the_tables_once(address):
    errors, barrier = [], threading.Barrier(4)

    def begin() -> None:
        barrier.wait()
        try:
            ServerStorage(address).close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with create_storage_of_optuna(address) as storage:  # which checks them
        assert storage.get_all_studies() == []


def create_storage_of_optuna(address):
    class Closing(optuna.storages.RDBStorage):
        def __enter__(self):
            return self

        def __exit__(self, *raised):
            self.remove_session()
            self.engine.dispose()

    return Closing(address.storage)


def test_tables_of_another_version_are_refused(study, address, execute):
    execute("UPDATE alembic_version SET version_num = 'v1'")
    for opens in (StudyRecord, ActiveStudy):
        with pytest.raises(UserError, match=r"tables of this version of Optuna.*revision v1, and not"):
            opens(address).trials()


def test_looking_imports_no_optuna_and_no_engine(study, address):
    look = (
        "import json, sys; from hpo.studies import StudyAddress, StudyRecord;"
        "record = StudyRecord(StudyAddress(*json.load(sys.stdin))).snapshot(); print(record.best.value, record.state);"
        "print([name for name in ('optuna', 'numpy', 'keras') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", look],
        input=json.dumps([address.storage, address.files, address.name]),
        env=engine_environment(1),
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "0.75 finished\n[]\n"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"database": "nothing"}, ("no such database. Make it", UserError)),
        ({"username": "nobody"}, ("no such user. Name the user", UserError)),
        ({"username": "reader"}, ("may not read and write there. Grant it", UserError)),
        ({"username": "careful"}, ("refuses user or password. Give the password .* HPO_STORAGE", UserError)),
        ({"query": {"host": "/nowhere"}}, ("no server answers. Check host and port", StorageError)),
        ({"host": "127.0.0.1", "port": 1, "query": {}}, ("no server answers. Check host and port", StorageError)),
        ({"host": "nothing.invalid", "query": {}}, ("no such host. Check host and port", StorageError)),
    ],
    ids=["database", "user", "right", "password", "socket", "port", "host"],
)
def test_what_a_server_refuses_is_said_in_one_line_without_the_password(
    postgres_server, postgres_url, execute, change, expected
):
    if change.get("username") in ("reader", "careful"):
        execute(f"CREATE ROLE {change['username']} LOGIN PASSWORD 'another'")
    if change.get("username") == "careful":
        rules = postgres_server.pgdata / "pg_hba.conf"
        rules.write_text(f"local all careful scram-sha-256\n{rules.read_text()}")
        execute("SELECT pg_reload_conf()")
        execute("SELECT pg_sleep(0.5)")
    url = sqlalchemy.make_url(postgres_url).set(**change).render_as_string(hide_password=False)
    address, (told, kind) = StudyAddress(url, "a", "a"), expected
    with pytest.raises(kind, match=told) as caught, open_place(address).lock():
        pass
    assert "hush" not in str(caught.value)
    assert "***" in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(HpoError), open_place(address).create_storage():
        pass


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('(1406, "Data too long for column value_json at row 1")', "longer than the 64 kB that MySQL holds"),
        ("(2003, \"Can't connect to MySQL server on 'host' ([Errno 111] Connection refused)\")", "no server answers"),
        ("(1045, \"Access denied for user 'u'@'h' (using password: YES)\")", "refuses user or password"),
        ("(1049, \"Unknown database 'x'\")", "no such database"),
        ("(2013, 'Lost connection to MySQL server during query')", "the connection was lost"),
        ("(1114, \"The table 'trials' is full\")", "the server's disk is full"),
        ("something else\nin two lines", "Received: something else. Mend that"),
    ],
)
def test_what_mysql_refuses_is_said_as_well(text, told):
    address = StudyAddress("mysql://user:hush@host/studies", "studies/a", "a")
    assert address.storage.startswith("mysql+pymysql://")
    error = translate_error(address, sqlalchemy.exc.OperationalError("SELECT 1", {}, Exception(text)))
    assert told in str(error)
    assert "hush" not in str(error)


def test_a_missing_driver_names_the_extra(monkeypatch, studies):
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(MissingExtraError, match=r"needs the package pymysql.*pip install 'hpo\[mysql\]'"):
        open_place(StudyAddress.named("small", studies, "mysql://user@host/studies")).exists()


def test_one_process_leads_and_others_are_told_how_to_join(address):
    place = open_place(address)
    assert not place.is_locked()
    with place.lock():
        assert place.is_locked()
        assert not open_place(place.beside("other")).is_locked()
        with pytest.raises(StudyBusyError, match=rf"{os.getpid()} leads.*hpo worker small --storage"), place.lock():
            pass
    assert not place.is_locked()
    with place.join() as first, place.join() as second:
        assert (first, second) == (1000, 2000)
        assert place.is_locked()
        assert place.is_joined()
        with place.lock():
            pass
    assert not place.is_locked()
    assert not place.is_joined()


LEAD = """
import json, sys
from hpo.studies import StudyAddress, open_place
with open_place(StudyAddress(*json.load(sys.stdin))).lock():
    print("leads", flush=True)
    import time; time.sleep(60)
"""


def test_a_study_whose_leader_was_killed_is_led_by_the_next_at_once(address):
    leader = subprocess.Popen(
        [sys.executable, "-c", LEAD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=engine_environment(1),
        text=True,
    )
    with leader:
        json.dump([address.storage, address.files, address.name], leader.stdin)
        leader.stdin.close()
        assert leader.stdout.readline() == "leads\n"
        with pytest.raises(StudyBusyError), open_place(address).lock():
            pass
        leader.send_signal(signal.SIGKILL)
    with open_place(address).lock():
        assert open_place(address).is_locked()


def test_a_leader_of_another_machine_is_replaced_when_it_was_not_heard_of_for_long(address, execute, monkeypatch):
    monkeypatch.setattr(leases, "SECONDS_BETWEEN_LOOKS", 0.1)
    monkeypatch.setattr(leases, "RENEWALS", 1e9)
    monkeypatch.setattr(leading, "_PAUSE", 0.2)
    with open_place(address).lock():
        execute("UPDATE hpo_leases SET machine = 'elsewhere', pid = 1")
        with pytest.raises(StudyBusyError), open_place(address).lock():
            pass
        execute("UPDATE hpo_leases SET until = 0")
        assert not open_place(address).is_locked()
        with open_place(address).lock():
            assert open_place(address).is_locked()


def test_a_study_that_was_removed_meanwhile_is_not_gone_on_with(study, address, execute):
    place = open_place(address)
    identity = place.identity()
    place.confirm_place(identity)
    execute("UPDATE studies SET study_name = 'renamed'")
    with pytest.raises(WorkError, match="Received a name that is not there any more"):
        place.confirm_place(identity)
    with pytest.raises(UserError, match="not there any more"):
        place.reader()()
