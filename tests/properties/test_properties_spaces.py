"""Any space, any draw: exactly the active parameters, each within its range."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpo.spaces import Choice, Float, Int, Repeat, SearchSpace
from hpo.spaces.space.parameters import Alternative, category_of
from hpo.spaces.space.template import TemplateBuilder
from hpo.spaces.text.source import parse

KEYS = st.sampled_from([f"k{index}" for index in range(6)])
CONSTANTS = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.sampled_from([0.5, 1e-3]), st.text("ab", max_size=3)
)


@st.composite
def ints(draw, name: str) -> Int:
    low = draw(st.integers(-20, 20))
    high = low + draw(st.integers(1, 12))
    if low > 0 and draw(st.booleans()):
        return Int(name, low, high, log=True)
    return Int(name, low, high, step=draw(st.integers(1, high - low)))


@st.composite
def floats(draw, name: str, finite: bool) -> Float:
    step = draw(st.sampled_from([0.1, 0.05, 0.25, 1.0, 3e-3]))
    low = round(draw(st.integers(-20, 20)) * 0.1, 1)
    if finite or draw(st.booleans()):
        return Float(name, low, low + step * draw(st.floats(1.01, 6)), step=step)
    return Float(name, low, low + draw(st.floats(0.01, 100)), log=low > 0 and draw(st.booleans()))


@st.composite
def choices(draw, name: str, depth: int, finite: bool) -> Choice:
    if depth == 0 or draw(st.booleans()):
        constants = draw(
            st.lists(st.one_of(CONSTANTS, st.lists(st.integers(0, 9), max_size=2)), min_size=2, max_size=4)
        )
        different: dict[object, object] = {}
        for constant in constants:
            different.setdefault(category_of(constant), constant)
        if len(different) > 1:
            return Choice(
                name,
                tuple(
                    Alternative(category, tuple(each) if isinstance(each, list) else each)
                    for category, each in different.items()
                ),
            )
    keys = draw(st.lists(KEYS, min_size=2, max_size=3, unique=True))
    alternatives = []
    for key in keys:
        opened = draw(templates(f"{name}.{key}.", depth - 1, finite)) if depth else {}
        alternatives.append(Alternative(key, {key: opened} if opened else key))
    return Choice(name, tuple(alternatives))


@st.composite
def repeats(draw, name: str, depth: int, finite: bool) -> Repeat:
    """A list whose length is a constant, an int or a choice; its items have the same shape, and names of their own."""
    match draw(st.sampled_from(["constant", "int", "choice"])):
        case "constant":
            count = draw(st.integers(0, 3))
        case "int":
            low = draw(st.integers(0, 2))
            high = draw(st.integers(low + 1, 4))
            count = Int(name, low, high, step=draw(st.integers(1, high - low)))
        case _:
            lengths = draw(st.lists(st.integers(0, 4), min_size=2, max_size=3, unique=True))
            count = Choice(name, tuple(Alternative(length, length) for length in lengths))
    longest = count if isinstance(count, int) else max(Repeat(count, ()).counts)
    item = draw(items(f"{name}.#", depth - 1, finite))
    return Repeat(count, tuple(renamed(item, f"{name}.#", f"{name}.{index}") for index in range(longest)))


def renamed(template, old: str, new: str):
    """The same template, its parameters called otherwise."""
    match template:
        case Int() | Float():
            return replace(template, name=template.name.replace(old, new, 1))
        case Choice():
            opened = (Alternative(each.category, renamed(each.content, old, new)) for each in template.alternatives)
            return Choice(template.name.replace(old, new, 1), tuple(opened))
        case Repeat(count, below):
            return Repeat(renamed(count, old, new), tuple(renamed(item, old, new) for item in below))
        case dict():
            return {key: renamed(item, old, new) for key, item in template.items()}
        case tuple():
            return tuple(renamed(item, old, new) for item in template)
    return template


@st.composite
def templates(draw, prefix: str = "", depth: int = 2, finite: bool = False) -> dict[str, object]:
    """A mapping in which values are constants, parameters, mappings and lists of them; names are paths."""
    found: dict[str, object] = {}
    for key in draw(st.lists(KEYS, max_size=3, unique=True)):
        found[key] = draw(items(f"{prefix}{key}", depth, finite))
    return found


def items(name: str, depth: int, finite: bool) -> st.SearchStrategy:
    kinds = [CONSTANTS, ints(name), floats(name, finite), choices(name, depth, finite)]
    if depth:
        kinds.append(templates(f"{name}.", depth - 1, finite))
        kinds.append(repeats(name, depth, finite))
        kinds.append(st.tuples(items(f"{name}.0", depth - 1, finite), items(f"{name}.1", depth - 1, finite)))
    return st.one_of(kinds)


def spaces(finite: bool = False) -> st.SearchStrategy[SearchSpace]:
    return templates(finite=finite).map(SearchSpace)


def drawn(space: SearchSpace, seed: int) -> tuple[dict[str, object], dict[str, object]]:
    """A random draw, as a sampler would make it."""
    generator = random.Random(seed)

    def draw(parameter):
        match parameter:
            case Choice():
                return generator.choice(parameter.categories)
            case Int(log=True) | Float(step=None):
                value = generator.uniform(parameter.low, parameter.high)
                return round(value) if isinstance(parameter, Int) else value
            case _:
                return parameter.nth(generator.randrange(parameter.size))

    return space.fill(draw)


def assert_within(parameter, value) -> None:
    if isinstance(parameter, Choice):
        assert any(value is each or (value == each and type(value) is type(each)) for each in parameter.categories)
        return
    assert type(value) is (int if isinstance(parameter, Int) else float)
    assert parameter.low <= value <= parameter.high
    if parameter.step is not None:
        assert value in [parameter.nth(index) for index in range(parameter.size)]


def active(template, values: dict[str, object]) -> set[str]:
    """The names of the parameters that exist where `values` are drawn, found without the code under test."""
    if isinstance(template, Choice):
        opened = next(
            each.content
            for each in template.alternatives
            if each.category == values[template.name] and type(each.category) is type(values[template.name])
        )
        return {template.name} | active(opened, values)
    if isinstance(template, Int | Float):
        return {template.name}
    if isinstance(template, Repeat):
        named = not isinstance(template.count, int)
        length = values[template.count.name] if named else template.count
        return active(template.items[:length], values) | ({template.count.name} if named else set())
    below = template.values() if isinstance(template, dict) else template if isinstance(template, tuple) else ()
    return set().union(*(active(item, values) for item in below))


def comparable(values: dict[str, object]) -> tuple:
    return tuple(sorted((name, type(value).__name__, repr(value)) for name, value in values.items()))


@settings(deadline=None)
@given(spaces(), st.integers(0, 2**32))
def test_a_draw_has_exactly_its_active_parameters_each_within_its_range(space, seed):
    tree, values = drawn(space, seed)
    assert set(values) == active(space.template, values)
    known = {parameter.name: parameter for parameter in space.parameters()}
    assert len(known) == len(space.parameters())
    for name, value in values.items():
        assert_within(known[name], value)
    assert space.tree(values) == tree
    assert space.tree({**values, "another": 3}) == tree


@settings(deadline=None)
@given(spaces(), st.integers(0, 2**32))
def test_unconditional_parameters_are_in_every_draw(space, seed):
    assert {parameter.name for parameter in space.unconditional()} <= set(drawn(space, seed)[1])


@settings(deadline=None)
@given(spaces(), st.integers(0, 2**32))
def test_a_tree_needs_each_active_parameter_and_says_which_is_missing(space, seed):
    _, values = drawn(space, seed)
    for name in values:
        with pytest.raises(KeyError) as caught:
            space.tree({key: value for key, value in values.items() if key != name})
        assert caught.value.args == (name,)


@settings(deadline=None)
@given(spaces())
def test_a_filled_tree_holds_no_parameter(space):
    def is_plain(value) -> bool:
        if isinstance(value, dict):
            return all(is_plain(item) for item in value.values())
        if isinstance(value, list):
            return all(is_plain(item) for item in value)
        return value is None or type(value) in (bool, int, float, str)

    assert is_plain(drawn(space, 0)[0])


@settings(max_examples=60, deadline=None)
@given(spaces(finite=True))
def test_a_finite_space_is_enumerated_without_gap_or_repetition(space):
    size = space.size
    assert size is not None
    indices = range(size) if size <= 300 else sorted(random.Random(0).sample(range(min(size, 2**62)), 300))
    seen = set()
    for index in indices:
        values = space.nth(index)
        known = {parameter.name: parameter for parameter in space.parameters()}
        assert set(values) == active(space.template, values)
        for name, value in values.items():
            assert_within(known[name], value)
        seen.add(comparable(values))
    assert len(seen) == len(indices)


@settings(max_examples=60, deadline=None)
@given(spaces(finite=True), st.integers(0, 2**32))
def test_every_draw_of_a_small_space_is_one_of_its_configurations(space, seed):
    if space.size > 500 or any(getattr(each, "log", False) for each in space.parameters()):
        space = SearchSpace({"n": Int("n", 1, 4), "c": Choice("c", (Alternative("a", "a"), Alternative("b", "b")))})
    everything = {comparable(space.nth(index)) for index in range(space.size)}
    assert comparable(drawn(space, seed)[1]) in everything


@settings(deadline=None)
@given(spaces())
def test_only_a_continuous_parameter_makes_a_space_endless(space):
    endless = any(isinstance(each, Float) and each.step is None for each in space.parameters())
    assert (space.size is None) == endless


@settings(deadline=None)
@given(spaces())
def test_corners_show_every_extreme_of_every_parameter(space):
    shown: dict[str, list[object]] = {}
    for parameter, values in space.corners():
        assert set(values) == active(space.template, values)
        assert parameter is None or parameter.name in values
        for name, value in values.items():
            shown.setdefault(name, []).append(value)
    for parameter in space.parameters():
        assert {repr(each) for each in parameter.extremes} <= {repr(each) for each in shown[parameter.name]}


@settings(deadline=None)
@given(spaces())
def test_corners_show_both_ends_of_any_two_numbers_that_meet_in_every_combination(space):
    numbers = [each for each in space.unconditional() if not isinstance(each, Choice)][:3]
    corners = [values for _, values in space.corners()]
    for one in numbers:
        for other in numbers:
            if one.name != other.name:
                met = {(values[one.name], values[other.name]) for values in corners}
                assert {(a, b) for a in one.extremes for b in other.extremes} <= met


@settings(deadline=None)
@given(spaces(), st.integers(0, 2**32))
def test_a_uniform_draw_is_a_draw(space, seed):
    values = space.draw(random.Random(seed))
    assert set(values) == active(space.template, values)
    known = {parameter.name: parameter for parameter in space.parameters()}
    for name, value in values.items():
        assert_within(known[name], value)
    assert space.snap(values) == values
    assert values == space.draw(random.Random(seed))


@settings(deadline=None)
@given(spaces(), st.integers(0, 2**32))
def test_conditions_tell_where_each_parameter_exists(space, seed):
    """A parameter is in a draw exactly if each parameter that it depends on is there, with an allowed value."""
    values = drawn(space, seed)[1]
    for parameter, conditions in space.conditions():
        meets = all(
            name in values and any(values[name] == each and type(values[name]) is type(each) for each in allowed)
            for name, allowed in conditions.items()
        )
        assert (parameter.name in values) == meets
        assert all(conditions.values())


@settings(deadline=None)
@given(spaces(), st.integers(0, 2**16))
def test_corners_that_have_to_be_admitted_are_and_show_what_can_be_shown(space, seed):
    """Whatever is ruled out: nothing else is yielded, and nothing more is left out than an extreme of a parameter."""

    def admits(values) -> bool:
        return crc32(repr((seed, comparable(values))).encode()) % 3 > 0

    everything = [(parameter, comparable(values)) for parameter, values in space.corners()]
    for parameter, values in space.corners(admits):
        assert admits(values)
        assert set(values) == active(space.template, values)
        assert parameter is None or values[parameter.name] in parameter.extremes
    shown = [(parameter, comparable(values)) for parameter, values in space.corners(lambda values: True)]
    assert shown == everything
    assert list(space.corners(lambda values: False)) == []


def test_a_space_that_constraints_leave_hardly_anything_of_is_given_up_in_time():
    asked = []
    space = SearchSpace({f"k{index}": Int(f"k{index}", 1, 9) for index in range(300)})
    assert list(space.corners(lambda values: bool(asked.append(values)))) == []
    assert len(asked) < 2_000


@settings(deadline=None)
@given(st.floats(-100, 100), st.floats(1e-4, 50), st.integers(1, 200))
def test_the_values_of_a_stepped_float_rise_from_low_to_high(low, step, count):
    parameter = Float("x", low, float(Decimal(repr(low)) + count * Decimal(repr(step))), step=step)
    assert parameter.size == count + 1
    values = [parameter.nth(index) for index in range(parameter.size)]
    assert values[0] == low
    assert values[-1] == parameter.high
    assert all(earlier < later for earlier, later in pairwise(values))
    assert Float("x", low, parameter.high, step=step) == parameter


def as_yaml(template) -> str:
    """A template as a person would write it, on one line."""
    match template:
        case Int() | Float():
            text = f"{{{type(template).__name__.lower()}: [{template.low!r}, {template.high!r}]}}"
        case Repeat(count, below):
            if isinstance(count, Choice):
                length = f"{{choice: [{', '.join(str(each) for each in count.categories)}]}}"
            else:
                length = str(count) if isinstance(count, int) else as_yaml(count)
            text = f"{{repeat: {length}, of: {as_yaml(below[0]) if below else '3'}}}"
        case Choice():
            opened = {
                each.category: f"{each.category}: {as_yaml(each.content[each.category])}"
                for each in template.alternatives
                if isinstance(each.content, dict)
            }
            text = f"{{choice: {{{', '.join([*opened.values(), 'none: ', 'other: '])}}}}}"
        case dict():
            text = f"{{{', '.join(f'{key}: {as_yaml(item)}' for key, item in template.items())}}}"
        case tuple():
            text = f"[{', '.join(as_yaml(item) for item in template)}]"
        case _:
            text = "3"
    return text


def shuffled(template, generator: random.Random):
    """The same template with the keys of every mapping in another order."""
    if isinstance(template, dict):
        keys = list(template)
        generator.shuffle(keys)
        return {key: shuffled(template[key], generator) for key in keys}
    if isinstance(template, Choice):
        return Choice(
            template.name,
            tuple(Alternative(each.category, shuffled(each.content, generator)) for each in template.alternatives),
        )
    if isinstance(template, Repeat):
        state = generator.random()
        return Repeat(template.count, tuple(shuffled(item, random.Random(state)) for item in template.items))
    if isinstance(template, tuple):
        return tuple(shuffled(item, generator) for item in template)
    return template


@settings(deadline=None)
@given(
    st.fixed_dictionaries({section: templates() for section in ("data", "model", "training")}),
    st.randoms(use_true_random=False),
)
def test_names_do_not_depend_on_the_order_of_keys_and_no_two_are_the_same(template, generator):
    first = TemplateBuilder(parse(as_yaml(template), "r.yaml"))
    second = TemplateBuilder(parse(as_yaml(shuffled(template, generator)), "r.yaml"))
    assert first.names == second.names
    assert len(set(first.names.values())) == len(first.names)
    for path, name in first.names.items():
        assert name in (".".join(path[1:] or path), ".".join(path))
