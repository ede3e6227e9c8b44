"""The scheduler of wandb is fed by a study: what it suggests, without a server."""

from __future__ import annotations

import json
from itertools import islice

import pytest

pytest.importorskip("wandb")

from wandb.sdk.sweeps.run_state import RunState
from wandb.sdk.sweeps.scheduler.optimizer import Run, RunConfig, RunWithMetrics
from wandb.sdk.sweeps.sweep_info import SweepInfo

from hpo.search.optuna.search import OptunaSearch
from hpo.search.wandb.optimizer import LEAST_AHEAD, StudyOptimizer
from hpo.search.wandb.scheduled import TRIAL
from hpo.spaces import spec_of
from hpo.studies import TrialLedger, create_study
from hpo.training import Completed, Infeasible, Learned, Paused

SPACE = {
    "study": "scheduled",
    "data": "digits",
    "model": {"simple_cnn": {"depth": {"int": [1, 3]}, "filters": 4}},
    "training": {
        "epochs": 2,
        "learning_rate": {"float": [1e-3, 1e-1], "log": True},
        "optimizer": {"choice": {"adam": None, "sgd": {"momentum": {"float": [0.0, 0.9]}}}},
    },
    "search": {"backend": "wandb", "method": "hpo", "trials": 6, "sampler": "random"},
}
FEW = {
    **SPACE,
    "study": "few",
    "training": {"epochs": 1, "optimizer": {"choice": {"adam": None, "sgd": {"momentum": {"choice": [0.5, 0.9]}}}}},
    "model": {"simple_cnn": {"filters": 4}},
    "search": {"backend": "wandb", "method": "hpo", "trials": 20},
}


@pytest.fixture
def make_study(tmp_path):
    """Creates a study whose own samplers decide."""
    return lambda document=SPACE, *changes: create_study(spec_of(document, "values", changes), tmp_path / "studies")


def open_optimizer(study):
    sweep = SweepInfo("abc", "sweep", "entity", "project", {}, "controller")
    return StudyOptimizer(sweep, study, OptunaSearch(study, "host:0"))


def run_of(suggestion, state=RunState.RUNNING):
    config = RunConfig.from_values(json.loads(json.dumps(suggestion.config.flat_dict())))
    run = f"run-{suggestion.config[TRIAL].value}"
    return RunWithMetrics(config=config, state=state, wandb_run_id=run, summary_metrics={}, history_metrics=[])


def complete(study, claimed_number):
    trial = OptunaSearch(study, "host:1").take_on(study.claim("host:1", only=[claimed_number], begins_new=False))
    learned = Learned(0.5, 1, 0.5, {}, 10.0, {"val_accuracy": [0.5]})
    trial.tell(Completed(learned, (0.5,), lambda path: None))


def test_a_suggestion_is_a_trial_that_waits_with_all_of_its_active_parameters_and_was_never_begun(make_study):
    study = make_study()
    suggestions = open_optimizer(study).ask_n_runs(2)
    assert [suggestion.config[TRIAL].value for suggestion in suggestions] == [0, 1]
    for trial, suggestion in zip(study.frozen_trials(), suggestions, strict=True):
        values = suggestion.config.flat_dict()
        del values[TRIAL]
        assert values == study.spec.space.snap(trial.params)
        assert ("optimizer.sgd.momentum" in values) == (values["optimizer"] == "sgd")
        ledger = TrialLedger(trial.user_attrs)
        assert (trial.state.name, ledger.attempts, ledger.worker, ledger.run) == ("WAITING", 0, None, None)
        assert not ledger.attempt_entries
    assert study.budget.used == 0


def test_it_suggests_what_the_sampler_of_the_file_draws_without_a_sweep(make_study):
    study, other = make_study(), make_study(SPACE, "study=other", "search={trials: 6, sampler: random}")
    open_optimizer(study).ask_n_runs(3)
    search = OptunaSearch(other, "host:1")
    assert [study.spec.space.snap(trial.params) for trial in study.frozen_trials()] == [
        search.ask().params for _ in range(3)
    ]


def test_few_suggestions_wait_for_agents_and_no_more_than_the_budget_allows(make_study):
    study = make_study()
    optimizer = open_optimizer(study)
    assert len(optimizer.ask_n_runs(1000)) == LEAST_AHEAD
    assert optimizer.ask_n_runs(1000) is None
    complete(study, 0)
    assert len(optimizer.ask_n_runs(1000)) == 1
    complete(study, 1)
    complete(study, 2)
    assert len(optimizer.ask_n_runs(1000)) == 1
    assert optimizer.ask_n_runs(1000) is None
    assert len(study.frozen_trials()) == 6


