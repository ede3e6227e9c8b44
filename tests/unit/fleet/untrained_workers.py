"""Workers of the tests: threads that claim and end trials as a test says, without an engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from workers_in_threads import ThreadConnection

from hpo.fleet import Event, Heartbeat, TestScored, TrialEnded, TrialStarted, WorkerReady
from hpo.fleet.messages import ClaimTrials, NothingClaimed, ScoreTrial, from_json, to_json
from hpo.search import ActiveTrial, NoTrial, claim, open_backend
from hpo.studies import ActiveStudy, StudyAddress
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

    def __init__(self, ends: Ends, dies_of_scoring: Dies, first: int = 0) -> None:
        self._ends, self._dies_of_scoring = ends, dies_of_scoring
        self._indices = count(first)

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
            trial = claim(study, backend, lambda: False, name)
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


def failed(*_: object) -> Outcome:
    return Failed(Cause("impossible_architecture", "too small"))


def completed(*_: object) -> Outcome:
    return Completed(Learned(0.5, 1, 0.5, {}, 10.0, {"val_accuracy": [0.5]}), (0.5,), Path.touch)


def ended_trials(events: list[Event]) -> list[tuple[int, str]]:
    return [(event.number, event.state) for event in events if isinstance(event, TrialEnded)]


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
    """Do a step, and nothing more until it is killed."""
    connection.send(to_json(Heartbeat(number, trial.number)))
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
