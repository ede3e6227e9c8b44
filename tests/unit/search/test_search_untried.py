"""No config is trained twice, whoever draws it, and a study whose configs are all tried is finished."""

from __future__ import annotations

import json
import threading

import pytest

from hpo.search import claim
from hpo.search.optuna.search import OptunaSearch
from hpo.search.optuna.untried import spread
from hpo.spaces import ConfigIdentity, load
from hpo.studies import ActiveStudy, adopt_spec
from hpo.training import Cause, Failed, Infeasible, Learned, Paused, Pruned

SMALL = """\
study: small
data: {dataset: digits}
model: {family: simple_cnn, depth: {int: [1, 2]}}
training:
  epochs: 2
  optimizer: {choice: {adam: , sgd: {nesterov: {choice: [true, false]}, momentum: {float: [0.3, 0.9], step: 0.6}}}}
search: {trials: 100, sampler: random, pruner: none}
"""
"""10 configs: 2 depths, of adam or of 2 x 2 kinds of SGD."""
SAMPLERS = [
    "{tpe: {n_startup_trials: 3}}",
    *(
        pytest.param(sampler, marks=pytest.mark.thorough)
        for sampler in ("random", "cmaes", "{nsga2: {population_size: 4}}", "qmc", "grid")
    ),
]


def shown(drawn):
    return [json.dumps(params, sort_keys=True) for params in drawn]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_config_is_tried_once_and_then_the_study_is_finished(make_study, drive, sampler):
    study = make_study(SMALL, sampler=sampler)
    assert study.budget.trials == 10
    drawn = drive(study, 10)
    assert len(set(shown(drawn.values()))) == 10
    assert (study.state, study.budget.remaining) == ("finished", 0)
    assert OptunaSearch(study, "w").ask() is None
    assert len(study.trials()) == 10


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_stopped_search_of_a_finite_space_goes_on_as_if_it_had_not_stopped(make_study, drive, sampler):
    straight = drive(make_study(SMALL, sampler=sampler, name="straight"), 10)
    stopped = make_study(SMALL, sampler=sampler, name="stopped")
    assert drive(stopped, 4) | drive(stopped, 6) == straight


def test_what_workers_run_at_once_differs_and_is_what_one_worker_would_run(make_study, drive):
    one = drive(make_study(SMALL, name="one"), 10)
    several = make_study(SMALL, name="several")
    searches = [OptunaSearch(several, worker) for worker in "abc"]
    trials = [searches[index % 3].ask() for index in range(10)]  # none has ended
    assert {trial.number: trial.params for trial in trials} == one
    assert searches[0].ask() is None


def test_workers_that_claim_at_the_same_moment_get_different_configs(make_study):
    study = make_study(SMALL, sampler="tpe", on_disk=True)
    barrier, drawn = threading.Barrier(5), []

    def ask(worker):
        own = ActiveStudy(study.address)
        search = OptunaSearch(own, worker)
        barrier.wait()
        drawn.extend(claim(own, search, lambda: False).params for _ in range(2))

    with study.place.lock():
        threads = [threading.Thread(target=ask, args=(f"w{number}",)) for number in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(shown(drawn))) == 10


def test_a_config_counts_as_tried_however_its_trial_ended(make_study):
    study = make_study(SMALL)
    search = OptunaSearch(study, "w")
    learned = Learned(0.5, 1, 0.5, {}, 1.0, {})
    seen = []
    for outcome in (Failed(Cause("nan_loss", "in epoch 1")), Pruned(learned), Infeasible(), None):
        trial = search.ask()
        if isinstance(outcome, Infeasible):
            trial._storage.write(trial._trial_id, system_attrs={"constraints:parameters <= 1": 1.0})
        if outcome is not None:
            trial.tell(outcome)
        seen.append(trial.params)
    assert (study.budget.used, study.budget.trials) == (3, 9)
    while (trial := search.ask()) is not None:
        seen.append(trial.params)
    assert len(seen) == len(set(shown(seen))) == 10


def test_a_trial_that_was_given_back_keeps_its_config_which_no_other_gets(make_study):
    study = make_study(SMALL)
    search = OptunaSearch(study, "w")
    first = search.ask()
    first.tell(Paused())
    assert study.budget.remaining == 10
    again = OptunaSearch(study, "w").ask()
    assert (again.number, again.params) == (first.number, first.params)
    others = [search.ask().params for _ in range(9)]
    assert len(set(shown([first.params, *others]))) == 10
    assert search.ask() is None


