"""A sweep draws what the space has, as the engine of W&B's sweeps really samples, and its draws are read back."""

from __future__ import annotations

import json
import random
import warnings
from collections import Counter

import numpy as np
import pytest

from hpo.errors import WorkError
from hpo.search.wandb.mapping import SweepMapping, decode, name_parameters
from hpo.spaces import Choice, Float, Int, spec_of
from hpo.spaces.space.parameters import Alternative

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of pydantic, for how `sweeps` configures its models
    import sweeps
    from sweeps.bayes_search import bayes_search_next_run
    from sweeps.params import HyperParameter, HyperParameterSet

DRAWS = 400


def choice(*categories):
    return Choice("x", tuple(Alternative(category, category) for category in categories))


NUMBERS: list[Int | Float] = [
    Int("x", 1, 5),
    Int("x", -3, 3),
    Int("x", 16, 96, step=16),
    Int("x", 5, 26, step=7),
    Int("x", -20, 20, step=10),
    Int("x", 3, 30_003, step=10),
    Int("x", 1, 4, log=True),
    Int("x", 16, 512, log=True),
    Float("x", 0.0, 0.5),
    Float("x", 1e-5, 1e-1, log=True),
    Float("x", 0.1, 0.5, step=0.1),
    Float("x", -0.3, 0.3, step=0.1),
    Float("x", 0.0, 0.9, step=0.3),
    Float("x", 0.5, 1000.5, step=0.01),
]
CHOICES = [
    choice("adam", "sgd"),
    choice(1e-3, 1e-2, 0.1),
    choice(True, False),
    choice(16, "all", None, 0.5),
    choice(0.3, 0.0, 0.1),
    choice(None, 0, "", "null", True),
    choice("[3, 5]", "[5, 5]", "0x10", "1e-3", "no", "2026-01-01"),
]


class SpaceOf:
    """A space of one parameter, as far as the mapping asks it."""

    def __init__(self, parameter):
        self.parameter = parameter

    def parameters(self):
        return (self.parameter,)

    def fill(self, draw):
        return {}, {"x": draw(self.parameter)}


def sample(parameter, seed=0):
    """Draw values as a sweep by `random` does, and read them back."""
    mapping, generator = SweepMapping(SpaceOf(parameter)), random.Random(seed)
    (definition,) = mapping.define("random").values()
    assert set(definition) <= {"distribution", "min", "max", "q", "values"}
    hyperparameter = HyperParameter("x", definition)
    ends = [0.0, 1e-12, 1 - 1e-12, 1.0]
    raw = [hyperparameter.ppf(share) for share in (*ends, *(generator.random() for _ in range(DRAWS)))]
    plain = json.loads(json.dumps([value.item() if hasattr(value, "item") else value for value in raw]))
    return [mapping.read({"x": {"value": value}}).params["x"] for value in plain]


@pytest.mark.parametrize("parameter", NUMBERS, ids=str)
def test_a_draw_of_a_number_is_a_value_that_its_parameter_has_and_spreads_as_it_does(parameter):
    values = sample(parameter)
    assert all(parameter.take(value) == value for value in values)
    assert {type(value) for value in values} == {int if isinstance(parameter, Int) else float}
    assert min(values) == pytest.approx(parameter.low)
    assert max(values) == pytest.approx(parameter.high)
    size = parameter.size if parameter.size and parameter.size < 10 else None
    if size and not parameter.log:
        counts = Counter(values[4:])
        assert len(counts) == size
        assert min(counts.values()) > DRAWS / size / 2  # the ends are as probable as the rest
    elif not parameter.log:
        assert np.mean(values[4:]) == pytest.approx((parameter.low + parameter.high) / 2, rel=0.1)
    elif isinstance(parameter, Float) or parameter.low > 10:
        middle = (parameter.low * parameter.high) ** 0.5
        assert np.median(values[4:]) == pytest.approx(middle, rel=0.6)


def test_whole_numbers_on_a_log_scale_are_as_probable_as_optuna_draws_them():
    counts = Counter(sample(Int("x", 1, 4, log=True))[4:])
    expected = [np.log((value + 0.5) / (value - 0.5)) / np.log(4.5 / 0.5) for value in range(1, 5)]
    assert [counts[value] / DRAWS for value in range(1, 5)] == pytest.approx(expected, abs=0.07)


@pytest.mark.parametrize("parameter", CHOICES, ids=str)
def test_a_draw_of_a_choice_is_one_of_its_categories_with_its_type(parameter):
    drawn = Counter((type(value), value) for value in sample(parameter)[4:])
    assert drawn.keys() == {(type(category), category) for category in parameter.categories}
    assert min(drawn.values()) > DRAWS / len(drawn) / 2


