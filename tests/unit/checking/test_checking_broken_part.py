"""The shortest description of what is broken in a space."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo.checking.regions.broken_part import find_broken_parts
from hpo.spaces import Choice, Float, Int, Params, SearchSpace
from hpo.spaces.space.parameters import Alternative, Repeat

DEPTH = Int("depth", 1, 5)
SIZE = Choice("image_size", tuple(Alternative(size, size) for size in (8, 16, 32)))
POOLING = Choice("max_pooling", (Alternative(True, True), Alternative(False, False)))
RATE = Float("learning_rate", 1e-4, 1e-1, log=True)
OPTIMIZER = Choice(
    "optimizer",
    (
        Alternative("adam", "adam"),
        Alternative("sgd", {"sgd": {"momentum": Float("momentum", 0.0, 1.0)}}),
        Alternative("rmsprop", "rmsprop"),
    ),
)


def described(space: SearchSpace, is_broken: Callable[[Params], bool]) -> list[str]:
    corners = [params for _, params in space.corners()]
    return [str(part.region) for part in find_broken_parts(space, is_broken, corners)]


def test_a_bound_of_one_number_is_found_exactly():
    space = SearchSpace({"depth": DEPTH, "rate": RATE, "optimizer": OPTIMIZER})
    assert described(space, lambda p: p["depth"] >= 4) == ["depth >= 4"]
    assert described(space, lambda p: p["depth"] <= 2) == ["depth <= 2"]
    assert described(space, lambda p: p["depth"] == 5) == ["depth = 5"]


def test_two_values_that_break_together_are_told_together():
    space = SearchSpace({"size": SIZE, "depth": DEPTH, "rate": RATE})
    parts = described(space, lambda p: p["image_size"] == 8 and p["depth"] >= 4)
    assert parts == ["depth >= 4 with image_size 8"]


def test_several_find_broken_parts_are_all_told_the_largest_first():
    space = SearchSpace({"size": SIZE, "depth": DEPTH, "pooling": POOLING, "rate": RATE})
    parts = described(space, lambda p: p["max_pooling"] and p["image_size"] < 2 ** p["depth"])
    assert sorted(parts) == [
        "depth = 5 with image_size <= 16 and max_pooling true",
        "depth >= 4 with image_size 8 and max_pooling true",
    ]
    assert described(space, lambda p: p["depth"] == 1 or p["image_size"] > 8) == ["image_size >= 16", "depth = 1"]


def test_where_nothing_is_sound_every_config_is_broken():
    assert described(SearchSpace({"depth": DEPTH, "optimizer": OPTIMIZER}), lambda p: True) == ["every config"]


def test_where_all_is_sound_there_is_no_part():
    assert described(SearchSpace({"depth": DEPTH, "optimizer": OPTIMIZER}), lambda p: False) == []


def test_a_parameter_that_exists_under_another_is_told_without_the_other():
    space = SearchSpace({"optimizer": OPTIMIZER, "depth": DEPTH})
    (part,) = described(space, lambda p: p.get("momentum", 0) > 0.7)
    assert part == "momentum >= 0.7"


def test_values_without_an_order_are_listed():
    space = SearchSpace({"optimizer": OPTIMIZER, "depth": DEPTH})
    assert described(space, lambda p: p["optimizer"] != "adam") == ["optimizer in (sgd, rmsprop)"]
    assert described(space, lambda p: p["optimizer"] == "sgd") == ["optimizer = sgd"]


def test_a_bound_of_a_continuous_parameter_is_a_short_number():
    (part,) = described(SearchSpace({"rate": RATE, "depth": DEPTH}), lambda p: p["learning_rate"] > 0.0123456)
    name, relation, bound = part.split()
    assert (name, relation) == ("learning_rate", ">=")
    assert float(bound) == pytest.approx(0.0123456, rel=0.01)
    assert len(bound) <= len("0.01235")


def test_a_list_that_is_too_long_is_told_by_its_length():
    items = tuple(Int(f"blocks.{index}.filters", 1, 4) for index in range(6))
    space = SearchSpace({"blocks": Repeat(Int("blocks", 1, 6), items), "depth": DEPTH})
    assert described(space, lambda p: p["blocks"] > 3) == ["blocks >= 4"]


def test_parameters_of_several_items_of_a_list_are_told_together_without_its_length():
    filters = (Alternative(16, 16), Alternative(32, 32))
    items = tuple(
        {"filters": Choice(f"blocks.{index}.filters", filters), "size": Int(f"blocks.{index}.kernel_size", 1, 3)}
        for index in range(6)
    )
    space = SearchSpace({"blocks": Repeat(Int("blocks", 1, 6), items)})

    def is_broken(params: Params) -> bool:
        return params.get("blocks.3.kernel_size", 0) >= 2 and params["blocks.2.filters"] == 16

    generator = random.Random(3)
    tried = [*(params for _, params in space.corners()), *(space.draw(generator) for _ in range(200))]
    for seed in range(6):
        (part,) = find_broken_parts(space, is_broken, tried, seed)
        assert str(part.region) == "blocks.3.kernel_size >= 2 with blocks.2.filters 16"


def test_configs_that_do_not_count_are_no_evidence():
    space = SearchSpace({"size": SIZE, "depth": DEPTH})

    def verdict(params: Params) -> bool | None:
        return None if params["image_size"] == 8 and params["depth"] < 4 else params["image_size"] == 8

    corners = [params for _, params in space.corners(lambda params: verdict(params) is not None)]
    assert [str(part.region) for part in find_broken_parts(space, verdict, corners)] == ["image_size = 8"]


def test_the_same_seed_gives_the_same_description():
    space = SearchSpace({"size": SIZE, "depth": DEPTH, "pooling": POOLING, "rate": RATE, "optimizer": OPTIMIZER})
    tried = [params for _, params in space.corners()]

    def strange(params: Params) -> bool:
        return (params["depth"] + params["image_size"]) % 3 == 0

    assert find_broken_parts(space, strange, tried) == find_broken_parts(space, strange, tried)


@st.composite
def hidden_parts(draw: st.DrawFn):
    """A finite space, and a conjunction of one to three conditions, no one of them always true, over its parameters."""
    parameters = []
    for index in range(draw(st.integers(1, 4))):
        name = f"p{index}"
        match draw(st.sampled_from(["int", "float", "words", "numbers"])):
            case "int":
                low = draw(st.integers(-3, 3))
                parameters.append(Int(name, low, low + draw(st.integers(1, 4))))
            case "float":
                parameters.append(Float(name, 0.0, 0.1 * draw(st.integers(1, 4)), step=0.1))
            case "words":
                parameters.append(Choice(name, tuple(Alternative(w, w) for w in "abcd"[: draw(st.integers(2, 4))])))
            case "numbers":
                numbers = draw(st.lists(st.integers(1, 99), min_size=2, max_size=4, unique=True))
                parameters.append(Choice(name, tuple(Alternative(n, n) for n in numbers)))
    if draw(st.booleans()):  # the last exists only where a switch is on
        last = parameters.pop()
        parameters.append(Choice("on", (Alternative("yes", {"yes": last}), Alternative("no", "no"))))
    space = SearchSpace({parameter.name: parameter for parameter in parameters})
    hidden = {}
    for parameter in draw(
        st.lists(st.sampled_from(space.parameters()), min_size=1, max_size=3, unique_by=lambda p: p.name)
    ):
        values = sorted(parameter.categories) if isinstance(parameter, Choice) else all_values(parameter)
        first = draw(st.integers(0, len(values) - 1))
        last = draw(st.integers(first, len(values) - 1 if first else len(values) - 2))
        hidden[parameter.name] = set(values[first : last + 1])
    return space, hidden


def all_values(parameter: Int | Float) -> list[float]:
    return [parameter.nth(index) for index in range(parameter.size)]


@settings(max_examples=300, deadline=None)
@given(hidden_parts())
def test_a_hidden_part_is_found_exactly_and_told_no_longer_than_it_is(case):
    space, hidden = case

    def is_broken(params: Params) -> bool:
        return all(params.get(name, ...) in values for name, values in hidden.items())

    configs = [space.nth(index) for index in range(space.size)]
    parts = find_broken_parts(space, is_broken, configs[:: len(configs) // 40 + 1])
    parts = parts or find_broken_parts(space, is_broken, configs)
    if not any(map(is_broken, configs)):
        assert parts == []
        return
    assert len(parts) == 1
    assert len(parts[0].region.conditions) <= len(hidden)
    for params in configs:
        assert parts[0].region.covers(params) == is_broken(params)
