"""A worker's claim gives the next trial that the budget allows, to one worker alone, or why there is none."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hpo.search import NoTrial, claim
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy
from hpo.training import Cause, Failed, Infeasible, Paused

WORKERS, WAITING = 4, 6


def never() -> bool:
    return False


@pytest.fixture
def make_claim(make_study):
    """`make_claim(space)`: the study, held by this process, and what claims its next trial."""

    def make(*arguments, **search):
        study = make_study(*arguments, **search)
        lock = study.place.lock()
        lock.__enter__()
        locks.append(lock)
        backend = OptunaSearch(study, "host:1")
        return study, lambda: claim(study, backend, never)

    locks = []
    yield make
    for lock in locks:
        lock.__exit__(None, None, None)


def test_a_trial_goes_to_one_of_several_that_claim_at_once_and_none_is_created_beyond_the_budget(make_study, synthetic):
    enqueued = [f"  - {{training: {{learning_rate: 0.0{number}}}}}\n" for number in range(1, WAITING + 1)]
    study = make_study(synthetic + "start_from:\n" + "".join(enqueued), trials=WORKERS * WAITING - 1, on_disk=True)
    barrier = threading.Barrier(WORKERS)

    def work(index: int) -> list[int | str]:
        own = ActiveStudy(study.address)  # connections of its own, as a process has
        backend = OptunaSearch(own, f"host:{index}")
        claims = []
        for _ in range(WAITING):
            barrier.wait(timeout=60)
            trial = claim(own, backend, never)
            claims.append(trial.reason if isinstance(trial, NoTrial) else trial.number)
        return claims

    with study.place.lock(), ThreadPoolExecutor(WORKERS) as workers:
        claims = [number for numbers in workers.map(work, range(WORKERS)) for number in numbers]
    assert claims.count("trials") == 1
    claims.remove("trials")
    assert sorted(claims) == list(range(WORKERS * WAITING - 1))
    trials = study.trials()
    assert len(trials) == WORKERS * WAITING - 1
    assert all(trial.attempts == 1 and trial.started and trial.state == "running" for trial in trials)


@pytest.mark.parametrize(
    ("outcome", "next_number"),
    [(Failed(Cause("error", "no luck")), None), (Infeasible(), 1), (Paused(), 0)],
    ids=["failed", "infeasible", "given back"],
)
def test_a_trial_that_ended_is_counted_unless_it_was_ruled_out_or_given_back(make_claim, outcome, next_number):
    _, claim_next = make_claim(trials=1)
    trial = claim_next()
    assert claim_next() == NoTrial("trials")
    if isinstance(outcome, Infeasible):
        trial._storage.write(trial._trial_id, system_attrs={"constraints:depth < 1": 1.0})
    trial.tell(outcome)
    claimed = claim_next()
    assert (None if isinstance(claimed, NoTrial) else claimed.number) == next_number


def test_no_trial_starts_when_the_time_is_spent(make_claim):
    study, claim_next = make_claim(timeout=10)
    with study.session() as session:
        session._started -= 11
        session.save()
        assert claim_next() == NoTrial("timeout")
    assert study.trials() == []


def test_no_trial_starts_when_every_config_is_tried(make_claim, finite):
    study, claim_next = make_claim(finite)
    numbers = []
    while not isinstance(trial := claim_next(), NoTrial):
        numbers.append(trial.number)
        trial.tell(Failed(Cause("error", "no luck")))
    assert (numbers, trial.reason, study.spent) == (list(range(18)), "space", "space")


def test_no_trial_starts_in_a_study_that_nobody_holds_or_in_a_worker_that_was_stopped(make_study):
    study = make_study()
    backend = OptunaSearch(study, "host:1")
    assert claim(study, backend, never) == NoTrial("paused")
    with study.place.lock():
        assert claim(study, backend, lambda: True) == NoTrial("stopped")
    assert study.trials() == []