def test_a_trial_that_constraints_rule_out_makes_room_for_another(make_study):
    study = make_study({**SPACE, "constraints": ["learning_rate < 0.00101"]}, "search.trials=1")
    optimizer = open_optimizer(study)
    assert len(optimizer.ask_n_runs(1000)) == 1
    trial = OptunaSearch(study, "host:1").take_on(study.claim("host:1", begins_new=False))
    assert not optimizer.should_terminate_sweep()
    assert not trial.accepts()
    trial.tell(Infeasible())
    assert not optimizer.should_terminate_sweep()
    assert [suggestion.config[TRIAL].value for suggestion in optimizer.ask_n_runs(1000)] == [1]


def test_what_the_file_starts_from_is_suggested_first(make_study):
    study = make_study({**SPACE, "start_from": [{"simple_cnn.depth": 2, "learning_rate": 0.05, "optimizer": "adam"}]})
    values = open_optimizer(study).ask_n_runs(1)[0].config.flat_dict()
    assert values == {TRIAL: 0, "simple_cnn.depth": 2, "learning_rate": 0.05, "optimizer": "adam"}


def test_every_config_is_suggested_once_and_then_the_sweep_ends(make_study):
    study = make_study(FEW)
    optimizer = open_optimizer(study)
    while suggestions := optimizer.ask_n_runs(1000):
        for suggestion in suggestions:
            complete(study, suggestion.config[TRIAL].value)
    assert len(study.frozen_trials()) == len({json.dumps(trial.params) for trial in study.frozen_trials()}) == 3
    assert study.spent == "space"
    assert optimizer.should_terminate_sweep()


def test_a_run_that_was_not_put_into_the_sweep_is_suggested_again_by_another_id(make_study):
    study = make_study()
    optimizer = open_optimizer(study)
    (first,) = optimizer.ask_n_runs(1)
    optimizer.forget_run(first.run_id)
    (again,) = optimizer.ask_n_runs(1)
    assert again.config == first.config
    assert again.run_id != first.run_id


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.CRASHED])
def test_a_trial_may_be_claimed_when_its_run_was_given_out_whatever_became_of_the_agent(make_study, state):
    study = make_study()
    optimizer = open_optimizer(study)
    (suggestion,) = optimizer.ask_n_runs(1)
    optimizer.tell_run(suggestion.run_id, run_of(suggestion, RunState.PENDING))
    assert TrialLedger(study.frozen_trials()[0].user_attrs).run is None
    optimizer.tell_run(suggestion.run_id, run_of(suggestion, state))
    run = TrialLedger(study.frozen_trials()[0].user_attrs).run
    assert (run["id"], run["sweep"]) == ("run-0", "entity/project/abc")
    assert TRIAL not in run["args"]


def test_a_new_scheduler_suggests_no_trial_that_the_sweep_has_a_run_of(make_study):
    study = make_study()
    first, second, third = open_optimizer(study).ask_n_runs(3)
    optimizer = open_optimizer(study)
    optimizer.tell_existing_finished_run(run_of(first, RunState.FINISHED))
    run = run_of(second, RunState.PENDING)
    followed = optimizer.tell_existing_active_run(Run(run.config, run.state, run.wandb_run_id))
    assert followed.startswith("1.")
    foreign = Run(RunConfig.from_values({"x": 1}), RunState.RUNNING, "foreign")
    assert optimizer.tell_existing_active_run(foreign) is None
    # The third was drawn, and its run not put into the sweep before the process died.
    (suggestion,) = islice(optimizer.ask_n_runs(1), 1)
    assert suggestion.config == third.config
    runs = [TrialLedger(trial.user_attrs).run for trial in study.frozen_trials()]
    assert [run and run["id"] for run in runs] == ["run-0", None, None]


def test_a_trial_that_was_given_back_is_not_suggested_again(make_study):
    study = make_study(SPACE, "search.trials=1")
    optimizer = open_optimizer(study)
    (suggestion,) = optimizer.ask_n_runs(1)
    optimizer.tell_run(suggestion.run_id, run_of(suggestion))
    OptunaSearch(study, "host:1").take_on(study.claim("host:1", begins_new=False)).tell(Paused())
    assert open_optimizer(study).ask_n_runs(1) is None


def test_a_rule_that_ends_the_study_ends_its_suggestions_and_the_sweep(make_study):
    study = make_study(SPACE, "search.stop.target=0.4")
    optimizer = open_optimizer(study)
    (first, *_) = suggestions = optimizer.ask_n_runs(2)
    assert not optimizer.should_terminate_sweep()
    for suggestion in suggestions:
        optimizer.tell_run(suggestion.run_id, run_of(suggestion))
    complete(study, first.config[TRIAL].value)
    assert optimizer.ask_n_runs(2) is None
    assert optimizer.should_terminate_sweep()
    assert study.claim("host:2", 6, begins_new=False) is None, "not even what an agent was given"
