"""Trials that a search has from elsewhere wait with their parameters, each config once, for whoever claims next."""

from __future__ import annotations

from hpo.search.recorded import enqueue, find_trial
from hpo.studies import TrialLedger, TriedConfigs

ADAM = {"depth": 1, "optimizer": "adam"}
SGD = {"depth": 2, "optimizer": "sgd", "optimizer.sgd.momentum": 0.3, "optimizer.sgd.nesterov": True}


def test_an_enqueued_trial_is_claimed_with_its_parameters_and_what_its_ledger_has(make_study, finite):
    study = make_study(finite)
    tried = TriedConfigs(study.spec.space)
    assert study.claim("host:1", begins_new=False) is None
    assert enqueue(study, SGD, {"run": {"id": "abc"}}, tried)
    assert study.trials()[0].state == "waiting"
    claimed = study.claim("host:1", begins_new=False)
    assert claimed.trial.params == SGD
    assert TrialLedger(claimed.trial.user_attrs).run == {"id": "abc"}
    assert study.claim("host:2", begins_new=False) is None
    assert study.claim("host:2").trial.params == {}


def test_a_config_that_a_trial_has_is_not_enqueued_again(make_study, finite):
    study = make_study(finite)
    tried = TriedConfigs(study.spec.space)
    assert find_trial(study, ADAM, tried) is None
    assert [enqueue(study, params, {}, tried) for params in (ADAM, SGD, ADAM)] == [True, True, False]
    assert [find_trial(study, params, tried) for params in (ADAM, SGD)] == [0, 1]
    study.claim("host:1")
    assert not enqueue(study, ADAM, {}, tried)


def test_no_more_enqueued_trials_are_claimed_than_the_budget_allows(make_study, finite):
    study = make_study(finite)
    for params in (ADAM, SGD):
        enqueue(study, params, {}, TriedConfigs(study.spec.space))
    assert study.claim("host:1", 1, begins_new=False) is not None
    assert study.claim("host:2", 1, begins_new=False) is None
    assert study.claim("host:2", 2, begins_new=False) is not None


def test_a_run_that_repeats_a_trial_is_kept_in_the_study(make_study):
    study = make_study()
    study.ledger.add_duplicate_run({"id": "abc", "sweep": "me/project/x1"}, 3)
    assert study.ledger.duplicate_runs == {"abc": {"id": "abc", "sweep": "me/project/x1", "trial": 3}}