@pytest.mark.parametrize("parameter", [*NUMBERS, *CHOICES], ids=str)
def test_bayes_knows_each_value_where_the_space_has_it(parameter):
    definition = SweepMapping(SpaceOf(parameter)).define("bayes")
    hyperparameters = HyperParameterSet.from_config(definition)
    for share in (0.2, 0.5, 0.9):
        value = hyperparameters[0].ppf(share)
        run = sweeps.SweepRun(config={"x": {"value": value}}, state="finished")
        ((position,),) = hyperparameters.normalize_runs_as_array([run])
        assert hyperparameters[0].ppf(float(position)) == pytest.approx(value)


@pytest.mark.parametrize(
    "parameter", [*(number for number in NUMBERS if number.size and number.size < 4000), *CHOICES], ids=str
)
def test_a_grid_has_every_value_once_and_ends(parameter):
    mapping = SweepMapping(SpaceOf(parameter))
    config = {"method": "grid", "parameters": mapping.define("grid")}
    count = len(parameter.categories) if isinstance(parameter, Choice) else parameter.size
    suggestions = sweeps.next_runs(config, [], n=count + 1)
    assert suggestions[count] is None
    values = [mapping.read(run.config).params["x"] for run in suggestions[:count]]
    if isinstance(parameter, Choice):
        assert {(type(value), value) for value in values} == {(type(value), value) for value in parameter.categories}
    else:
        assert sorted(values) == [parameter.nth(index) for index in range(count)]


CONDITIONAL = {
    "data": "digits",
    "model": {"simple_cnn": {"blocks": {"repeat": {"int": [1, 3]}, "of": {"filters": {"choice": [8, 16]}}}}},
    "training": {
        "batch_size": {"int": [16, 64], "step": 16},
        "optimizer": {"choice": {"adam": None, "sgd": {"momentum": {"float": [0.0, 0.9]}}}},
    },
    "search": {"backend": "wandb", "method": "random"},
}


@pytest.fixture(scope="module")
def space():
    return spec_of(CONDITIONAL, "values").space


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("method", ["random", "bayes"])
def test_of_a_conditional_space_each_run_has_the_active_parameters_and_marks_the_others(space, method):
    mapping = SweepMapping(space)
    config = {"method": method, "metric": {"name": "a", "goal": "maximize"}, "parameters": mapping.define(method)}
    runs = []
    for index in range(12):
        run = sweeps.next_runs(config, [], n=1)[0] if method == "random" else bayes_search_next_run(runs, config)
        draw = mapping.read(run.config)
        assert space.fill(lambda parameter: draw.params[parameter.name])[1] == draw.params  # noqa: B023
        assert draw.params.keys() | set(draw.inactive) == run.config.keys()
        assert ("simple_cnn.blocks.2.filters" in draw.inactive) == (draw.params["simple_cnn.blocks"] < 3)
        assert ("optimizer.sgd.momentum" in draw.inactive) == (draw.params["optimizer"] == "adam")
        run.state, run.summary_metrics = "finished", {"a": index / 12}
        runs.append(run)


def test_a_nested_value_is_read_by_its_whole_name(space):
    values = {"batch_size": 32, "optimizer": "adam", "simple_cnn": {"blocks": 1, "blocks.0.filters": 8}}
    draw = SweepMapping(space).read({name: {"value": value} for name, value in values.items()})
    assert draw.params == {
        "simple_cnn.blocks": 1,
        "simple_cnn.blocks.0.filters": 8,
        "batch_size": 32,
        "optimizer": "adam",
    }


def test_a_run_without_a_value_and_one_of_another_space_are_refused(space):
    with pytest.raises(WorkError, match=r"simple_cnn\.blocks: a run of the sweep has a value of each parameter"):
        SweepMapping(space).read({"batch_size": {"value": 16}})
    for parameter, value in (
        (choice("a", "b"), "c"),
        (choice(1, 2), True),
        (Int("x", 1, 5), "3"),
        (Int("x", 1, 5), True),
    ):
        with pytest.raises(WorkError, match=r"x: a run of the sweep has a value of the space\. Received"):
            decode(parameter, value)


def test_names_that_a_sweep_does_not_take_are_written_otherwise_and_stay_different():
    names = name_parameters((Int("a b", 1, 2), Int("a.b", 1, 2), Int("9x", 1, 2), Int("a_b", 1, 2)))
    assert names == {"a b": "a_b", "a.b": "a.b", "9x": "_9x", "a_b": "a_b_"}
