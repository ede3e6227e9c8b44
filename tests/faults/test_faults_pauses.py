"""Pauses of real processes: a closed terminal, a second signal, a worker that is frozen; and nothing is left of any."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import hpo
from hpo.fleet import EpochDone, Stopping, WorkerDied, WorkerReady
from hpo.processes.environment import engine_environment
from hpo.studies import ActiveStudy, StudyAddress, TrialLedger

pytestmark = [pytest.mark.engine, pytest.mark.long]

HPO = str(Path(sys.executable).with_name("hpo"))
LONG = ["training.epochs=2000"]
"""Of the small space: trials that are not at their end when a signal comes."""
PATIENCE = 120.0
"""Seconds, in which a busy machine starts a worker and comes to an epoch."""


@pytest.fixture(autouse=True)
def no_process_is_left(monkeypatch, tmp_path):
    """Every process that the test has started has ended."""
    monkeypatch.setenv("STARTED_BY", str(tmp_path))
    yield
    deadline = time.monotonic() + 30
    while (left := started_by(str(tmp_path))) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def started_by(value: str) -> list[list[str]]:
    commands = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get("STARTED_BY") == value:
                commands += [process.cmdline()] if process.status() != psutil.STATUS_ZOMBIE else []
    return commands


def ledger_of(studies) -> TrialLedger:
    with ActiveStudy(StudyAddress.in_folder(studies / "small")) as study:
        (trial,) = study.frozen_trials()
        assert trial.state.name == "WAITING"
        return TrialLedger(trial.user_attrs)


@pytest.fixture
def _no_nohup():
    """Tests may run under nohup, which has them ignore SIGHUP; hpo leaves that so."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_no_nohup")
def test_a_terminal_that_is_closed_pauses_the_run(small_space, studies):
    terminal, other = pty.openpty()
    command = [HPO, "run", str(small_space), "--studies", str(studies), "--set", *LONG]
    process = subprocess.Popen(
        command, stdin=other, stdout=other, stderr=other, start_new_session=True, env=engine_environment(1)
    )
    os.close(other)
    deadline = time.monotonic() + PATIENCE
    with suppress(OSError):
        while not epochs(studies) and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.2)[0]:
                os.read(terminal, 65536)
    os.close(terminal)
    os.killpg(process.pid, signal.SIGHUP)  # as the system does where the terminal is that of the session
    assert process.wait(PATIENCE) == 130
    ledger = ledger_of(studies)
    assert (ledger.deaths, ledger.attempt_entries[1]["cause"]) == (0, "paused")


def epochs(studies) -> int:
    with suppress(Exception):  # the study is not there yet
        return max((trial.epochs for trial in hpo.open_study("small", studies).trials()), default=0)
    return 0


def test_a_second_signal_ends_the_run_at_once_and_loses_no_more_than_the_epoch(small_space, studies, start_run):
    with start_run("run", small_space, trials=1, overrides=LONG) as run:
        run.until(lambda event: isinstance(event, EpochDone) and event.epoch == 2)
        worker = run.events[[type(event) for event in run.events].index(WorkerReady)].name
        os.kill(int(worker.rpartition(":")[2]), signal.SIGSTOP)  # so that it does not end its step
        os.kill(run.process.pid, signal.SIGINT)
        run.until(lambda event: isinstance(event, Stopping))
        os.kill(run.process.pid, signal.SIGINT)
        status, errors = run.end()
    assert status == -signal.SIGINT
    assert "KeyboardInterrupt" in errors
    ledger = ledger_of(studies)
    assert (ledger.deaths, ledger.attempt_entries[1]["cause"]) == (0, "paused")
    assert len(ledger.history["loss"]) >= 2


def test_a_worker_that_is_frozen_is_replaced_and_its_trial_goes_on_from_its_checkpoint(small_space, studies):
    workers, deaths = [], []

    def listen(study):
        def take(event):
            match event:
                case WorkerReady(name=name):
                    workers.append(int(name.rpartition(":")[2]))
                case EpochDone(epoch=2) if len(workers) == 1:
                    os.kill(workers[0], signal.SIGSTOP)
                case WorkerDied():
                    deaths.append(event.reason)

        return take

    overrides = ["training.epochs=100", "recovery.hang_timeout=20s"]
    study = hpo.run(small_space, trials=1, overrides=overrides, studies=studies, listen=listen)
    assert [reason.startswith("its process came no step further for 2") for reason in deaths] == [True]
    (trial,) = study.trials()
    assert (trial.state, trial.attempts, trial.epochs) == ("complete", 2, 100)
    with ActiveStudy(study.address) as active:
        entries = TrialLedger(active.frozen_trials()[0].user_attrs).attempt_entries
    assert entries[1]["cause"].startswith("hang: ")
    assert entries[2]["from_epoch"] >= 2