STARTS = [
    {"depth": 2, "optimizer": "adam"},
    {"model": {"depth": 2}, "training": {"optimizer": "adam"}},  # the same, as a config that was pasted back says it
    {"optimizer": "adam"},
    {"depth": 1, "optimizer": "adam"},
    {"optimizer": "adam"},
]


@pytest.mark.parametrize("sampler", ["random", "grid", "{tpe: {n_startup_trials: 2}}"])
def test_what_a_file_starts_from_is_tried_once_and_not_drawn_again(make_study, drive, sampler):
    study = make_study(SMALL + f"start_from: {json.dumps(STARTS)}\n", sampler=sampler)
    assert study.counts()["waiting"] == 3  # of which one may draw what another says
    assert study.budget.trials == 10
    drawn = drive(study, 10)
    assert {(drawn[number]["depth"], drawn[number]["optimizer"]) for number in range(3)} >= {(1, "adam"), (2, "adam")}
    assert len(set(shown(drawn.values()))) == 10
    assert OptunaSearch(study, "w").ask() is None


def test_a_full_config_to_start_from_is_tried_once_where_numbers_are_continuous(make_study, drive, synthetic):
    start = {"depth": 1, "dense_units": 16, "dropout": 0.5, "learning_rate": 0.01, "optimizer": "adam"}
    study = make_study(synthetic + f"start_from: {json.dumps([start, {'depth': 1}, start, {'depth': 1}])}\n")
    assert study.counts()["waiting"] == 3
    drawn = drive(study, 3)
    assert shown(drawn.values()).count(shown([start])[0]) == 1


def test_what_the_new_space_starts_from_is_not_tried_again(make_study, drive, tmp_path):
    study = make_study(SMALL, on_disk=True)
    drawn = drive(study, 4)
    starts = [*drawn.values(), {"depth": 3, "optimizer": "adam"}]
    path = tmp_path / "wider.yaml"
    path.write_text(SMALL.replace("[1, 2]", "[1, 3]") + f"start_from: {json.dumps(starts)}\n")
    adopt_spec(study, load(path))
    assert study.counts()["waiting"] == 1
    drawn |= drive(study, study.budget.remaining)
    assert len(set(shown(drawn.values()))) == len(drawn) == 15


ALIKE = """\
data: {dataset: digits}
model:
  choice:
    usual: {family: simple_cnn, dropout: 0.5}
    simple_cnn: {dropout: 0.5}
    spelled_out: {family: simple_cnn, dropout: 0.5, batch_normalization: true}
    other: {family: simple_cnn, dropout: {choice: [0.5, 0.25]}, batch_normalization: true}
training: {epochs: 1, batch_size: {choice: [16, 32]}}
search: {trials: 100, sampler: random, pruner: none}
"""
"""10 draws of 4 configs: three alternatives say the same, and the last one may."""


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_alternatives_that_say_the_same_are_one_config(make_study, drive, sampler):
    study = make_study(ALIKE, sampler=sampler)
    assert study.spec.space.size == 10
    assert study.budget.trials == 4
    identity = ConfigIdentity(study.spec.space)
    assert identity.count() == 4
    assert len({identity.key(params) for params in drive(study, 4).values()}) == 4
    assert OptunaSearch(study, "w").ask() is None


def test_true_is_another_config_than_one(make_study):
    text = "data: {dataset: digits}\nmodel: {family: simple_cnn, depth: {int: [1, 2]}}\n"
    identity = ConfigIdentity(make_study(text).spec.space)
    assert identity.key({"depth": 1}) == identity.key({"depth": 1.0})
    assert identity.key({"depth": 1}) != identity.key({"depth": True})


def test_a_branch_without_numbers_is_tried_once_where_another_is_endless(make_study, drive):
    text = SMALL.replace("{float: [0.3, 0.9], step: 0.6}", "{float: [0.3, 0.9]}")
    study = make_study(text, sampler="{tpe: {n_startup_trials: 3}}")
    assert study.budget.trials == 100
    drawn = drive(study, 30, objective=lambda params: 1.0 if params["optimizer"] == "adam" else 0.0)
    assert len(set(shown(drawn.values()))) == 30
    assert sum(params["optimizer"] == "adam" for params in drawn.values()) == 2


def test_a_study_that_holds_repeats_counts_each_config_once(make_study, drive):
    study = make_study(SMALL)
    for _ in range(3):
        study.optuna_study.enqueue_trial({"depth": 1, "optimizer": "adam"})
    drive(study, 3)
    assert study.budget.trials == 3 + 9
    drawn = drive(study, 9)
    assert len(set(shown(drawn.values()))) == 9
    assert study.state == "finished"


def test_the_enumeration_spreads_over_the_range():
    assert sorted(spread(7, seed=1)) == list(range(7))
