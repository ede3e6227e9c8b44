"""Several objectives, constraints and configs to start from: which trials are unbeaten, and what the budget counts."""

from __future__ import annotations

import json

import pytest

from hpo.errors import StudyConflictError
from hpo.search.optuna.search import OptunaSearch
from hpo.studies import StudyAddress, StudyRecord

TWO = "objective=[val_accuracy, parameters]"
SMALL_NETWORKS = "constraints=[parameters <= 1000]"
FINITE = ("training.learning_rate={choice: [0.1, 0.01]}", "training.optimizer=adam", "search.trials=100")
"""Makes the small space one of four configurations."""


def numbers(study):
    return [best.number for best in study.front]


def test_the_front_is_what_no_other_trial_beats_the_best_in_the_first_objective_first(make_study, add_trials):
    study = make_study(TWO)
    add_trials(study, (0.5, 100.0), (0.9, 300.0), (0.6, 400.0), (0.8, 200.0), "pruned", "failed", "waiting")
    assert [(best.number, best.values) for best in study.front] == [
        (1, [0.9, 300.0]),
        (3, [0.8, 200.0]),
        (0, [0.5, 100.0]),
    ]
    assert study.best.number == 1


@pytest.mark.parametrize(
    ("first", "second", "front"),
    [
        ((0.5, 100.0), (0.5, 100.0), [0]),  # equal in all: the earlier one
        ((0.5, 100.0), (0.5, 90.0), [1]),
        ((0.5, 100.0), (0.6, 100.0), [1]),
        ((0.5, 100.0), (0.4, 100.0), [0]),
        ((0.5, 100.0), (0.4, 90.0), [0, 1]),
        ((0.5, 100.0), (0.6, 110.0), [1, 0]),
    ],
)
def test_a_trial_is_beaten_by_one_as_good_in_all_objectives_and_better_or_earlier(
    make_study, add_trials, first, second, front
):
    study = make_study(TWO)
    add_trials(study, first, second)
    assert numbers(study) == front
    assert study.would_join_front(1, second) == (1 in front)


def test_a_trial_that_would_complete_is_compared_with_all_that_have(make_study, add_trials):
    study = make_study(TWO)
    assert study.would_join_front(0, (0.0, 1e9))
    add_trials(study, (0.5, 100.0), (0.9, 300.0))
    cases = {(0.7, 200.0): True, (0.5, 99.0): True, (0.91, 1e9): True, (0.5, 100.0): False, (0.9, 301.0): False}
    assert {values: study.would_join_front(7, values) for values in cases} == cases


def test_the_storage_names_the_objectives_and_which_way_each_is_better(make_study):
    study = make_study(TWO)
    assert [direction.name for direction in study.optuna_study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert study.optuna_study.metric_names == ["val_accuracy", "parameters"]


def test_a_summary_of_several_objectives_has_the_front_in_place_of_the_best(make_study, add_trials):
    study = make_study(TWO, "search.trials=9")
    assert (study.summary()["best"], study.summary()["pareto"]) == (None, [])
    first, second = add_trials(study, (0.5, 100.0), (0.9, 300.0))
    study.record_test_score(1, 0.875, 0.5)
    summary = study.summary()
    assert {"study", "state", "objectives", "trials", "budget", "best", "pareto", "storage", "files"} <= set(summary)
    assert summary["objectives"] == [
        {"metric": "val_accuracy", "direction": "maximize"},
        {"metric": "parameters", "direction": "minimize"},
    ]
    assert summary["best"] is None
    assert summary["pareto"] == [
        {
            "number": 1,
            "values": [0.9, 300.0],
            "params": second.params,
            "classes": [],
            "test": {"trial": 1, "accuracy": 0.875, "loss": 0.5},
        },
        {"number": 0, "values": [0.5, 100.0], "params": first.params, "classes": [], "test": None},
    ]
    assert json.loads(json.dumps(summary)) == summary


def test_trials_as_json_have_a_value_for_each_objective(make_study, add_trials):
    study = make_study(TWO)
    add_trials(study, (0.5, 100.0), "pruned")
    assert [trial.to_json()["values"] for trial in study.trials()] == [[0.5, 100.0], None]


def test_the_best_of_several_objectives_has_them_all_in_its_config(make_study, add_trials):
    study = make_study(TWO)
    add_trials(study, (0.5, 100.0))
    assert study.best.config["objective"] == study.summary()["objectives"]


def test_each_model_of_the_front_is_scored_once_the_best_first(make_study, add_trials):
    study = make_study(TWO)
    add_trials(study, (0.5, 100.0), (0.9, 300.0), (0.4, 200.0))
    for number in (0, 1, 2):
        study.files.models.put(number, lambda path: path.write_bytes(b"model"))
    assert study.unscored() == [1, 0]  # trial 2 is beaten
    study.record_test_score(1, 0.8, 0.4)
    assert study.unscored() == [0]
    study.record_test_score(0, 0.5, 0.6)
    assert study.unscored() == []
    assert study.test_scores == {
        0: {"trial": 0, "accuracy": 0.5, "loss": 0.6},
        1: {"trial": 1, "accuracy": 0.8, "loss": 0.4},
    }
    assert study.test_score["trial"] == 1


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ("objective=[val_accuracy, flops]", '"parameters"'),
        ("objective=val_accuracy", "objective (was [{"),
        ("constraints=[parameters <= 999]", "constraints (was null"),
        ("start_from=[{depth: 1}]", "start_from (was null"),
    ],
)
def test_a_study_that_has_begun_keeps_objectives_constraints_and_starts(make_study, add_trials, changed, difference):
    add_trials(make_study(TWO), (0.5, 100.0))
    with pytest.raises(StudyConflictError) as caught:
        make_study(TWO, changed)
    assert difference in str(caught.value)


