"""OptunaSearch: what becomes of a trial in the storage."""

from __future__ import annotations

import math

import optuna
import pytest

from hpo.search.optuna.pruning.pruners import most_epochs
from hpo.search.optuna.search import OptunaSearch
from hpo.spaces import ConfigError
from hpo.studies.store.ledger import TrialLedger
from hpo.training import Cause, Completed, EpochReport, Failed, Learned, Paused, Verdict

PRUNERS = [
    "median",
    "{median: {n_startup_trials: 2, n_warmup_steps: 1}}",
    "{percentile: {percentile: 50.0, n_startup_trials: 2}}",
    "{successive_halving: {reduction_factor: 2}}",
    "hyperband",
    "{hyperband: {reduction_factor: 2}}",
]


@pytest.mark.parametrize("pruner", PRUNERS)
def test_a_pruner_ends_some_trials_and_never_the_best(make_study, drive, pruner, capfd):
    study = make_study(pruner=pruner)
    drive(study, 20)
    counts = study.counts()
    assert counts["complete"] + counts["pruned"] == 20
    assert counts["pruned"] > 0
    assert counts["complete"] > 0
    assert all(trial.epochs == 4 for trial in study.trials() if trial.state == "complete")
    assert capfd.readouterr() == ("", "")


TWO_OBJECTIVES = """\
data: {dataset: digits}
model: {family: simple_cnn, depth: {int: [1, 3]}, dropout: {float: [0.0, 0.8]}}
training: {epochs: 4}
objective: [val_accuracy, parameters]
search: {sampler: {tpe: {n_startup_trials: 4}}, pruner: {median: {n_startup_trials: 3}}}
"""


def test_tpe_searches_for_two_objectives_among_pruned_trials_where_plain_optuna_raises(make_study, drive):
    study = make_study(TWO_OBJECTIVES, on_disk=True)
    drive(study, 12, size=lambda params: 100.0 * params["depth"])
    assert study.counts()["pruned"] > 0
    sampler = optuna.samplers.TPESampler(n_startup_trials=4, multivariate=True, group=True, seed=0)
    plain = optuna.load_study(study_name=study.name, storage=study.optuna_storage, sampler=sampler)
    with pytest.raises(RuntimeError, match="single direction cannot be retrieved"):
        plain.ask().suggest_int("depth", 1, 3)
    drawn = drive(study, 12, size=lambda params: 100.0 * params["depth"])
    assert all(set(params) == {"depth", "dropout"} for params in drawn.values())
    # Among the later trials, hardly any has more dropout than the front: the sampler has learned from it.
    assert sum(params["dropout"] < 0.4 for params in drawn.values()) > 6


def test_without_a_pruner_every_trial_runs_to_its_end(make_study, drive):
    study = make_study(pruner="none")
    drive(study, 6)
    assert study.counts()["complete"] == 6


@pytest.mark.parametrize(("epochs", "most"), [("4", 4), ("{int: [2, 9]}", 9), ("{choice: [3, 12, 5]}", 12)])
def test_hyperband_counts_to_the_most_epochs_of_the_space(make_study, synthetic, epochs, most):
    from hpo.search.optuna.pruning.pruners import make_pruner

    study = make_study(synthetic.replace("epochs: 4", f"epochs: {epochs}"), pruner="hyperband")
    assert most_epochs(study.spec) == most
    assert make_pruner(study.spec)._max_resource == most


def test_hyperband_counts_the_epochs_of_all_phases(make_study, synthetic):
    phases = "phases: [{epochs: 2, frozen_layers: all}, {epochs: {int: [1, 7]}}]"
    assert most_epochs(make_study(synthetic.replace("epochs: 4", phases), pruner="hyperband").spec) == 9


def test_a_paused_trial_waits_and_goes_on_with_its_number_parameters_and_history(make_study):
    study = make_study(on_disk=True)
    first = OptunaSearch(study, "first")
    trial, other = first.ask(), first.ask()
    trial.report(EpochReport(1, 4, 0.25, 100.0))
    trial.tell(Paused())
    record = study.trials()[0]
    assert (record.state, record.attempts, record.epochs) == ("waiting", 1, 1)

    again = OptunaSearch(study, "second").ask()
    assert (again.number, again.params, again.config) == (trial.number, trial.params, trial.config)
    record = study.trials()[0]
    assert (record.state, record.worker, record.attempts) == ("running", "second", 2)
    assert again.report(EpochReport(1, 4, 0.75, 100.0)) is Verdict.CONTINUE  # silent: what was reported stands
    assert study.frozen_trials()[0].intermediate_values == {1: 0.25}
    assert OptunaSearch(study, "third").ask().number == other.number + 1


