"""What any launcher guarantees: inherit `LauncherContract`, give `launcher`, and pytest runs the rest."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Queue
from typing import Any, ClassVar

import pytest

from hpo.fleet import (
    ClaimTrials,
    EpochDone,
    Event,
    Heartbeat,
    Launcher,
    NothingClaimed,
    Notice,
    ScoreTrial,
    TestScored,
    TrialEnded,
    TrialStarted,
    WorkerDied,
    WorkerFailed,
    WorkerHandle,
    WorkerReady,
    find_launcher,
)
from hpo.spaces import load
from hpo.studies import ActiveStudy, create_study

PATIENCE = 120.0
"""Seconds for an event: a worker may have to wait for a machine, and to import an engine."""
SPACE = """\
study: contract
data: {{dataset: '{folder}/contract_data.py:load', act: {act}, lock: '{folder}/worker.lock'}}
model: {{family: simple_cnn, depth: 1, filters: 2, dense_units: 0}}
training: {{epochs: 1, batch_size: 8, learning_rate: {{float: [1e-3, 1e-1], log: true}}}}
search: {{trials: 1, sampler: random, pruner: none}}
"""
DATA = """\
import fcntl, logging, os, signal, subprocess, sys

import numpy as np

from hpo.errors import DataError


def load(config):
    match config["act"]:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "refuse":
            raise DataError("there are no images today")
        case "wait":  # in a process that holds the lock as well, and would outlive the worker
            lock = open(config["lock"], "w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
            child = subprocess.Popen(sleep, pass_fds=[lock.fileno()])
            logging.getLogger("hpo.data").info("the worker holds the lock")
            child.wait()
    return np.arange(40 * 64, dtype=np.uint8).reshape(40, 8, 8), np.arange(40) % 2
"""


class StartedWorker:
    """A worker of a study, and the events that it has sent."""

    def __init__(self, launcher: Launcher, study: ActiveStudy) -> None:
        self.study = study
        self.events: list[Event] = []
        self._queue: Queue[Event] = Queue()
        (self.slot,) = launcher.slots(study, 1)
        self.handle: WorkerHandle = launcher.start(study, self.slot, self._queue.put)

    def until(self, kind: type[Event]) -> Any:  # noqa: ANN401 - an event of that type
        """Wait for the next event of a type."""
        while True:
            self.events.append(self._queue.get(timeout=PATIENCE))
            if isinstance(self.events[-1], kind):
                return self.events[-1]

    def kinds(self) -> list[type]:
        """The types of all events, those included that nobody has waited for."""
        while not self._queue.empty():
            self.events.append(self._queue.get())
        return [type(event) for event in self.events]


class LauncherContract:
    """The suite; a subclass sets `name` and the fixture `launcher`.

    Most of its workers end before they import an engine; one trains a network of a few weights.
    """

    name: ClassVar[str]
    """What the launcher is registered under."""

    @pytest.fixture
    def launcher(self) -> Launcher:
        """The launcher, made as it is from its name."""
        return find_launcher(self.name)

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A folder on a file system that the workers share with this process."""
        return tmp_path

    @pytest.fixture
    def make_study(self, folder: Path) -> Iterator[Callable[[str], ActiveStudy]]:
        """A function from what a worker does with its data (`load`, `die`, `refuse`, `wait`) to a study under way."""
        (folder / "contract_data.py").write_text(DATA)
        with ExitStack() as studies:

            def make(act: str) -> ActiveStudy:
                (folder / "contract.yaml").write_text(SPACE.format(folder=folder, act=act))
                study = studies.enter_context(create_study(load(folder / "contract.yaml"), folder / "studies"))
                studies.enter_context(study.place.lock())
                return study

            yield make

    @pytest.fixture
    def start(
        self, launcher: Launcher, make_study: Callable[[str], ActiveStudy]
    ) -> Iterator[Callable[[str], StartedWorker]]:
        """A function that makes a study and starts its worker, which is ended with the test."""
        with ExitStack() as workers:

            def start(act: str) -> StartedWorker:
                worker = StartedWorker(launcher, make_study(act))
                workers.callback(worker.handle.join, PATIENCE)
                workers.callback(worker.handle.kill)
                return worker

            yield start

    def test_it_has_a_slot_for_each_worker_or_fewer(self, launcher, make_study):
        study = make_study("load")
        slots = launcher.slots(study, 3)
        assert 1 <= len(slots) <= 3
        assert len({slot.number for slot in slots}) == len({slot.label for slot in slots}) == len(slots)
        assert min(slot.number for slot in slots) >= 1
        assert {slot.environment["KERAS_BACKEND"] for slot in slots} == {study.spec.engine}

    def test_a_worker_runs_a_trial_does_what_it_is_told_and_ends_when_it_is_asked_to(self, start):
        worker = start("load")
        handle, study, number = worker.handle, worker.study, worker.slot.number
        assert worker.until(NothingClaimed) == NothingClaimed(number, "trials")
        kinds = [kind for kind in worker.kinds() if kind not in (Notice, Heartbeat)]
        assert kinds == [WorkerReady, TrialStarted, EpochDone, TrialEnded, NothingClaimed]
        assert {event.worker for event in worker.events} == {number}
        (ready,) = (event for event in worker.events if isinstance(event, WorkerReady))
        (trial,) = study.trials()
        assert (trial.state, trial.worker) == ("complete", ready.name)
        assert handle.name == ready.name
        handle.send(ScoreTrial(0))
        assert worker.until(TestScored).number == 0
        handle.send(ClaimTrials())
        assert worker.until(NothingClaimed).reason == "trials"
        assert not handle.join(0)
        handle.stop()
        assert handle.join(PATIENCE)
        assert WorkerDied not in worker.kinds()
        with study.place.lock_worker(number):
            pass

    def test_a_death_is_the_last_event_and_a_command_to_the_dead_is_lost(self, start):
        worker = start("die")
        died = worker.until(WorkerDied)
        assert died.worker == worker.slot.number
        assert died.reason
        worker.handle.send(ClaimTrials())
        assert worker.handle.join(PATIENCE)
        assert worker.kinds() == [WorkerDied]

    def test_an_error_that_every_trial_would_meet_is_passed_on_before_the_worker_ends(self, start):
        worker = start("refuse")
        assert worker.until(WorkerFailed) == WorkerFailed(worker.slot.number, "DataError", "there are no images today")
        assert worker.handle.join(PATIENCE)
        assert worker.kinds() == [WorkerFailed, WorkerDied]

    def test_a_worker_that_is_killed_ends_at_once_and_what_it_has_started_with_it(self, start, folder):
        worker = start("wait")
        assert worker.until(Notice).text == "the worker holds the lock"
        worker.handle.kill()
        assert worker.handle.join(PATIENCE)
        assert WorkerDied not in worker.kinds()
        with (folder / "worker.lock").open("w") as lock:
            self._acquire(lock)

    def test_a_worker_that_is_killed_for_a_reason_says_it_as_its_death(self, start):
        worker = start("wait")
        worker.until(Notice)
        worker.handle.kill("it hung")
        assert worker.until(WorkerDied).reason == "it hung"
        assert worker.handle.join(PATIENCE)

    def _acquire(self, lock: Any) -> None:  # noqa: ANN401 - an open file
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                assert time.monotonic() < deadline, "a process of the worker's is left"
                time.sleep(0.05)
