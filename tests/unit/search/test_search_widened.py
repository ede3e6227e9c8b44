"""Every sampler goes on in a space that has changed, with what the trials before have taught."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec

import pytest

from hpo.spaces import load
from hpo.studies import ActiveStudy, adopt_spec

pytestmark = pytest.mark.thorough

WIDER = """\
study: synthetic
seed: 7
data: {dataset: digits}
model:
  family: simple_cnn
  depth: {int: [1, 4]}
  dense_units: {choice: [128, 64, 32, 16]}
  dropout: {float: [0.0, 0.9]}
  kernel_size: {choice: [3, 5]}
training:
  epochs: 4
  learning_rate: {float: [1e-5, 1e-1], log: true}
  optimizer: {choice: {rmsprop: , adam: , sgd: {momentum: {float: [0.0, 0.99]}}}}
search: {trials: 1000, sampler: random, pruner: none}
"""
NARROWER = """\
study: synthetic
seed: 7
data: {dataset: digits}
model: {family: simple_cnn, depth: {int: [2, 3]}, dense_units: {choice: [64, 32]}, dropout: {float: [0.0, 0.4]}}
training: {epochs: 4, learning_rate: {float: [1e-3, 1e-1], log: true}, optimizer: adam}
search: {trials: 1000, sampler: random, pruner: none}
"""


@pytest.fixture
def make_study(make_study):
    """On disk: a space is changed in the database."""
    return partial(make_study, on_disk=True)


@pytest.fixture
def change(tmp_path):
    """Has a study take up another space, with settings of the search."""

    def taken_up(study, text, **search):
        path = tmp_path / "changed.yaml"
        path.write_text(text)
        overrides = [f"search.{key}={value}" for key, value in search.items()]
        return study, adopt_spec(study, load(path, [f"study={study.name}", *overrides]))

    return taken_up


WITH_PRUNERS = [
    ("tpe", "hyperband"),
    ("random", "hyperband"),
    *((sampler, "median") for sampler in ("tpe", "cmaes", "nsga2", "qmc", *(["gp"] if find_spec("torch") else []))),
]


@pytest.mark.parametrize(("sampler", "pruner"), WITH_PRUNERS)
def test_a_sampler_goes_on_in_a_wider_and_in_a_narrower_space(make_study, change, drive, sampler, pruner):
    settings = {
        "tpe": "{tpe: {n_startup_trials: 3}}",
        "nsga2": "{nsga2: {population_size: 4}}",
        "gp": "{gp: {n_startup_trials: 3}}",
    }
    search = {"sampler": settings.get(sampler, sampler), "pruner": pruner}
    study = make_study(**search)
    drive(study, 10)
    study, widened = change(study, WIDER, **search)
    assert widened.inside == list(range(10))
    drawn = drive(study, 10)
    assert list(drawn) == list(range(10, 20))
    for params in drawn.values():
        assert study.spec.space.tree(params)
    assert all("rmsprop" in trial.distributions["optimizer"].choices for trial in study.frozen_trials())
    study, widened = change(study, NARROWER, **search)
    assert widened.outside
    drawn = drive(study, 6)
    assert list(drawn) == list(range(20, 26))
    for params in drawn.values():
        assert set(params) == {"depth", "dense_units", "dropout", "learning_rate"}
        assert params["learning_rate"] >= 1e-3


def test_nsga2_takes_its_parents_from_all_that_is_kept(make_study, change, drive):
    search = {"sampler": "{nsga2: {population_size: 4}}"}
    study = make_study(**search)
    drive(study, 13)  # three generations and one
    study, widened = change(study, NARROWER, **search)
    assert 0 < len(widened.inside) < 13
    drive(study, 12)
    trials = study.optuna_study.get_trials()
    assert max(trial.system_attrs["NSGAIISampler:generation"] for trial in trials) >= 2
    study, widened = change(study, NARROWER.replace("[2, 3]", "[5, 6]"), **search)
    assert widened.inside == []
    assert len(drive(study, 6)) == 6


def test_tpe_draws_from_what_trials_of_the_space_before_have_taught(make_study, change, drive):
    search = {"sampler": "{tpe: {n_startup_trials: 5}}"}
    study = make_study(**search)
    drive(study, 40)
    study, _ = change(study, WIDER, **search)
    drawn = drive(study, 20)
    near = [params for params in drawn.values() if 1e-3 <= params["learning_rate"] <= 1e-1]
    assert len(near) >= 15  # of four decades, the two around the best


FINITE_AND_MORE = """\
study: finite
data: {dataset: digits}
model: {family: simple_cnn, depth: {int: [1, 3]}}
training:
  epochs: 1
  optimizer: {choice: {sgd: {momentum: {float: [0.0, 0.9], step: 0.3}, nesterov: {choice: [false, true]}}, adam: }}
search: {trials: 1000, sampler: grid, pruner: none}
"""


@pytest.mark.parametrize("before", [5, 18])
def test_a_grid_tries_what_was_not_tried_before_and_nothing_else(make_study, finite, change, drive, before):
    study = make_study(finite)
    drawn = drive(study, before)
    study, widened = change(study, FINITE_AND_MORE)
    assert widened.inside == list(range(before))
    size = study.spec.space.size
    assert size == 27
    assert study.budget.trials == size
    drawn |= drive(study, 4) | drive(ActiveStudy(study.address), size - before - 4)
    assert len({tuple(sorted(params.items())) for params in drawn.values()}) == size
    assert study.budget.remaining == 0


def test_a_grid_that_was_narrowed_ends_with_what_is_left(make_study, finite, change, drive):
    study = make_study(finite)
    drawn = drive(study, 5)
    study, widened = change(study, finite.replace("{int: [1, 2]}", "2"))
    inside = [params for number, params in drawn.items() if number in widened.inside]
    assert study.budget.remaining == 9 - len(inside)
    rest = list(drive(study, study.budget.remaining).values())
    configs = [{name: value for name, value in params.items() if name != "depth"} for params in (*inside, *rest)]
    assert len({tuple(sorted(params.items())) for params in configs}) == 9


def test_a_grid_takes_over_from_another_sampler(make_study, finite, change, drive):
    study = make_study(finite, sampler="random")
    drawn = drive(study, 12)
    different = {tuple(sorted(params.items())) for params in drawn.values()}
    assert len(different) == 12
    study, _ = change(study, finite)
    assert study.budget.remaining == 18 - 12
    drawn = drive(study, study.budget.remaining)
    assert {tuple(sorted(params.items())) for params in drawn.values()}.isdisjoint(different)


QUADRATIC = """\
study: quadratic
seed: 3
data: {dataset: digits}
model: {family: simple_cnn, dropout: {float: [0.0, 0.5]}, block_dropout: {float: [0.0, 0.9]}}
training: {epochs: 1}
objective: {metric: val_loss}
search: {trials: 1000, sampler: cmaes, pruner: none}
"""


def error(params):
    return (params["dropout"] - 0.7) ** 2 + (params["block_dropout"] - 0.2) ** 2


def test_cmaes_goes_on_from_where_the_best_of_the_earlier_trials_lie(make_study, change, drive):
    study = make_study(QUADRATIC)
    drive(study, 40, objective=error)
    before = study.best.value
    study, _ = change(study, QUADRATIC.replace("[0.0, 0.5]", "[0.0, 0.9]"))
    first = drive(study, 6, objective=error)
    assert min(error(params) for params in first.values()) < before
    assert all(abs(params["block_dropout"] - 0.2) < 0.4 for params in first.values())
    drive(study, 60, objective=error)
    assert study.best.value < 1e-2