def test_a_trial_that_was_given_back_is_not_pruned_for_epochs_that_it_ran_before(make_study):
    study = make_study(pruner="{median: {n_startup_trials: 0, n_warmup_steps: 0, n_min_trials: 3}}", on_disk=True)
    search = OptunaSearch(study, "w")
    paused = search.ask()
    others = [search.ask() for _ in range(3)]
    for epoch in (1, 2):
        assert paused.report(EpochReport(epoch, 4, 0.1 * epoch, 1.0)) is Verdict.CONTINUE
    paused.tell(Paused())
    for trial in others:
        for epoch in (1, 2, 3):
            trial.report(EpochReport(epoch, 4, 0.3 * epoch, 1.0))
        trial.tell(Completed(Learned(0.9, 3, 0.9, {}, 1.0, {}), (0.9,), save_model=lambda path: None))
    again = OptunaSearch(study, "w").ask()
    assert again.number == paused.number
    verdicts = [again.report(EpochReport(epoch, 4, 0.1 * epoch, 1.0)) for epoch in (1, 2, 3)]
    assert verdicts == [Verdict.CONTINUE, Verdict.CONTINUE, Verdict.PRUNE]


def test_a_waiting_trial_goes_out_once(make_study):
    study = make_study()
    searches = [OptunaSearch(study, worker) for worker in "ab"]
    searches[0].ask().tell(Paused())
    assert sorted(search.ask().number for search in searches) == [0, 1]


def test_no_nan_reaches_the_storage(make_study):
    study = make_study()
    search = OptunaSearch(study, "w")
    search.ask().tell(Failed(Cause("nan_loss", "in epoch 2"), {"loss": [1.5, math.nan], "val_loss": [2.0, math.inf]}))
    search.ask().tell(
        Completed(Learned(0.5, 1, 0.5, {}, 1.0, {"loss": [-math.inf]}), (0.5,), save_model=lambda path: None)
    )
    failed, complete = study.frozen_trials()
    assert TrialLedger(failed.user_attrs).history == {
        "loss": [1.5, None],
        "val_loss": [2.0, None],
    }
    assert TrialLedger(complete.user_attrs).history == {"loss": [None]}
    assert failed.values is None
    assert failed.intermediate_values == {}


def test_a_failed_trial_keeps_its_cause(make_study):
    study = make_study()
    OptunaSearch(study, "w").ask().tell(Failed(Cause("out_of_memory", "too large")))
    record = study.trials()[0]
    assert (record.state, record.cause) == ("failed", "out_of_memory: too large")


def test_what_a_complete_trial_learned_is_kept(make_study):
    study = make_study()
    learned = Learned(
        0.75, 3, 0.5, {"parameters": 1234, "duration_s": 2.5}, 99.5, {"val_accuracy": [0.1, 0.2, 0.75, 0.5]}
    )
    OptunaSearch(study, "w").ask().tell(Completed(learned, (0.75,), save_model=lambda path: None))
    best = study.best
    assert (best.values, best.best_epoch, best.last_value) == ([0.75], 3, 0.5)
    assert best.measures == {"parameters": 1234, "duration_s": 2.5}
    assert TrialLedger(study.frozen_trials()[0].user_attrs).history == learned.history


def test_all_that_is_measured_in_an_epoch_is_kept_when_it_is_reported(make_study):
    study = make_study()
    trial = OptunaSearch(study, "w").ask()
    trial.report(EpochReport(1, 4, 0.25, 1.0, {"loss": 1.5, "val_accuracy": 0.25}, 2.0))
    trial.report(EpochReport(2, 4, 0.5, 1.0, {"loss": math.inf, "val_accuracy": 0.5}, 2.0))
    attributes = study.frozen_trials()[0].user_attrs
    assert TrialLedger(attributes).history == {"loss": [1.5, None], "val_accuracy": [0.25, 0.5]}
    assert attributes["hpo:epoch:2"]["seconds"] == 2.0


def test_a_config_that_breaks_a_rule_is_found_when_it_is_asked_for_and_can_be_failed(make_study, monkeypatch):
    study = make_study()
    monkeypatch.setattr(type(study.spec), "config", lambda spec, params: _broken())
    trial = OptunaSearch(study, "w").ask()
    with pytest.raises(ConfigError):
        _ = trial.config
    trial.tell(Failed(Cause("impossible_architecture", "no")))
    assert study.counts()["failed"] == 1


def _broken():
    raise ConfigError([])
