"""A trial belongs to one worker at a time, whatever happens to it: on SQLite and on a PostgreSQL server."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import sqlalchemy
from sqlalchemy.orm import Session

from hpo.errors import LeaseLostError
from hpo.processes.environment import engine_environment
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyAddress, TrialLedger, create_study
from hpo.studies.store import leases
from hpo.studies.store.leases import LeaseHolder, this_process
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused

STORED = Path(__file__).parents[3] / "stored"
LEARNED = Learned(0.5, 1, 0.5, {"parameters": 100}, 10.0, {"val_accuracy": [0.5]})
COMPLETED = Completed(LEARNED, (0.5,), save_model=lambda path: None)

WORK = """
import sys
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyAddress
from hpo.training import Completed, EpochReport, Learned

print("ready", flush=True)
sys.stdin.readline()
with ActiveStudy(StudyAddress(*sys.argv[1:5])) as study:
    search = OptunaSearch(study, sys.argv[5])
    while (trial := search.ask(int(sys.argv[6]))) is not None:
        trial.report(EpochReport(1, 1, 0.5, 10.0))
        learned = Learned(0.5, 1, 0.5, {"parameters": 100}, 10.0, {"val_accuracy": [0.5]})
        values = (0.5,) * len(study.spec.objectives)
        trial.tell(Completed(learned, values, save_model=lambda path: None))
        print(trial.number)
"""

FREEZE = """
import sys, time
from hpo.errors import LeaseLostError
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyAddress
from hpo.training import EpochReport

with ActiveStudy(StudyAddress(*sys.argv[1:5])) as study:
    trial = OptunaSearch(study, "frozen").ask()
    print("claimed", flush=True)
    try:
        for epoch in range(1, 10000):
            trial.report(EpochReport(epoch, 10000, 0.5, 10.0))
            time.sleep(0.02)
    except LeaseLostError as error:
        print(error)
