"""The supervisor over workers of a launcher of the tests: threads that claim and end trials, without an engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Queue

import pytest

from hpo.errors import WorkerError
from hpo.fleet import Event, Listener, Slot, Supervisor, TrialEnded, TrialStarted, WorkerDied, WorkerReady
from hpo.fleet.messages import ClaimTrials, Command, NothingClaimed
from hpo.search import ActiveTrial, NoTrial, claim, open_backend
from hpo.search.optuna.search import OptunaTrial
from hpo.spaces import load
from hpo.studies import ActiveStudy, create_study
from hpo.training import Cause, Failed, Infeasible, Outcome, Paused

Ends = Callable[[str, ActiveTrial], Outcome | None]
"""Given a worker's name and its trial: how it ends; None where the worker dies instead."""


class UnnamedDeath(Exception):  # noqa: N818 - no error
    """The worker dies between taking a trial and putting its name to it."""


class ThreadWorker:
    """A worker that trains nothing."""

    def __init__(self, study: ActiveStudy, slot: Slot, take: Callable[[Event], None], name: str, ends: Ends) -> None:
        self.name = name
        self._study, self._number, self._take, self._ends = study, slot.number, take, ends
        self._commands: Queue[Command | None] = Queue()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        with ActiveStudy(self._study.address) as study:
            backend = open_backend(study, self.name)
            self._take(WorkerReady(self._number, self.name, "none"))
            while True:
                trial = claim(study, backend, self._stopped.is_set)
                if isinstance(trial, NoTrial):
                    self._take(NothingClaimed(self._number, trial.reason))
                    if self._commands.get() is None:
                        return
                    continue
                self._take(TrialStarted(self._number, trial.number, trial.params, 1))
                try:
                    outcome = self._ends(self.name, trial)
                except UnnamedDeath:
                    study.optuna_storage.set_trial_user_attr(
                        study.frozen_trials()[trial.number]._trial_id, "worker", None
                    )
                    outcome = None
                if outcome is None:
                    self._take(WorkerDied(self._number, "its process died (signal 9, SIGKILL): no more is known"))
                    return
                trial.tell(outcome)
                state = {Failed: "failed", Infeasible: "infeasible", Paused: "waiting"}[type(outcome)]
                cause = str(outcome.cause) if isinstance(outcome, Failed) else None
                ended = TrialEnded(self._number, trial.number, state, None, cause, 0.0)
                self._take(ended)
                if ended.is_suspect and self._commands.get() is None:
                    return

    def send(self, command: Command) -> None:
        assert command == ClaimTrials()
        self._commands.put(command)

    def stop(self) -> None:
        self._stopped.set()
        self._commands.put(None)

    kill = stop

    def join(self, timeout: float | None = None) -> bool:
        self._thread.join(timeout)
        return not self._thread.is_alive()


class ThreadLauncher:
    """Slots without bounds."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self.workers: list[ThreadWorker] = []

    def slots(self, study: ActiveStudy, workers: int) -> list[Slot]:
        return [Slot(number, {}, None, f"thread {number}") for number in range(1, workers + 1)]

    def start(self, study: ActiveStudy, slot: Slot, take: Callable[[Event], None]) -> ThreadWorker:
        name = f"thread {slot.number}.{len(self.workers)}"
        self.workers.append(ThreadWorker(study, slot, take, name, self._ends))
        return self.workers[-1]


@pytest.fixture
def supervise(small_space, studies):
    """`supervise(ends, workers, trials)`: run a study; its study, its events and the launcher."""

    def supervise(ends: Ends, workers: int, trials: int, listen: Listener = lambda event: None):
        study = create_study(load(small_space, [f"search.trials={trials}"]), studies)
        events, launcher = [], ThreadLauncher(ends)

        def take(event: Event) -> None:
            events.append(event)
            listen(event)

        with study, study.place.locked(), study.session() as session:
            try:
                Supervisor(study, session, workers, take, launcher).run()
            finally:
                assert all(worker.join(0) for worker in launcher.workers)
        return study, events

    return supervise


def failed(*_: object) -> Outcome:
    return Failed(Cause("impossible_architecture", "too small"))


def ended_trials(events: list[Event]) -> list[tuple[int, str]]:
    return [(event.number, event.state) for event in events if isinstance(event, TrialEnded)]


@pytest.mark.parametrize("workers", [1, 3, 8])
def test_as_many_trials_run_as_the_budget_has_however_many_workers_claim_them(supervise, workers: int):
    study, events = supervise(failed, workers, 7)
    assert sorted(ended_trials(events)) == [(number, "failed") for number in range(7)]
    assert (len(study.trials()), study.state) == (7, "finished")
    assert len([event for event in events if isinstance(event, WorkerReady)]) == min(workers, 7)


def test_trials_that_are_ruled_out_make_room_for_others_and_idle_workers_claim_those(supervise):
    ruled_out = {0, 2, 4}

    def ends(_: str, trial: ActiveTrial) -> Outcome:
        if trial.number not in ruled_out:
            return failed()
        assert isinstance(trial, OptunaTrial)
        trial._trial.set_constraint("depth < 1", 1.0)
        return Infeasible()

    study, _ = supervise(ends, 3, 4)
    assert study.counts() == {**study.counts(), "infeasible": 3, "failed": 4, "running": 0, "waiting": 0}


def test_the_trial_of_a_worker_that_died_is_run_by_another_and_every_slot_is_filled_again(supervise):
    deaths: list[int] = []

    def ends(worker: str, trial: ActiveTrial) -> Outcome | None:
        if trial.number in (1, 2) and trial.number not in deaths:
            deaths.append(trial.number)
            return None
        return failed()

    study, events = supervise(ends, 2, 4)
    assert sorted(ended_trials(events)) == sorted(
        [(0, "failed"), (1, "waiting"), (2, "waiting"), *((number, "failed") for number in (1, 2, 3))]
    )
    assert [trial.attempts for trial in study.trials()] == [1, 2, 2, 1]
    assert sum(isinstance(event, WorkerReady) for event in events) == 4


def test_a_trial_that_a_dead_worker_never_put_its_name_to_is_run(supervise):
    deaths: list[int] = []

    def ends(_: str, trial: ActiveTrial) -> Outcome | None:
        if not deaths:
            deaths.append(trial.number)
            raise UnnamedDeath
        return failed()

    study, _ = supervise(ends, 1, 2)
    assert [trial.state for trial in study.trials()] == ["failed", "failed"]


def test_five_deaths_in_a_row_end_the_run_with_the_last_one(supervise):
    with pytest.raises(WorkerError, match=r"^5 trials or workers in a row failed.*The last one: worker_died: its"):
        supervise(lambda *_: None, 1, 10)
