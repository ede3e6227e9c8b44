"""The supervisor over workers of a launcher of the tests: threads that claim and end trials, without an engine."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from itertools import chain, count
from pathlib import Path

import pytest
from workers_in_threads import ThreadConnection, ThreadLauncher, Work

from hpo.errors import WorkerError
from hpo.fleet import (
    Event,
    Heartbeat,
    Listener,
    Notice,
    Stopping,
    Supervisor,
    TestScored,
    TrialEnded,
    TrialStarted,
    WorkerDied,
    WorkerGrown,
    WorkerReady,
)
from hpo.fleet.messages import ClaimTrials, NothingClaimed, ScoreTrial, from_json, to_json
from hpo.fleet.pausing import pause_study
from hpo.search import ActiveTrial, NoTrial, claim, open_backend
from hpo.search.recorded import RecordedTrial
from hpo.spaces import load
from hpo.studies import ActiveStudy, StudyAddress, StudyRecord, TrialLedger, create_study
from hpo.training import Cause, Completed, Failed, Infeasible, Learned, Outcome, Paused

Ends = Callable[[int, ActiveTrial], Outcome | None]
"""Given how many workers have started before and a trial: how it ends; None where the worker dies instead."""
Dies = Callable[[int], bool]
"""Given how many workers have started before: whether the worker dies of scoring a model."""
STATES = {Completed: "complete", Failed: "failed", Infeasible: "infeasible"}


class UnnamedDeath(Exception):  # noqa: N818 - no error
    """The worker dies between taking a trial and putting its name to it."""


class UntrainedWorker:
    """Claims trials and ends them as a test says, and dies of the scores that it says."""

    def __init__(self, ends: Ends, dies_of_scoring: Dies) -> None:
        self._ends, self._dies_of_scoring = ends, dies_of_scoring
        self._indices = count()

    def __call__(self, address: StudyAddress, number: int, connection: ThreadConnection) -> None:
        index = next(self._indices)
        name = f"thread {index}"
        requests = map(from_json, connection.requests())
        with ActiveStudy(address) as study:
            connection.send(to_json(WorkerReady(number, name, "none")))
            command = ClaimTrials()
            while command is not None:
                if isinstance(command, ScoreTrial):
                    if self._dies_of_scoring(index):
                        return
                    study.record_test_score(command.number, 0.5, 1.0)
                    connection.send(to_json(TestScored(number, command.number, 0.5, 1.0)))
                elif not self._run_trials(study, number, name, index, connection):
                    return
                command = next(requests, None)

    def _run_trials(self, study: ActiveStudy, number: int, name: str, index: int, connection: ThreadConnection) -> bool:
        """Run trials until there are none, or one ends suspiciously; whether the worker is still alive."""
        backend = open_backend(study, name)
        while True:
            trial = claim(study, backend, lambda: False)
            if isinstance(trial, NoTrial):
                connection.send(to_json(NothingClaimed(number, trial.reason)))
                return True
            connection.send(to_json(TrialStarted(number, trial.number, trial.params, 1)))
            try:
                outcome = self._ends(index, trial)
            except UnnamedDeath:
                stored = study.frozen_trials()[trial.number]
                study.optuna_storage.set_trial_user_attr(stored._trial_id, "worker", None)
                outcome = None
            if outcome is None:
                return False
            if isinstance(outcome, Completed):
                study.files.models.put(trial.number, outcome.save_model)
            trial.tell(outcome)
            cause = str(outcome.cause) if isinstance(outcome, Failed) else None
            values = list(outcome.values) if isinstance(outcome, Completed) else None
            ended = TrialEnded(number, trial.number, STATES[type(outcome)], values, cause, 0.0)
            connection.send(to_json(ended))
            if ended.is_suspect:
                return True


@pytest.fixture
def supervise_work(small_space, studies):
    """`supervise_work(work, workers, trials)`: run a study whose workers do that; the study and its events."""

    def supervise_work(
        work: Work,
        workers: int | None,
        trials: int,
        listen: Listener = lambda event: None,
        *,
        most: int = 100,
        changes: Sequence[str] = (),
    ):
        study = create_study(load(small_space, [f"search.trials={trials}", *changes]), studies)
        events, launcher = [], ThreadLauncher(work, map("thread {}".format, count()), most)

        def take(event: Event) -> None:
            events.append(event)
            listen(event)

        with study, study.place.lock(), study.session() as session:
            try:
                Supervisor(study, session, workers, take, launcher).run()
            finally:
                assert all(worker.join(60) for worker in launcher.workers)
        return study, events

    return supervise_work


@pytest.fixture
def supervise(supervise_work):
    """The same with workers that end trials as a test says."""

    def supervise(
        ends: Ends, workers: int, trials: int, dies_of_scoring: Dies = lambda index: False, changes: Sequence[str] = ()
    ):
        return supervise_work(UntrainedWorker(ends, dies_of_scoring), workers, trials, changes=changes)

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


@pytest.mark.parametrize(("workers", "notices"), [(5, 1), (2, 0), (None, 0)])
def test_that_fewer_trials_run_at_once_than_were_asked_for_is_said(supervise_work, workers: int | None, notices: int):
    _, events = supervise_work(UntrainedWorker(failed, lambda index: False), workers, 4, most=2)
    said = [event.text for event in events if isinstance(event, Notice)]
    assert (
        said == ["5 trials were to run at once. There is room for 2 (the study's resources, and other runs)."] * notices
    )
    assert len({event.worker for event in events if isinstance(event, WorkerReady)}) == 2


def test_trials_that_are_ruled_out_make_room_for_others_and_idle_workers_claim_those(supervise):
    ruled_out = {0, 2, 4}

    def ends(_: int, trial: ActiveTrial) -> Outcome:
        if trial.number not in ruled_out:
            return failed()
        assert isinstance(trial, RecordedTrial)
        trial._storage.write(trial._trial_id, system_attrs={"constraints:depth < 1": 1.0})
        return Infeasible()

    study, _ = supervise(ends, 3, 4)
    assert study.counts() == {**study.counts(), "infeasible": 3, "failed": 4, "running": 0, "waiting": 0}


def test_the_trial_of_a_worker_that_died_is_run_by_another_and_every_slot_is_filled_again(supervise):
    deaths: list[int] = []

    def ends(_: int, trial: ActiveTrial) -> Outcome | None:
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

    def ends(_: int, trial: ActiveTrial) -> Outcome | None:
        if not deaths:
            deaths.append(trial.number)
            raise UnnamedDeath
        return failed()

    study, _ = supervise(ends, 1, 2)
    assert [trial.state for trial in study.trials()] == ["failed", "failed"]


def test_five_deaths_in_a_row_end_the_run_with_the_last_one(supervise):
    with pytest.raises(WorkerError, match=r"^5 trials or workers in a row failed.*The last one: worker_died: its"):
        supervise(lambda *_: None, 1, 10)


def test_a_config_that_every_worker_dies_of_is_set_aside_and_the_others_are_tried(supervise):
    study, events = supervise(lambda _, trial: None if trial.number == 1 else failed(), 1, 3)
    assert ended_trials(events) == [(0, "failed"), *[(1, "waiting")] * 2, (1, "failed"), (2, "failed")]
    assert [trial.attempts for trial in study.trials()] == [1, 3, 1]
    assert study.trials()[1].cause.startswith("worker_died: its process died (signal 9, SIGKILL)")


def test_a_trial_is_tried_again_as_often_as_its_file_says(supervise):
    study, events = supervise(lambda *_: None, 1, 1, changes=["recovery.retries=0"])
    assert ended_trials(events) == [(0, "failed")]
    (entry,) = TrialLedger(study.frozen_trials()[0].user_attrs).attempt_entries.values()
    assert (entry["worker"], entry["log"]) == ("thread 0", "the last line")
    assert entry["cause"].startswith("worker_died: ")


class Deeds:
    """What workers do that have been started one after the other: claim a trial, and then as a test says."""

    def __init__(self, *deeds: Callable[[ActiveTrial, int, ThreadConnection], object]) -> None:
        self._deeds = iter(enumerate(deeds))

    def __call__(self, address: StudyAddress, number: int, connection: ThreadConnection) -> None:
        index, deed = next(self._deeds)
        name = f"thread {index}"
        with ActiveStudy(address) as study:
            connection.send(to_json(WorkerReady(number, name, "none")))
            trial = claim(study, open_backend(study, name), lambda: False)
            assert not isinstance(trial, NoTrial)
            connection.send(to_json(TrialStarted(number, trial.number, trial.params, 1)))
            deed(trial, number, connection)


def hang(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
    """Do nothing until it is killed."""
    list(connection.requests())


def beat(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
    """Take longer than a worker may hang, and say that it comes on."""
    for _ in range(8):
        time.sleep(0.1)
        connection.send(to_json(Heartbeat(number, trial.number)))
    end(trial, number, connection)


def end(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
    """Let the trial fail, and wait for the end."""
    trial.tell(failed())
    connection.send(to_json(TrialEnded(number, trial.number, "failed", None, "impossible_architecture: why", 0.0)))
    connection.send(to_json(NothingClaimed(number, "trials")))
    list(connection.requests())


def test_a_worker_that_comes_no_step_further_is_killed_and_its_trial_tried_again(supervise_work):
    changes = ["recovery.hang_timeout=3s"]
    study, events = supervise_work(Deeds(hang, beat), 1, 1, changes=changes)
    assert ended_trials(events) == [(0, "waiting"), (0, "failed")]
    (died,) = (event for event in events if isinstance(event, WorkerDied))
    assert re.fullmatch(r"its process came no step further for \d s \(training trial 0\), and was killed", died.reason)
    assert not any(isinstance(event, Heartbeat) for event in events), "which nobody but the supervisor needs"
    entries = TrialLedger(study.frozen_trials()[0].user_attrs).attempt_entries
    assert entries[1]["cause"] == f"hang: {died.reason}"


def test_a_worker_that_has_grown_is_replaced_between_two_trials_and_that_is_no_failure(supervise_work):
    def grow(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
        trial.tell(failed())
        connection.send(to_json(TrialEnded(number, trial.number, "failed", None, "impossible_architecture: why", 0.0)))
        connection.send(to_json(WorkerGrown(number, 2 * 10**9)))
        list(connection.requests())

    study, events = supervise_work(Deeds(*[grow] * 7, end), 1, 8)
    kinds = [type(event) for event in events]
    assert (kinds.count(WorkerGrown), kinds.count(WorkerReady), kinds.count(WorkerDied)) == (7, 8, 0)
    assert [trial.attempts for trial in study.trials()] == [1] * 8


def test_a_run_pauses_when_the_study_is_asked_to(supervise_work, studies):
    events = []

    def give_back(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
        connection.send(to_json(Heartbeat(number, trial.number)))
        list(connection.requests())
        trial.tell(Paused())
        connection.send(to_json(TrialEnded(number, trial.number, "waiting", None, None, 0.0)))

    def take(event: Event) -> None:
        events.append(event)
        if isinstance(event, TrialStarted):
            assert pause_study(StudyAddress.in_folder(studies / "small"), 0.0) != []

    with pytest.raises(KeyboardInterrupt, match="`hpo pause` asked for it"):
        supervise_work(Deeds(give_back), 1, 2, take)
    assert [type(event) for event in events] == [WorkerReady, TrialStarted, Stopping, TrialEnded]
    study = StudyRecord(StudyAddress.in_folder(studies / "small"))
    assert [(trial.state, trial.attempts) for trial in study.trials()] == [("waiting", 1)]
    assert pause_study(study.address, 0.0) == [], "nobody works on it"


def test_a_trial_whose_worker_was_killed_because_the_run_ends_has_lost_none_of_its_retries(supervise_work, studies):
    def leave(trial: ActiveTrial, number: int, connection: ThreadConnection) -> None:
        list(connection.requests())

    def take(event: Event) -> None:
        if isinstance(event, TrialStarted):
            raise RuntimeError("the listener fails")

    with pytest.raises(RuntimeError, match="the listener fails"):
        supervise_work(Deeds(leave), 1, 2, take)
    with ActiveStudy(StudyAddress.in_folder(studies / "small")) as study:
        (trial,) = study.frozen_trials()
        ledger = TrialLedger(trial.user_attrs)
        assert (trial.state.name, ledger.deaths, ledger.attempt_entries[1]["cause"]) == ("WAITING", 0, "paused")


def completed(*_: object) -> Outcome:
    return Completed(Learned(0.5, 1, 0.5, {}, 10.0, {"val_accuracy": [0.5]}), (0.5,), Path.touch)


def test_a_model_is_scored_by_the_next_worker_where_the_first_dies_of_it(supervise):
    study, events = supervise(completed, 1, 1, dies_of_scoring=lambda index: index == 0)
    kinds = [type(event) for event in events]
    assert kinds == [WorkerReady, TrialStarted, TrialEnded, WorkerDied, WorkerReady, TestScored]
    assert study.state == "finished"
    assert study.test_score == {"trial": 0, "accuracy": 0.5, "loss": 1.0}


def test_a_model_that_two_workers_have_died_of_is_left_without_a_score(supervise):
    study, events = supervise(completed, 1, 1, dies_of_scoring=lambda index: True)
    assert [type(event) for event in events].count(WorkerDied) == 2
    assert study.state == "finished"
    assert study.test_score["accuracy"] is None
    assert study.test_score["error"].startswith("the worker that evaluates it dies: its process died")


def test_two_hundred_infeasible_trials_in_a_row_end_the_run_and_say_what_to_do(supervise_work):
    def rule_out(address: StudyAddress, number: int, connection: ThreadConnection) -> None:
        """A worker that claims one trial after the other, as it is told to, without a storage."""
        connection.send(to_json(WorkerReady(number, "host:1", "none")))
        for trial, _ in enumerate(chain([None], connection.requests())):
            cause = "infeasible: learning_rate >= 0.1"
            connection.send(to_json(TrialEnded(number, trial, "infeasible", None, cause, 0.0)))

    events = []
    with pytest.raises(WorkerError) as caught:
        supervise_work(rule_out, 1, 5, events.append)
    assert str(caught.value) == (
        "constraints: some configs of the space meet them. Received 200 in a row that do not. The last one is "
        "infeasible: learning_rate >= 0.1. `hpo check` tells which part of the space meets them; loosen them, or "
        "change the space."
    )
    assert [event.number for event in events if isinstance(event, TrialEnded)] == list(range(200))


def test_a_pause_that_was_asked_for_before_the_workers_started_is_heard(supervise_work, monkeypatch):
    def work(address: StudyAddress, number: int, connection: ThreadConnection) -> None:
        with ActiveStudy(address) as study:
            assert study.ledger.pause is not None
        connection.send(to_json(WorkerReady(number, "thread", "none")))
        list(connection.requests())

    slots = ThreadLauncher.slots

    def pause_first(launcher: ThreadLauncher, study: ActiveStudy, workers: int) -> list:
        pause_study(study.address, 0.0)
        return slots(launcher, study, workers)

    monkeypatch.setattr(ThreadLauncher, "slots", pause_first)
    with pytest.raises(KeyboardInterrupt, match="`hpo pause` asked for it"):
        supervise_work(work, 1, 1)


def test_workers_are_asked_once_more_before_a_run_ends_while_a_trial_may_begin(supervise_work):
    class Hesitant(UntrainedWorker):
        """Finds no trial when it is asked first, as where another machine gives one back a moment later."""

        has_hesitated = False

        def _run_trials(self, study, number, name, index, connection):
            if self.has_hesitated:
                return super()._run_trials(study, number, name, index, connection)
            self.has_hesitated = True
            connection.send(to_json(NothingClaimed(number, "trials")))
            return True

    study, _ = supervise_work(Hesitant(failed, lambda index: False), 1, 2)
    assert study.counts()["failed"] == 2