"""


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


def start(code, address, *arguments):
    parts = (address.storage, address.files, address.name, address.folder)
    command = [sys.executable, "-c", code, *parts, *map(str, arguments)]
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=engine_environment(1), **options)


@pytest.fixture
def open_again():
    """Opens a study for another worker; all of them are closed at the end."""
    with ExitStack() as opened:
        yield lambda study: opened.enter_context(ActiveStudy(study.address))


@contextmanager
def transaction(study):
    with Session(study.storage.engine) as session, session.begin():
        yield session


def set_lease(study, **values):
    """Change all leases: `machine` moves their owners elsewhere, `started` makes them other processes."""
    with transaction(study) as session:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        session.execute(sqlalchemy.text(f"UPDATE hpo_leases SET {sets}"), values)  # noqa: S608 - of the tests


def count_leases(study):
    with transaction(study) as session:
        return session.scalar(sqlalchemy.text("SELECT count(*) FROM hpo_leases"))


def entries(study, number=0):
    return TrialLedger(study.frozen_trials()[number].user_attrs).attempt_entries


# Claims


@pytest.mark.thorough
@pytest.mark.parametrize("changes", [[], ["objective=[val_accuracy, parameters]"]], ids=["one objective", "two"])
def test_processes_that_ask_at_once_share_the_budget_exactly_and_try_no_config_twice(address, spec, changes):
    finite = ["model.depth=1", "model.dense_units={int: [1, 30]}", "training.learning_rate=0.01"]
    with create_study(spec(*finite, "training.optimizer=adam", *changes), address) as study:
        workers = [start(WORK, address, f"host:{index}", 25) for index in range(3)]
        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        outputs = [worker.communicate("go\n", timeout=120) for worker in workers]
        assert [errors for _, errors in outputs] == [""] * 3
        assert Counter(int(line) for output, _ in outputs for line in output.split()) == Counter(range(25))
        trials = study.trials()
        assert {trial.state for trial in trials} == {"complete"}
        assert len({trial.params["dense_units"] for trial in trials}) == 25
        assert count_leases(study) == 0


def test_a_trial_that_draws_keeps_nobody_from_claiming_and_two_that_draw_the_same_config_end_with_two(
    study, spec, monkeypatch, open_again
):
    first, second = OptunaSearch(study, "host:1"), OptunaSearch(open_again(study), "host:2")
    draw, drawn = first._untried.draw, []

    def draw_while_the_other_claims(*arguments):
        params = draw(*arguments)
        if not drawn:
            monkeypatch.setattr(second._untried, "draw", lambda *_: dict(params))
            drawn.append(second.ask())
        return params

    monkeypatch.setattr(first._untried, "draw", draw_while_the_other_claims)
    trial = first.ask()
    assert (trial.number, drawn[0].number) == (0, 1)
    assert trial.params != drawn[0].params
    assert [record.state for record in study.trials()] == ["running", "running"]


def test_the_last_configs_of_a_space_are_claimed_once_each_however_many_draw_at_once(
    address, spec, monkeypatch, open_again
):
    finite = spec("model.depth={int: [1, 2]}", "training.learning_rate=0.01", "training.optimizer=adam")
    with create_study(finite, address) as study:
        search, other = OptunaSearch(study, "host:1"), OptunaSearch(open_again(study), "host:2")
        draw, claims = search._untried.draw, []

        def draw_while_the_other_claims(*arguments):
            if not claims:
                claims.extend([None, other.ask(), other.ask()])
            return draw(*arguments)

        monkeypatch.setattr(search._untried, "draw", draw_while_the_other_claims)
        trial = search.ask()
        assert (trial.number, claims[1].number, claims[2]) == (0, 1, None)
        assert {trial.params["depth"], claims[1].params["depth"]} == {1, 2}
        claims[1].tell(Paused())
        assert other.ask().number == 1


def test_what_runs_twice_since_a_connection_was_lost_is_done_once(address, spec, monkeypatch):
    with create_study(spec("search.trials=3", "start_from=[{model.depth: 1}]"), address) as study:
        transact = study.storage.transact
        monkeypatch.setattr(study.storage, "transact", lambda work: (transact(work), transact(work))[1])
        search = OptunaSearch(study, "host:1")
        outcomes = [Paused(), COMPLETED, Failed(Cause("error", "no luck")), COMPLETED]
        for outcome in outcomes:
            trial = search.ask(3)
            assert trial.accepts({"parameters": 100.0, "flops": 1.0, "memory": 1.0})
            trial.report(EpochReport(1, 2, 0.5, 10.0))
            trial.tell(outcome)
        assert search.ask(3) is None
        records = study.trials()
        assert [(record.number, record.state, record.attempts) for record in records] == [
            (0, "complete", 2),
            (1, "failed", 1),
            (2, "complete", 1),
        ]
        assert count_leases(study) == 0


def test_each_attempt_has_an_entry(study):
    search = OptunaSearch(study, "host:1")
    trial = search.ask()
    trial.report(EpochReport(1, 2, 0.5, 10.0))
    trial.describe_attempt({"device": "CPU"})
    trial.tell(Paused())
    again = search.ask()
    assert (again.number, again.attempt, again.lease.fence, again.lease.owner) == (0, 2, 2, "host:1")
    again.tell(COMPLETED)
    first, second = entries(study).values()
    assert {first.pop("started"), first.pop("ended"), second.pop("started"), second.pop("ended")} > set()
    machine = this_process().machine
    assert first == {"worker": "host:1", "machine": machine, "epochs": 0, "device": "CPU", "cause": "paused"}
    assert second == {"worker": "host:1", "machine": machine, "epochs": 1, "cause": None}


# Late workers


@pytest.mark.parametrize("is_claimed", [True, False], ids=["claimed by another", "given back"])
def test_a_late_worker_changes_nothing_by_whatever_call_and_learns_that_its_lease_is_lost(study, is_claimed):
    late = OptunaSearch(study, "host:1").ask()
    late.report(EpochReport(1, 3, 0.25, 10.0))
    with closing(ActiveStudy(study.address)) as other:
        assert [ended.number for ended in other.end_attempts_of("host:1", "silent")] == [0]
        if is_claimed:
            assert OptunaSearch(other, "host:2").ask().number == 0
        before = other.frozen_trials()[0]
        trial_id, storage = before._trial_id, study.optuna_storage
        for write in (
            lambda: late.accepts({"parameters": 1.0}),
            lambda: late.report(EpochReport(2, 3, 0.5, 10.0)),
            lambda: late.describe_attempt({"device": "GPU"}),
            *(lambda outcome=outcome: late.tell(outcome) for outcome in (COMPLETED, Failed(Cause("error", "late")))),
            lambda: study.storage.renew(late.lease),
            lambda: storage.set_trial_user_attr(trial_id, "late", 1),
            lambda: storage.set_trial_system_attr(trial_id, "late", 1),
            lambda: storage.set_trial_intermediate_value(trial_id, 7, 0.5),
            lambda: storage.set_trial_state_values(trial_id, late_state(), [0.5]),
        ):
            with pytest.raises(LeaseLostError, match="trial:0: attempt 1, of host:1, has ended"):
                write()
        assert vars(other.frozen_trials()[0]) == vars(before)


def late_state():
    from optuna.trial import TrialState

    return TrialState.COMPLETE


@pytest.mark.thorough
def test_a_process_that_was_frozen_for_longer_than_its_lease_wakes_up_and_writes_nothing(study, monkeypatch):
    monkeypatch.setattr(leases, "SECONDS_BETWEEN_LOOKS", 0.2)
    frozen = start(FREEZE, study.address)
    assert frozen.stdout.readline() == "claimed\n"
    while not study.trials()[0].epochs:
        time.sleep(0.02)
    assert study.reclaim() == []
    os.kill(frozen.pid, signal.SIGSTOP)
    deadline = time.monotonic() + 30
    while not (ended := study.reclaim()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [(attempt.number, attempt.state) for attempt in ended] == [(0, "waiting")]
    assert ended[0].cause.startswith("worker_died: frozen was not heard of for ")
    trial = OptunaSearch(study, "host:2").ask()
    epochs = study.trials()[0].epochs
    os.kill(frozen.pid, signal.SIGCONT)
    output, errors = frozen.communicate(timeout=60)
    assert errors == ""
    assert output.startswith("trial:0: attempt 1, of frozen, has ended, or another worker goes on with it.")
    assert study.trials()[0].epochs == epochs
    trial.tell(COMPLETED)
    assert study.trials()[0].state == "complete"


# Dead workers


def test_a_process_that_has_ended_is_gone_and_so_is_one_whose_number_another_has():
    with subprocess.Popen(["sleep", "60"]) as process:
        here = this_process()
        started = psutil.Process(process.pid).create_time() - psutil.boot_time()
        holder = LeaseHolder(here.machine, process.pid, started)
        assert not holder.is_gone()
        assert LeaseHolder(here.machine, process.pid, started - 60).is_gone()
        assert not LeaseHolder("another/machine", process.pid, started - 60).is_gone()
        process.kill()
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert holder.is_gone()
    assert holder.is_gone()


def test_the_trial_of_a_process_that_has_ended_is_given_back_at_once(study, open_again):
    trial = OptunaSearch(study, "host:1").ask()
    trial.report(EpochReport(1, 2, 0.5, 10.0))
    assert study.reclaim() == []
    set_lease(study, started=1.0)
    cause = f"worker_died: process {os.getpid()} has ended"
    assert [(ended.number, ended.cause) for ended in study.reclaim()] == [(0, cause)]
    again = OptunaSearch(open_again(study), "host:2").ask()
    assert (again.number, again.params, again.attempt) == (0, trial.params, 2)
    assert entries(study)[1]["cause"] == cause


def test_a_worker_leaves_the_trial_of_a_dead_one_for_a_while_to_a_supervisor_that_knows_what_it_died_of(
    study, monkeypatch
):
    OptunaSearch(study, "host:1").ask()
    set_lease(study, started=1.0)
    with ActiveStudy(study.address) as joined:
        search = OptunaSearch(joined, "host:2")
        assert search.ask().number == 1
        assert study.trials()[0].worker == "host:1"
        monkeypatch.setattr(leases, "SECONDS_BETWEEN_LOOKS", 0.0)
        assert search.ask().number == 0


def test_the_trial_of_another_machine_is_given_back_when_two_looks_find_its_lease_past_its_end(study, monkeypatch):
    monkeypatch.setattr(leases, "SECONDS_BETWEEN_LOOKS", 0.0)
    trial = OptunaSearch(study, "host:1").ask()
    set_lease(study, machine=f"{this_process().boot}/another container")
    assert study.reclaim() == study.reclaim() == []
    set_lease(study, until=0.0)
    assert study.reclaim() == []
    study.storage.renew(trial.lease)  # as after a time without a database
    assert study.reclaim() == []
    set_lease(study, until=0.0)
    assert study.reclaim() == []
    monkeypatch.setattr(leases, "SECONDS_BETWEEN_LOOKS", 60.0)
    assert study.reclaim() == []
    monkeypatch.setattr(leases, "SECONDS_BETWEEN_LOOKS", 0.0)
    assert [ended.number for ended in study.reclaim()] == [0]
    with pytest.raises(LeaseLostError):
        trial.tell(COMPLETED)


def test_after_a_restart_of_the_machine_trials_of_a_file_go_on_at_once_and_those_of_a_server_wait(study):
    OptunaSearch(study, "host:1").ask()
    set_lease(study, machine="an earlier boot/1")
    ended = [attempt.cause for attempt in study.reclaim()]
    assert ended == (["worker_died: the machine was started anew"] if study.address.is_local else [])


def test_a_trial_that_an_earlier_version_left_running_goes_on_at_once(study):
    study.optuna_study.ask().suggest_int("depth", 1, 2)
    trial = OptunaSearch(study, "host:1").ask()
    assert (trial.number, trial.attempt) == (0, 1)


@pytest.mark.parametrize("name", ["quickstart", "two-objectives", "widened"])
def test_a_study_of_an_earlier_version_goes_on_with_leases(studies, name):
    address = StudyAddress.in_folder(studies / name)
    address.database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(address.database)) as database:
        database.executescript((STORED / f"{name}.sql").read_text())
    with ActiveStudy(address) as study:
        before = study.trials()
        trial = OptunaSearch(study, "host:1").ask()
        assert trial.attempt == (1 if trial.number == len(before) else before[trial.number].attempts + 1)
        assert count_leases(study) == 1
        trial.report(EpochReport(1, 2, 0.5, 10.0))
        trial.tell(replace(COMPLETED, values=(0.5,) * len(study.spec.objectives)))
        after = study.trials()
        assert after[trial.number].state == "complete"
        others = [record for record in after if record.number != trial.number]
        assert others == [record for record in before if record.number != trial.number]


@pytest.mark.thorough
def test_a_process_killed_between_any_two_statements_loses_no_trial_and_leaves_none_behind(address, spec):
    with create_study(spec("search.trials=100", "recovery.retries=100"), address) as study:
        kill_at_each_statement(study, 1 if address.is_local else 5)


def kill_at_each_statement(study, step):
    statement = 1 - step
    while killed_at(study, statement := statement + step):
        running = [trial.number for trial in study.trials() if trial.state == "running"]
        assert [ended.number for ended in study.reclaim()] == running
        assert count_leases(study) == 0
    assert statement > 30
    complete = [trial for trial in study.trials() if trial.state == "complete"]
    assert [trial.number for trial in complete] == list(range(len(complete)))
    assert len(study.trials()) <= len(complete) + 1


def killed_at(study, point):
    """Run a trial in a process that is killed before a statement, or a commit, counted from 1; whether it was."""
    child = os.fork()
    if child == 0:
        own = ActiveStudy(study.address)
        count = 0

        def die(*_):
            nonlocal count
            count += 1
            if count == point:
                os.kill(os.getpid(), signal.SIGKILL)

        sqlalchemy.event.listen(own.storage.engine, "before_cursor_execute", die)
        sqlalchemy.event.listen(own.storage.engine, "commit", die)
        trial = OptunaSearch(own, "host:child").ask()
        trial.report(EpochReport(1, 2, 0.5, 10.0, {"val_accuracy": 0.5}))
        trial.tell(COMPLETED)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])
