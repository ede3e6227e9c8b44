"""A waiting trial goes to one asker, however many ask at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from hpo.search.optuna.search import OptunaSearch
from hpo.studies import ActiveStudy

ASKERS, WAITING = 4, 6


def test_a_waiting_trial_goes_to_one_of_several_that_ask_at_once(make_study, synthetic):
    enqueued = [f"  - {{training: {{learning_rate: 0.0{number}}}}}\n" for number in range(1, WAITING + 1)]
    study = make_study(synthetic + "start_from:\n" + "".join(enqueued))
    barrier = threading.Barrier(ASKERS)

    def ask(index: int) -> list[int]:
        search = OptunaSearch(ActiveStudy(study.folder), f"host:{index}")  # connections of its own, as a process has
        numbers = []
        for _ in range(WAITING):
            barrier.wait(timeout=60)
            numbers.append(search.ask().number)
        return numbers

    with ThreadPoolExecutor(ASKERS) as askers:
        numbers = [number for taken in askers.map(ask, range(ASKERS)) for number in taken]
    assert sorted(numbers) == list(range(ASKERS * WAITING))
    trials = study.trials()
    assert all(trial.attempts == 1 and trial.started and trial.state == "running" for trial in trials)
