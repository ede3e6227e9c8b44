"""The supervisor over workers of a launcher of the tests: threads that claim and end trials, without an engine."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, count
from pathlib import Path

import pytest
from workers_in_threads import ThreadConnection, ThreadLauncher, Work

from hpo.errors import WorkerError
from hpo.fleet import Event, Listener, Notice, Supervisor, TestScored, TrialEnded, TrialStarted, WorkerDied, WorkerReady
from hpo.fleet.messages import ClaimTrials, NothingClaimed, ScoreTrial, from_json, to_json
from hpo.search import ActiveTrial, NoTrial, claim, open_backend
from hpo.search.optuna.search import OptunaTrial
from hpo.spaces import load
from hpo.studies import ActiveStudy, StudyAddress, create_study
from hpo.training import Cause, Completed, Failed, Infeasible, Learned, Outcome

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
        work: Work, workers: int | None, trials: int, listen: Listener = lambda event: None, most: int = 100
    ):
        study = create_study(load(small_space, [f"search.trials={trials}"]), studies)
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

    def supervise(ends: Ends, workers: int, trials: int, dies_of_scoring: Dies = lambda index: False):
        return supervise_work(UntrainedWorker(ends, dies_of_scoring), workers, trials)

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
        assert isinstance(trial, OptunaTrial)
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
