"""Samplers: what each draws, with stops and with company."""

from __future__ import annotations

import json
import math
import sys
from itertools import islice, pairwise

import pytest

from hpo.errors import MissingExtraError
from hpo.search import check_installed
from hpo.search.optuna.samplers import EnumeratingSampler
from hpo.search.optuna.search import OptunaSearch
from hpo.search.optuna.untried import spread
from hpo.spaces import Choice, Float, SearchSpace
from hpo.spaces.space.parameters import Alternative
from hpo.studies.store.ledger import CMAES_GENERATION

SAMPLERS = [
    "auto",
    "{tpe: {n_startup_trials: 4}}",
    *(
        pytest.param(sampler, marks=pytest.mark.thorough)
        for sampler in ("random", "cmaes", "{nsga2: {population_size: 4}}", "qmc", "{qmc: {qmc_type: halton}}")
    ),
]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_sampler_draws_every_active_parameter_and_no_other(make_study, drive, sampler, capfd):
    study = make_study(sampler=sampler)
    drawn = drive(study, 12)
    always = {"depth", "dense_units", "dropout", "learning_rate", "optimizer"}
    for params in drawn.values():
        assert set(params) == always | ({"optimizer.sgd.momentum"} if params["optimizer"] == "sgd" else set())
    assert {params["optimizer"] for params in drawn.values()} == {"adam", "sgd"}
    assert len({params["learning_rate"] for params in drawn.values()}) > 5
    assert study.counts()["complete"] == 12
    assert capfd.readouterr() == ("", "")  # Optuna keeps its advice to itself


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_stopped_search_goes_on_as_if_it_had_not_stopped(make_study, drive, sampler):
    straight = drive(make_study(sampler=sampler, name="straight"), 12)
    stopped = make_study(sampler=sampler, name="stopped")
    assert drive(stopped, 6) | drive(stopped, 6) == straight


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_first_trials_of_two_workers_differ(make_study, sampler):
    study = make_study(sampler=sampler)
    first, second = (OptunaSearch(study, worker).ask() for worker in ("a", "b"))
    assert (first.number, second.number) == (0, 1)
    assert first.params["learning_rate"] != second.params["learning_rate"]
    assert first.params["dropout"] != second.params["dropout"]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_another_seed_draws_other_trials(make_study, drive, sampler, synthetic):
    one = drive(make_study(sampler=sampler, name="one"), 2)
    from_other = make_study(synthetic.replace("seed: 7", "seed: 8"), sampler=sampler)
    assert drive(from_other, 2) != one


def test_gp_names_the_package_that_it_needs(make_study, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # as Python marks what cannot be imported
    with pytest.raises(MissingExtraError, match=r"search\.sampler: gp needs the package torch\..*pip install torch"):
        check_installed(make_study(sampler="gp").spec)


def test_random_is_not_swayed_by_values(make_study, drive):
    one = drive(make_study(name="one"), 6)
    other = drive(make_study(name="other"), 6, objective=lambda params: 0.5)
    assert one == other


def test_a_grid_covers_each_active_configuration_once_whoever_asks(make_study, finite):
    study = make_study(finite)
    searches = [OptunaSearch(study, worker) for worker in "abc"]
    drawn = []
    for index in range(study.spec.space.size):
        trial = searches[index % 3].ask()
        drawn.append(json.dumps(trial.params, sort_keys=True))
    assert len(drawn) == len(set(drawn)) == 2 * (1 + 4 * 2)
    assert set(drawn) == {
        json.dumps(study.spec.space.nth(index), sort_keys=True) for index in range(study.spec.space.size)
    }


def test_a_grid_ends_the_budget_with_its_last_configuration(make_study, finite):
    assert make_study(finite).budget.trials == 18


def test_a_stopped_grid_goes_on_where_it_stopped(make_study, finite, drive):
    straight = drive(make_study(finite, name="straight"), 18)
    stopped = make_study(finite, name="stopped")
    assert drive(stopped, 7) | drive(stopped, 11) == straight


def test_a_grid_covers_each_configuration_once_with_those_that_it_starts_from(make_study, finite, drive):
    starts = [{"depth": 2, "optimizer": "adam"}, {"depth": 1}, {"depth": 1}]
    study = make_study(finite + f"start_from: {json.dumps(starts)}\n")
    assert study.budget.trials == 18
    drawn = drive(study, study.budget.trials)
    assert [drawn[number]["depth"] for number in range(3)] == [2, 1, 1]
    assert len({json.dumps(params, sort_keys=True) for params in drawn.values()}) == 18
    assert study.budget.remaining == 0


def test_a_grid_draws_what_a_config_to_start_from_leaves_out_each_by_itself(make_study):
    text = (
        "data: {dataset: digits}\n"
        "model: {family: simple_cnn, depth: {int: [1, 3]}, filters: {int: [1, 50]}, dense_units: {int: [1, 50]}}\n"
        "search: {sampler: grid}\n"
        f"start_from: {json.dumps([{'depth': 1}] * 6)}\n"
    )
    search = OptunaSearch(make_study(text), "a")
    drawn = [search.ask().params for _ in range(6)]
    assert any(params["filters"] != params["dense_units"] for params in drawn)
    assert len({params["filters"] for params in drawn}) > 3


def test_a_grid_covers_each_length_of_a_list_that_repeats(make_study, drive):
    text = (
        "data: {dataset: digits}\n"
        "model: {family: simple_cnn, blocks: {repeat: {int: [1, 3]}, of: {filters: {choice: [4, 8]}}}}\n"
        "search: {sampler: grid, pruner: none}\n"
    )
    study = make_study(text)
    drawn = drive(study, study.budget.trials)
    assert len({json.dumps(params, sort_keys=True) for params in drawn.values()}) == len(drawn) == 2 + 4 + 8


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 9, 10, 100, 1000])
def test_the_order_of_a_grid_is_a_permutation(size, seed):
    assert sorted(spread(size, seed)) == list(range(size))


