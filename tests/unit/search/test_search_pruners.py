"""Pruners: what is stopped, and in whose company."""

from __future__ import annotations

import pytest

from hpo.search.optuna.pruning.pruners import make_pruner
from hpo.search.optuna.search import OptunaSearch
from hpo.training import Completed, EpochReport, Learned, Verdict

SPACE = """\
study: curves
data: {dataset: digits}
model: {family: simple_cnn, dropout: {float: [0.0, 0.8]}}
training: {epochs: 10}
search: {trials: 1000, sampler: random, pruner: median}
"""
LONG = [0.30, 0.50, 0.70, 0.80, 0.85, 0.88, 0.90, 0.92, 0.93, 0.94]
STOPPED_EARLY = [0.20, 0.30, 0.25]
GOOD = [0.28, 0.45, 0.60, 0.70, 0.80, 0.90, 0.93, 0.94, 0.95, 0.96]
WARMUP = "{median: {n_warmup_steps: 0}}"
HALVING = "{successive_halving: {min_resource: 1, reduction_factor: 2}}"


def train(search, curve):
    """Run a trial along a curve; after which epoch it was pruned, None if it was not."""
    trial = search.ask()
    for epoch, value in enumerate(curve, start=1):
        if trial.report(EpochReport(epoch, 10, value, 1.0)) is Verdict.PRUNE:
            return epoch
    learned = Learned(max(curve), curve.index(max(curve)) + 1, curve[-1], {}, 1.0, {})
    trial.tell(Completed(learned, (max(curve),), save_model=lambda path: None))
    return None


@pytest.mark.parametrize("pruner", ["median", WARMUP, "{percentile: {percentile: 50.0, n_warmup_steps: 0}}"])
def test_a_good_trial_is_not_pruned_against_the_only_one_that_was_not_stopped_early(make_study, pruner):
    search = OptunaSearch(make_study(SPACE, pruner=pruner), "w")
    for curve in (LONG, *[STOPPED_EARLY] * 4):
        assert train(search, curve) is None
    assert train(search, GOOD) is None


@pytest.mark.parametrize(("n_min_trials", "pruned"), [(1, 4), (2, None)])
def test_n_min_trials_says_how_many_have_reached_the_epoch(make_study, n_min_trials, pruned):
    pruner = f"{{median: {{n_warmup_steps: 0, n_min_trials: {n_min_trials}}}}}"
    search = OptunaSearch(make_study(SPACE, pruner=pruner), "w")
    for curve in (LONG, *[STOPPED_EARLY] * 4):
        train(search, curve)
    assert train(search, GOOD) == pruned


@pytest.mark.parametrize("pruner", [HALVING, HALVING.replace("successive_halving", "hyperband")])
def test_a_rung_that_few_have_reached_stops_nobody(make_study, pruner):
    study = make_study(SPACE, pruner=pruner)
    search = OptunaSearch(study, "w")
    assert [train(search, [value] * 10) for value in (0.9, 0.5, 0.4, 0.3)] == [None] * 4
    assert any(train(search, [0.2 - number / 1000] * 10) for number in range(20))


@pytest.mark.parametrize("warmup", [0, 1, 3])
def test_a_warm_up_of_so_many_epochs_is_one(make_study, warmup):
    pruner = f"{{median: {{n_startup_trials: 1, n_warmup_steps: {warmup}, n_min_trials: 1}}}}"
    search = OptunaSearch(make_study(SPACE, pruner=pruner), "w")
    train(search, LONG)
    assert train(search, [0.1] * 10) == warmup + 1


@pytest.mark.parametrize(("epochs", "pruned"), [(4, 1), (10, 2), (16, 3), (80, 11)])
def test_left_out_the_warm_up_is_an_eighth_of_the_epochs(make_study, epochs, pruned):
    search = OptunaSearch(make_study(SPACE.replace("epochs: 10", f"epochs: {epochs}")), "w")
    for _ in range(5):
        train(search, [0.5] * epochs)
    assert train(search, [0.1] * epochs) == pruned


@pytest.mark.parametrize("pruner", ["hyperband", "successive_halving"])
def test_left_out_the_resource_is_an_eighth_of_the_epochs(make_study, pruner):
    study = make_study(SPACE.replace("epochs: 10", "epochs: 48"), pruner=pruner)
    assert make_pruner(study.spec)._min_resource == 6


@pytest.mark.parametrize(("epochs", "first"), [(4, 2), (10, 2), (20, 2), (52, 6), (100, 12)])
def test_auto_compares_after_an_eighth_of_the_epochs_and_two_at_least(make_study, epochs, first):
    study = make_study(SPACE.replace("epochs: 10", f"epochs: {epochs}"), pruner="auto")
    search = OptunaSearch(study, "w")
    assert [train(search, [0.5 - number / 100] * epochs) for number in range(4)] == [None, None, None, first]
    assert train(search, [0.6] * epochs) is None


def test_auto_lets_the_better_half_go_on_to_twice_the_epochs(make_study):
    search = OptunaSearch(make_study(SPACE, pruner="auto"), "w")
    curves = [[value] * 10 for value in (0.5, 0.4, 0.3)]
    assert [train(search, curve) for curve in curves] == [None] * 3
    ended = [train(search, [0.45 - number / 1000] * 10) for number in range(30)]
    assert set(ended) <= {None, 2, 4, 8}
    assert ended.count(2) > 15
