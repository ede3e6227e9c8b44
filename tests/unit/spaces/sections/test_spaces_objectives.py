"""Objectives: which way is better, what is learned, and what no other candidate beats."""

from __future__ import annotations

import json
import random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo.errors import SpaceError
from hpo.spaces import Objective, front, joins_front, parse_spec
from hpo.spaces.sections.objectives import Metric, natural_direction

HEAD = "data: digits\nmodel: simple_cnn\n"
VALUES = st.one_of(st.integers(0, 3).map(float), st.floats(-1e6, 1e6))


@st.composite
def candidates(draw) -> tuple[list[Objective], list[tuple[float, ...]]]:
    count = draw(st.integers(1, 3))
    directions = draw(st.lists(st.sampled_from(["maximize", "minimize"]), min_size=count, max_size=count))
    objectives = [Objective(metric="val_loss", direction=direction) for direction in directions]
    return objectives, draw(st.lists(st.tuples(*[VALUES] * count), max_size=12))


def is_as_good(objectives, one, other) -> bool:
    """Whether `one` is at least as good as `other` in every objective."""
    return not any(objective.better(b, a) for objective, a, b in zip(objectives, one, other, strict=True))


@settings(deadline=None)
@given(candidates())
def test_the_front_is_what_no_candidate_beats_found_by_comparing_all(given_candidates):
    objectives, values = given_candidates
    expected = [
        index
        for index, one in enumerate(values)
        if not any(
            is_as_good(objectives, other, one) and (not is_as_good(objectives, one, other) or earlier < index)
            for earlier, other in enumerate(values)
            if earlier != index
        )
    ]
    found = front(objectives, values)
    assert sorted(found) == expected
    firsts = [values[index][0] for index in found]
    assert firsts == sorted(firsts, reverse=objectives[0].direction == "maximize")


@given(st.lists(VALUES, min_size=1, max_size=9), st.sampled_from(["maximize", "minimize"]))
def test_the_front_of_one_objective_is_the_best_and_the_first_of_equals(values, direction):
    objective = Objective(metric="val_loss", direction=direction)
    best = max(values) if direction == "maximize" else min(values)
    assert front([objective], [(value,) for value in values]) == [values.index(best)]


def test_nothing_has_no_front():
    assert front([Objective.model_validate("val_loss")], []) == []


def test_a_value_for_each_objective_is_needed():
    with pytest.raises(ValueError, match="zip"):
        front([Objective.model_validate("val_loss")], [(1.0, 2.0)])


@pytest.mark.parametrize("metric", get_args(Metric))
def test_what_is_learned_is_maximized_but_for_the_loss_and_all_else_is_minimized(metric):
    objective = Objective.model_validate(metric)
    assert objective.is_learned == metric.startswith("val_")
    assert objective.direction == ("maximize" if objective.is_learned and metric != "val_loss" else "minimize")
    assert objective == Objective.model_validate({"metric": metric})


def test_better_is_strictly_better_and_anything_is_better_than_nothing():
    more, less = Objective.model_validate("val_accuracy"), Objective.model_validate("val_loss")
    assert more.better(2, 1)
    assert not more.better(1, 1)
    assert less.better(1, 2)
    assert not less.better(2, 2)
    assert more.better(0, None)


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("val_loss", ["val_loss"]),
        ("{metric: val_loss}", ["val_loss"]),
        ("[val_loss]", ["val_loss"]),
        ("[parameters, val_loss, {metric: flops}]", ["parameters", "val_loss", "flops"]),
        ("{direction: maximize}", ["val_accuracy"]),
        ("", ["val_accuracy"]),
    ],
)
def test_an_objective_is_a_word_a_mapping_or_a_list_of_them(read, text, metrics):
    assert [each.metric for each in read(f"{HEAD}objective: {text}\n").objectives] == metrics


def test_epochs_report_the_first_objective_that_is_learned(read):
    assert read(f"{HEAD}objective: [latency_ms, val_loss, val_accuracy]\n").objective.metric == "val_loss"


@pytest.mark.parametrize("metric", get_args(Metric))
@pytest.mark.parametrize(
    "form", ["{{metric: {}, direction: {}}}", "[val_top_k_accuracy, {{metric: {}, direction: {}}}]"]
)
def test_a_direction_that_contradicts_its_metric_is_refused_and_the_other_may_be_written(read, metric, form):
    natural = natural_direction(metric)
    wrong = "minimize" if natural == "maximize" else "maximize"
    if not metric.startswith("val_"):
        form = "[val_top_k_accuracy, {{metric: {}, direction: {}}}]"
    elif metric == "val_top_k_accuracy":
        form = "{{metric: {}, direction: {}}}"
    assert natural in {each.direction for each in read(f"{HEAD}objective: {form.format(metric, natural)}\n").objectives}
    with pytest.raises(SpaceError) as refused:
        read(f"{HEAD}objective: {form.format(metric, wrong)}\n")
    assert f"direction is {natural}. Received {wrong}. Write {natural}, or leave direction out." in str(refused.value)
    assert str(refused.value).startswith("r.yaml:3:")


def test_a_metric_that_is_left_out_is_accuracy_which_is_not_minimized(read):
    with pytest.raises(SpaceError, match=r"r.yaml:3:24 direction: val_accuracy is better the larger it is"):
        read(f"{HEAD}objective: {{direction: minimize}}\n")


def test_a_study_that_was_searched_the_other_way_can_be_read_still(read):
    document = json.loads(read(f"{HEAD}objective: {{metric: val_loss}}\n").to_json())
    document["objective"]["direction"] = "maximize"
    assert parse_spec(json.dumps(document), "the study").objective.direction == "maximize"


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [1, 40, 300])
def test_the_front_is_what_comparing_all_with_all_finds_and_one_by_one_the_same_join_it(count, size):
    metrics = ("val_accuracy", "parameters", "latency_ms", "duration_s")[:count]
    objectives = [Objective(metric=metric) for metric in metrics]
    generator = random.Random(size)
    values = [tuple(float(generator.randrange(12)) for _ in metrics) for _ in range(size)]
    costs = [(-first, *others) for first, *others in values]

    def is_beaten(index):
        as_good = [
            o for o in range(size) if o != index and all(a <= b for a, b in zip(costs[o], costs[index], strict=True))
        ]
        return any(costs[o] != costs[index] or o < index for o in as_good)

    unbeaten = {index for index in range(size) if not is_beaten(index)}
    found = front(objectives, values)
    assert set(found) == unbeaten
    assert found == sorted(found, key=lambda index: (costs[index], index))
    for index in range(size):
        assert joins_front(objectives, values, index) == (index in unbeaten)
