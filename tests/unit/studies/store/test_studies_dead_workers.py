"""The trial of a worker that is gone is given back, once: on SQLite and on a PostgreSQL server."""

from __future__ import annotations

import math
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import sqlalchemy

from hpo.errors import LeaseLostError
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy, StudyAddress, TrialLedger, create_study
from hpo.studies.store import leases
from hpo.studies.store.leases import LeaseHolder, this_process
from hpo.training import Completed, EpochReport, Learned

STORED = Path(__file__).parents[3] / "stored"
LEARNED = Learned(0.5, 1, 0.5, {"parameters": 100}, 10.0, {"val_accuracy": [0.5]})
COMPLETED = Completed(LEARNED, (0.5,), save_model=lambda path: None)


def set_lease(study, **values):
    """Change all leases: `machine` moves their owners elsewhere, `started` makes them other processes."""
    with study.storage.engine.begin() as connection:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        connection.execute(sqlalchemy.text(f"UPDATE hpo_leases SET {sets}"), values)  # noqa: S608 - of the tests


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
    ledger = TrialLedger(study.frozen_trials()[0].user_attrs)
    assert ledger.attempt_entries[1]["cause"] == cause


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
    monkeypatch.setattr(leases, "RENEWALS", math.inf)
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
def test_a_study_of_an_earlier_version_goes_on_with_leases(studies, name, count_leases):
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
def test_a_process_killed_between_any_two_statements_loses_no_trial_and_leaves_none_behind(address, spec, count_leases):
    with create_study(spec("search.trials=100", "recovery.retries=100"), address) as study:
        kill_at_each_statement(study, 1 if address.is_local else 5, count_leases)


def kill_at_each_statement(study, step, count_leases):
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