def test_the_order_of_a_grid_spreads_the_first_trials_out():
    first = sorted(islice(spread(1000, seed=0), 10))
    assert max(b - a for a, b in pairwise(first)) < 250


def test_a_grid_of_endless_values_is_refused():
    endless = SearchSpace({"a": Choice("a", (Alternative("x", None), Alternative("y", Float("b", 0.0, 1.0))))})
    with pytest.raises(ValueError, match="finitely many"):
        EnumeratingSampler(endless, 0)


QUADRATIC = """\
study: quadratic
seed: 3
data: {dataset: digits}
model: {family: simple_cnn, dropout: {float: [0.0, 0.9]}, block_dropout: {float: [0.0, 0.9]}}
training: {epochs: 1, learning_rate: {float: [1e-5, 1.0], log: true}}
objective: {metric: val_loss}
search: {trials: 1000, sampler: cmaes, pruner: none}
"""


def error(params):
    """Zero at a learning rate of 0.001, dropout 0.2, block dropout 0.7."""
    place = (math.log10(params["learning_rate"]) / 5, params["dropout"] / 0.9, params["block_dropout"] / 0.9)
    return sum((x - y) ** 2 for x, y in zip(place, (-0.6, 0.2 / 0.9, 0.7 / 0.9), strict=True))


def test_cmaes_finds_the_minimum_that_random_does_not(make_study, drive):
    found = {}
    for sampler in ("cmaes", "random"):
        study = make_study(QUADRATIC, sampler=sampler, name=sampler)
        drive(study, 70, objective=error)
        found[sampler] = study.best.value
    assert found["cmaes"] < found["random"] / 10
    assert found["cmaes"] < 1e-3


def test_cmaes_maximizes_where_the_objective_says_so(make_study, drive):
    study = make_study(QUADRATIC.replace("val_loss", "val_accuracy"))
    drive(study, 70, objective=lambda params: -error(params))
    assert study.best.value > -1e-3


def test_cmaes_takes_a_space_of_one_number_and_one_of_none(make_study, drive):
    one = "data: {dataset: digits}\nmodel: {family: simple_cnn, depth: {int: [1, 3]}}\nsearch: {pruner: none}\n"
    none = one.replace("{int: [1, 3]}", "{choice: [1, 2, 3]}")
    for text, name in ((one, "one"), (none, "none")):
        drawn = drive(make_study(text, sampler="cmaes", name=name), 3)
        assert {params["depth"] for params in drawn.values()} == {1, 2, 3}


def test_cmaes_keeps_nothing_but_the_number_of_a_generation(make_study, drive):
    study = make_study(sampler="cmaes")
    drive(study, 20)
    trials = study.frozen_trials()
    assert {key for trial in trials for key in trial.system_attrs} == {CMAES_GENERATION}
    assert {type(value) for trial in trials for value in trial.system_attrs.values()} == {int}
    assert max(trial.system_attrs.get(CMAES_GENERATION, 0) for trial in trials) >= 2


def test_cmaes_counts_a_generation_once_when_workers_end_out_of_order(make_study):
    from hpo.training import Completed, Learned

    study = make_study(sampler="cmaes")
    searches = [OptunaSearch(study, worker) for worker in "abc"]
    for _ in range(6):
        for trial in reversed([search.ask() for search in searches]):
            learned = Learned(trial.params["dropout"], 1, 0.0, {}, 1.0, {})
            trial.tell(Completed(learned, (learned.best_value,), save_model=lambda path: None))
    assert study.counts()["complete"] == 18


def test_qmc_covers_the_range_more_evenly_than_chance(make_study, drive):
    drawn = drive(make_study(sampler="qmc"), 16)
    for name, ends in (("dropout", (0.0, 0.8)), ("learning_rate", (-4.0, -1.0))):
        low, high = ends
        places = [math.log10(p[name]) if name == "learning_rate" else p[name] for p in drawn.values()]
        cells = {min(15, int((place - low) / (high - low) * 16)) for place in places}
        assert len(cells) == 16  # one point in each sixteenth: what a Sobol sequence promises
