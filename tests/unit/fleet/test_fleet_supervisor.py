"""The supervisor: how many trials run, and when no more do."""

from __future__ import annotations

import threading
from itertools import chain, count

import pytest
import untrained_workers
from untrained_workers import Deeds, UntrainedWorker, completed, end, ended_trials, failed
from workers_in_threads import ThreadConnection, ThreadLauncher

from hpo import tuning
from hpo.catalog import LAUNCHERS
from hpo.errors import WorkerError
from hpo.fleet import (
    Event,
    Notice,
    TrialEnded,
    TrialsElsewhere,
    WorkerReady,
)
from hpo.fleet.messages import NothingClaimed, to_json
from hpo.fleet.other_runs import OtherRuns
from hpo.search import ActiveTrial, open_backend
from hpo.search.recorded import RecordedTrial
from hpo.spaces import load
from hpo.studies import ActiveStudy, StudyAddress, create_study
from hpo.training import Completed, EpochReport, Infeasible, Learned, Outcome
from hpo.tuning import RunOptions

WORKERS = 4
"""Of two machines."""
BEST = 8
"""The number of the trial that is better than those before."""


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


def test_what_other_runs_come_to_is_told_beside_what_this_one_does(supervise_work):
    others, told = [], []

    def work(address: StudyAddress, number: int, connection: ThreadConnection) -> None:
        with ActiveStudy(address) as study:
            search = open_backend(study, "elsewhere:1")
            search.ask().tell(completed())
            search.ask().tell(failed())
            others.append(search.ask())
            Deeds(end)(address, number, connection)

    def take(event: Event) -> None:
        if isinstance(event, TrialsElsewhere):
            told.append(event)
            others[0].tell(failed())

    _, events = supervise_work(work, 1, 4, take)
    assert told == [TrialsElsewhere(0, [(0, "complete", [0.5]), (1, "failed", None)], 1)]
    assert ended_trials(events) == [(3, "failed")]


def test_what_another_run_ends_is_looked_for_only_after_it_has_worked(small_space, studies):
    clock = [0.0]
    with create_study(load(small_space), studies) as study, study.session(lambda: clock[0]) as session:
        runs = OtherRuns(study, session)
        assert not runs.have_worked(study.ledger)
        clock[0] = 7.0
        session.save()
        assert not runs.have_worked(study.ledger), "its own time"
        with study.session(lambda: 2 * clock[0]) as other:
            clock[0] = 10.0
            other.save()
            assert runs.have_worked(study.ledger)
            assert not runs.have_worked(study.ledger)


@pytest.fixture
def launcher(monkeypatch):
    """The name of a launcher of two workers that train nothing; the first trial of each waits for those of all."""
    starts, barrier, met = count(0, 100), threading.Barrier(WORKERS), set()

    def spend(index, trial):
        is_first = index not in met
        met.add(index)
        if is_first:
            barrier.wait(60)
        trial.describe_attempt({"gpus": 0.0 if is_first else 1.0})
        value = 0.5 if trial.number < BEST else 0.7
        trial.report(EpochReport(1, 1, value, 10.0, {"val_accuracy": value}))
        return Completed(Learned(value, 1, value, {}, 10.0, {"val_accuracy": [value]}), (value,), lambda path: None)

    def launch():
        first = next(starts)
        return ThreadLauncher(
            UntrainedWorker(spend, lambda index: False, first), map("thread {}".format, count(first)), most=2
        )

    monkeypatch.setattr(untrained_workers, "launch", launch, raising=False)
    monkeypatch.setitem(LAUNCHERS.built_in, "untrained", "untrained_workers:launch")
    return "untrained"


@pytest.fixture
def run_on_both(small_space, postgres_url, tmp_path, launcher):
    """`run_on_both(changes)`: one machine leads the study, another one joins at once; what each returns."""

    def run(changes):
        one, two = (RunOptions(launcher=launcher, workers=2, storage=postgres_url, studies=tmp_path / n) for n in "ab")
        create_study(load(small_space, changes), StudyAddress.named("small", *one.place)).close()
        ended = {}

        def work(name, call, options):
            ended[name] = call("small", options=options)

        machines = [
            threading.Thread(target=work, args=("leader", tuning.resume, one)),
            threading.Thread(target=work, args=("joined", tuning.worker, two)),
        ]
        for machine in machines:
            machine.start()
        for machine in machines:
            machine.join(120)
        assert not [machine for machine in machines if machine.is_alive()], "somebody hangs"
        return ended["leader"], ended["joined"]

    return run


@pytest.mark.parametrize(
    ("limits", "end", "most"),
    [
        (["search.epochs=9"], "its budget of 9 epochs is used up", 9 + WORKERS - 1),
        (["search.cost=1", "cost={per_gpu_hour: 50000, currency: EUR}"], "its budget of 1 EUR is used up", 59),
        (["search.stop.target=0.6"], f"trial {BEST} has reached the target: val_accuracy 0.7 (0.6 asked)", 59),
        (["search.stop.no_improvement=4"], "was the best (4 asked)", 4 + WORKERS),
        (["search.stop={regret: {tolerance: 0.9, min_trials: 6}}"], "and 0.9 are too little", 59),
    ],
)
def test_what_ends_a_study_ends_it_for_all_who_claim_at_once(run_on_both, limits, end, most):
    for record in run_on_both(["search.trials=60", "training.epochs=1", *limits]):
        assert end in record.budget.end
        assert record.state == "finished"
    trials = record.trials()
    assert {int(trial.worker.split()[1]) // 100 for trial in trials} == {0, 1}, "both took part"
    assert {trial.state for trial in trials} == {"complete"}
    assert WORKERS <= len(trials) <= most
