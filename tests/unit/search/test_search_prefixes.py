"""Who trains what trials share: one of them, while it runs; the others wait, or take over."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.search import trial_seed
from hpo.search.optuna.search import OptunaSearch
from hpo.search.prefixes import SharedPrefixes
from hpo.studies import Checkpoint
from hpo.training import Cause, EpochReport, Failed, Paused, Verdict

PHASES = """\
study: phases
seed: 7
data: {dataset: digits}
model: {family: simple_cnn, depth: {choice: [1, 2]}}
training: {phases: [{epochs: 2}, {epochs: 2, learning_rate: {choice: [1e-2, 1e-3]}}, {epochs: {int: [1, 3]}}]}
search: {sampler: grid, pruner: none, share_prefixes: true}
"""
HERE = {"device": "cpu"}


@pytest.fixture
def study(make_study):
    return make_study(PHASES, on_disk=True)


@pytest.fixture
def begin(study):
    """Begins trials by their parameters, in a worker each, as far as they share phases."""
    trials = {}

    def run(depth, rate, epochs, environment=HERE):
        if not trials:
            for _ in range(12):
                trial = OptunaSearch(study, "host:1").ask()
                trials[tuple(trial.params.values())] = trial
        trial = trials[depth, rate, epochs]
        return trial, SharedPrefixes(study, trial, environment)

    return run


def after(epoch):
    return Checkpoint(epoch, 0, {"model/0": np.zeros(1, "float32")}, {})


def test_the_seed_comes_from_the_first_phase_where_it_is_shared_and_from_the_number_elsewhere(begin, make_study):
    seeds = [begin(*params)[1].seed for params in ((1, 1e-2, 1), (1, 1e-3, 3), (2, 1e-2, 1))]
    assert (seeds[0] == seeds[1], seeds[0] == seeds[2]) == (True, False)
    alone = make_study(PHASES, name="alone", share_prefixes="false", on_disk=True)
    trials = [OptunaSearch(alone, "host:1").ask() for _ in range(3)]
    assert [SharedPrefixes(alone, trial, HERE).seed for trial in trials] == [trial_seed(7, n) for n in range(3)]


def test_one_trial_trains_what_others_wait_for_and_those_with_another_first_phase_do_not_wait(begin):
    first, second, other = begin(1, 1e-2, 1)[1], begin(1, 1e-3, 1)[1], begin(2, 1e-2, 1)[1]
    assert [first.take_on(0), second.take_on(0), other.take_on(0), first.take_on(0)] == [True, False, True, True]
    first.save(1, after(2))
    assert (second.count_trained(), other.count_trained()) == (1, 0)
    assert second.take_on(1)  # its second phase is another one
    assert second.read(1).about == {"trial": begin(1, 1e-2, 1)[0].number}


def test_a_trial_waits_for_the_longest_that_it_shares(begin):
    first, second = begin(1, 1e-2, 1)[1], begin(1, 1e-2, 2)[1]
    first.take_on(0)
    first.save(1, after(2))
    assert not second.take_on(second.count_trained())
    first.save(2, after(4))
    assert second.count_trained() == 2
    assert second.take_on(2)
    first.save(3, after(6))
    assert second.count_trained() == 2


@pytest.mark.parametrize("end", [Failed(Cause("error", "it broke")), Paused()], ids=["failed", "paused"])
def test_what_a_trial_has_not_trained_when_it_ends_is_taken_over(begin, end):
    (trial, first), second = begin(1, 1e-2, 1), begin(1, 1e-3, 1)[1]
    assert [first.take_on(0), second.take_on(0)] == [True, False]
    trial.tell(end)
    assert second.take_on(0)


def test_what_another_device_trains_is_not_shared(begin):
    first, second = begin(1, 1e-2, 1)[1], begin(1, 1e-3, 1, {"device": "gpu: H200"})[1]
    assert (first.seed == second.seed, first.take_on(0), second.take_on(0)) == (True, True, True)
    first.save(1, after(2))
    assert second.count_trained() == 0


def test_the_epochs_of_another_trial_cost_nothing_and_are_reported_as_its_own(begin, study):
    trial = begin(1, 1e-2, 1)[0]
    for epoch in (1, 2):
        shared = EpochReport(epoch, 5, 0.5, 10.0, {"loss": 1.0}, 1.0, is_restored=True, trained_by=0)
        assert trial.report(shared) is Verdict.CONTINUE
    trial.report(EpochReport(3, 5, 0.6, 10.0, {"loss": 0.5}, 1.0))
    assert (study.trial(trial.number).epochs, study.costs.epochs) == (3, 1)
    assert trial.ledger.attempt_entries[1]["prefix"] == {"trial": 0, "epochs": 2}