# Constraints


def test_infeasible_trials_have_a_state_and_cost_no_trial_of_the_budget(make_study, add_trials):
    study = make_study(SMALL_NETWORKS, "search.trials=3")
    add_trials(study, 0.5, "infeasible", "infeasible", "pruned")
    assert study.counts() == {"complete": 1, "pruned": 1, "failed": 0, "running": 0, "waiting": 0, "infeasible": 2}
    assert (study.budget.trials, study.budget.used, study.budget.remaining) == (3, 2, 1)
    infeasible = study.trials()[1]
    assert (infeasible.state, infeasible.values, infeasible.epochs) == ("infeasible", None, 0)
    assert infeasible.cause == "infeasible: parameters <= 1000"
    assert study.summary()["trials"]["infeasible"] == 2
    assert study.state == "paused"
    add_trials(study, 0.7)
    assert study.state == "finished"


def test_of_a_grid_infeasible_configurations_are_done_with(make_study, add_trials):
    study = make_study(*FINITE, "search.sampler=grid", SMALL_NETWORKS, "start_from=[{depth: 2}]")
    assert (study.budget.trials, study.budget.remaining) == (4, 4)
    add_trials(study, 0.5, "infeasible", 0.5)
    assert (study.budget.trials, study.budget.used, study.budget.remaining) == (3, 2, 1)
    add_trials(study, "infeasible")
    assert (study.budget.trials, study.budget.used, study.budget.remaining) == (2, 2, 0)
    assert study.state == "finished"
    assert len(study.trials()) == 4


def test_the_only_config_of_a_space_is_not_tried_again_where_it_is_infeasible(make_study, add_trials):
    study = make_study("model.depth=1", "training.learning_rate=0.1", "training.optimizer=adam", SMALL_NETWORKS)
    assert study.budget.remaining == 1
    add_trials(study, "infeasible")
    assert study.budget.remaining == 0


def test_a_study_in_which_nothing_was_feasible_follows_its_corrected_file(make_study, add_trials):
    add_trials(make_study(SMALL_NETWORKS), "infeasible", "infeasible")
    study = make_study("constraints=[parameters <= 2000]")
    assert study.trials() == []
    assert [constraint.text for constraint in study.spec.constraints] == ["parameters <= 2000"]


# Configs to start from

STARTS = "start_from=[{depth: 2, learning_rate: 0.1}, {depth: 1}]"


def test_configs_to_start_from_wait_and_use_no_budget_before_they_run(make_study):
    study = make_study(STARTS)
    assert study.counts()["waiting"] == 2
    assert (study.budget.used, study.budget.remaining) == (0, 2)
    assert study.state == "paused"


def test_a_study_that_only_waits_to_begin_follows_its_corrected_file(make_study, studies):
    make_study(STARTS)
    study = make_study("start_from=[{depth: 1}]", "training.epochs=3")
    assert study.counts()["waiting"] == 1
    assert OptunaSearch(study, "w").ask().params["depth"] == 1
    assert StudyRecord(StudyAddress.in_folder(studies / "small")).spec.document["training"]["epochs"] == 3


def test_opening_a_study_again_adds_no_second_copy_of_what_it_starts_from(make_study):
    make_study(STARTS)
    assert make_study(STARTS).counts()["waiting"] == 2


def test_a_config_to_start_from_that_ran_makes_a_study_begun(make_study, add_trials):
    study = make_study(STARTS)
    add_trials(study, "waiting")
    with pytest.raises(StudyConflictError):
        make_study("start_from=[{depth: 1}]")


def test_a_config_is_tried_as_often_as_a_file_says(make_study):
    study = make_study("start_from=[{depth: 2}, {depth: 2}]")
    search = OptunaSearch(study, "w")
    first, second = search.ask(), search.ask()
    assert first.params["depth"] == second.params["depth"] == 2
    assert first.params["learning_rate"] != second.params["learning_rate"]
