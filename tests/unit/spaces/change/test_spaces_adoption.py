"""Which trials of one space lie in another, and with which parameters."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spaces_of_values import spec_of

from hpo.spaces import StudySpec, parse_spec
from hpo.spaces.change import adoption
from hpo.spaces.change.matching import Misfit

SGD = {"sgd": {"momentum": {"float": [0.0, 0.9]}}}


def adopt(old: StudySpec, new: StudySpec, params):
    return adoption.adopt(old.space.tree(params), params, new.space)


def reason(old: StudySpec, new: StudySpec, params) -> str:
    found = adopt(old, new, params)
    assert isinstance(found, Misfit)
    return found.reason


def test_a_value_keeps_its_name_whatever_its_place_among_the_alternatives():
    old = spec_of({"filters": {"choice": [8, 16, 32]}})
    new = spec_of({"filters": {"choice": [64, 32, 16, 8]}})
    assert adopt(old, new, {"filters": 16}) == {"filters": 16}


def test_a_new_parameter_takes_the_constant_that_stood_in_its_place():
    new = spec_of({"dense_units": {"int": [16, 256]}})
    assert adopt(spec_of({"dense_units": 64}), new, {}) == {"dense_units": 64}


def test_a_new_parameter_takes_the_default_where_nothing_stood_in_its_place():
    new = spec_of({"kernel_size": {"choice": [3, 5]}})
    assert adopt(spec_of({"depth": 2}), spec_of({"depth": 2, "kernel_size": {"choice": [5, 3]}}), {}) == {
        "kernel_size": 3
    }
    assert adopt(spec_of(), new, {}) == {"kernel_size": 3}


def test_a_new_parameter_inside_an_alternative_takes_the_default_of_what_it_is_an_option_of():
    old = spec_of(training={"optimizer": {"choice": ["adam", "sgd"]}})
    new = spec_of(training={"optimizer": {"choice": {"rmsprop": None, "adam": None, **SGD}}})
    assert adopt(old, new, {"optimizer": "sgd"}) == {"optimizer": "sgd", "optimizer.sgd.momentum": 0.0}
    assert adopt(old, new, {"optimizer": "adam"}) == {"optimizer": "adam"}


def test_a_parameter_that_became_the_constant_which_a_trial_had_keeps_the_trial():
    old = spec_of({"batch_normalization": {"choice": [True, False]}, "depth": {"int": [1, 3]}})
    new = spec_of({"depth": {"int": [1, 3]}})
    assert adopt(old, new, {"batch_normalization": True, "depth": 3}) == {"depth": 3}
    assert reason(old, new, {"batch_normalization": False, "depth": 3}) == (
        "batch_normalization = false, where the new space has true"
    )


@pytest.mark.parametrize(
    ("narrower", "expected"),
    [
        ({"int": [1, 4]}, "depth = 5, where the new space has [1, 4]"),
        ({"int": [2, 8], "step": 2}, "depth = 5, where the new space has [2, 8] in steps of 2"),
        ({"choice": [1, 2, 3]}, "depth = 5, where the new space has 1, 2 or 3"),
    ],
)
def test_the_reason_names_parameter_value_and_what_there_is_instead(narrower, expected):
    old = spec_of({"depth": {"int": [1, 6]}})
    assert reason(old, spec_of({"depth": narrower}), {"depth": 5}) == expected


def test_the_reason_is_the_first_value_in_the_order_of_the_new_file():
    old = spec_of({"depth": {"int": [1, 6]}, "dropout": {"float": [0.0, 0.5]}})
    new = spec_of({"dropout": {"float": [0.0, 0.2]}, "depth": {"int": [1, 2]}})
    assert reason(old, new, {"depth": 5, "dropout": 0.3}).startswith("dropout = 0.3,")


def test_a_dropped_alternative_leaves_its_trials_outside_by_its_name():
    old = spec_of(training={"optimizer": {"choice": {"adam": None, "rmsprop": None, **SGD}}})
    new = spec_of(training={"optimizer": {"choice": {"adam": None, "rmsprop": None}}})
    params = {"optimizer": "sgd", "optimizer.sgd.momentum": 0.5}
    assert reason(old, new, params) == "optimizer = sgd, where the new space has adam or rmsprop"


def test_a_value_below_an_alternative_that_stayed_is_what_the_reason_tells():
    old = spec_of(training={"optimizer": {"choice": {"adam": None, **SGD}}})
    new = spec_of(training={"optimizer": {"choice": {"adam": None, "sgd": {"momentum": {"float": [0.0, 0.3]}}}}})
    params = {"optimizer": "sgd", "optimizer.sgd.momentum": 0.5}
    assert reason(old, new, params) == "optimizer.sgd.momentum = 0.5, where the new space has [0.0, 0.3]"


def test_another_constant_inside_an_alternative_leaves_the_trials_of_that_alternative_outside():
    momentum = {"momentum": {"choice": [0.5, 0.9]}}
    old = spec_of(training={"optimizer": {"choice": {"adam": None, "sgd": momentum}}})
    new = spec_of(training={"optimizer": {"choice": {"adam": None, "sgd": {**momentum, "nesterov": True}}}})
    assert adopt(old, new, {"optimizer": "adam"}) == {"optimizer": "adam"}
    params = {"optimizer": "sgd", "optimizer.sgd.momentum": 0.5}
    assert reason(old, new, params) == "optimizer.nesterov = false, where the new space has true"


def test_a_number_off_the_new_step_lies_outside_and_one_on_it_inside():
    old = spec_of({"dropout": {"float": [0.0, 0.8]}})
    new = spec_of({"dropout": {"float": [0.0, 0.9], "step": 0.3}})
    assert adopt(old, new, {"dropout": 0.3}) == {"dropout": 0.3}
    assert isinstance(adopt(old, new, {"dropout": 0.31}), Misfit)


def test_binary_rounding_of_a_sampler_does_not_push_a_trial_outside():
    old = spec_of({"dropout": {"float": [0.0, 0.5], "step": 0.1}})
    new = spec_of({"dropout": {"float": [0.0, 0.6], "step": 0.05}})
    assert adopt(old, new, {"dropout": 0.30000000000000004}) == {"dropout": 0.3}


def test_a_whole_number_is_taken_where_a_float_is_a_parameter_now():
    old = spec_of(data={"augmentation": {"rotation": {"choice": [0, 10]}}})
    new = spec_of(data={"augmentation": {"rotation": {"float": [0.0, 45.0]}}})
    found = adopt(old, new, {"augmentation.rotation": 10})
    assert found == {"augmentation.rotation": 10.0}
    assert isinstance(found["augmentation.rotation"], float)


def test_a_truth_value_is_no_number():
    old = spec_of({"batch_normalization": {"choice": [True, False]}, "depth": {"int": [1, 2]}})
    assert adopt(old, old, {"batch_normalization": True, "depth": 1}) == {"batch_normalization": True, "depth": 1}


def test_a_longer_repeat_keeps_shorter_lists_and_a_shorter_one_leaves_longer_lists_outside():
    short, long = (
        spec_of({"blocks": {"repeat": {"int": [1, most]}, "of": {"filters": {"choice": [8, 16]}}}}) for most in (2, 4)
    )
    params = {"blocks": 2, "blocks.0.filters": 8, "blocks.1.filters": 16}
    assert adopt(short, long, params) == params
    longer = {**params, "blocks": 3, "blocks.2.filters": 8}
    assert reason(long, short, longer) == "blocks = a list of 3, where the new space has a list of 1 or 2"


def test_a_repeat_may_take_the_place_of_a_list():
    old = spec_of({"blocks": [{"filters": 8}, {"filters": {"choice": [8, 16]}}]})
    new = spec_of({"blocks": {"repeat": {"int": [1, 3]}, "of": {"filters": {"int": [4, 32]}}}})
    assert adopt(old, new, {"blocks.1.filters": 16}) == {
        "blocks": 2,
        "blocks.0.filters": 8,
        "blocks.1.filters": 16,
    }


def test_a_word_an_empty_mapping_and_all_defaults_are_one_config():
    spellings = ["adam", {"adam": None}, {"adam": {"beta_1": 0.9}}]
    for was in spellings:
        for now in spellings:
            assert adopt(spec_of(training={"optimizer": was}), spec_of(training={"optimizer": now}), {}) == {}


def test_a_section_that_became_a_choice_of_families_keeps_the_trials_of_its_family():
    old = spec_of({"depth": {"int": [1, 3]}})
    new = parse_spec(
        json.dumps(
            {
                "study": "s",
                "data": {"dataset": "digits", "image_size": 32},
                "model": {"choice": {"vgg16": None, "small": {"family": "simple_cnn", "depth": {"int": [1, 4]}}}},
            }
        ),
        "r.yaml",
    )
    old_at_32 = spec_of({"depth": {"int": [1, 3]}}, data={"image_size": 32})
    assert adopt(old_at_32, new, {"depth": 2}) == {"model": "small", "small.depth": 2}
    assert reason(old, new, {"depth": 2}) == "image_size = none, where the new space has 32"


def test_constraints_leave_configs_out_by_their_text():
    spec = spec_of(
        {"depth": {"int": [1, 4]}, "dense_units": {"choice": [16, 64]}}, constraints=["depth * dense_units <= 128"]
    )
    assert adoption.rule_out(spec, {"depth": 2, "dense_units": 64}) is None
    broken = adoption.rule_out(spec, {"depth": 3, "dense_units": 64})
    assert broken.reason == "it breaks the constraint depth * dense_units <= 128"


def test_constraints_about_the_cost_count_where_the_cost_is_known():
    spec = spec_of({"depth": {"int": [1, 4]}}, constraints=["parameters <= 1000"])
    assert adoption.rule_out(spec, {"depth": 1}) is None
    assert adoption.rule_out(spec, {"depth": 1}, {"parameters": 900}) is None
    broken = adoption.rule_out(spec, {"depth": 1}, {"parameters": 1001})
    assert broken.reason == "it breaks the constraint parameters <= 1000"


def test_a_trial_that_has_not_begun_is_adopted_by_its_names():
    space = spec_of({"depth": {"int": [1, 2]}, "dropout": {"float": [0.0, 0.9]}, "filters": {"choice": [8, 16]}}).space
    assert adoption.adopt(None, {}, space) == {}
    assert adoption.adopt(None, {"dropout": 0.25, "filters": 16}, space) == {"dropout": 0.25, "filters": 16}
    for params, expected in (
        ({"depth": 3}, "depth = 3, where the new space has [1, 2]"),
        ({"filters": 32}, "filters = 32, where the new space has 8 or 16"),
        ({"kernel_size": 3}, "kernel_size = 3, where the new space has no such parameter"),
    ):
        assert adoption.adopt(None, params, space).reason == expected


def test_where_the_data_lies_does_not_count(tmp_path):
    def at(folder):
        (tmp_path / folder).mkdir()
        data = {"dataset": "folder", "path": str(tmp_path / folder), "image_size": 8}
        return spec_of({"depth": {"int": [1, 2]}}, data=data)

    assert adopt(at("here"), at("there"), {"depth": 2}) == {"depth": 2}


# Whatever is widened, every earlier trial stays.


@st.composite
def whole_numbers(draw, low, high):
    """A constant or a range, and a range that holds it."""
    first = draw(st.integers(low + 1, high - 2))
    last = draw(st.integers(first, high - 1))
    step = draw(st.integers(1, 2))
    was = first if first == last else {"int": [first, last]}
    kinds = [{"int": [draw(st.integers(low, first)), draw(st.integers(last + 1, high))]}]
    if first - 2 * step >= low:
        kinds.append({"int": [first - 2 * step, high], "step": step} if step == 1 or first == last else kinds[0])
    kinds.append({"choice": draw(st.permutations(range(first, last + 2)))})
    return was, draw(st.sampled_from(kinds))


@st.composite
def decimals(draw):
    """A constant, a range or steps of it, and what holds it."""
    low, high = draw(st.integers(1, 4)), draw(st.integers(5, 8))
    was = draw(
        st.sampled_from([low / 10, {"float": [low / 10, high / 10]}, {"float": [low / 10, high / 10], "step": 0.1}])
    )
    kinds = [{"float": [draw(st.sampled_from([0.0, 0.05, low / 10])), 0.9]}]
    if not isinstance(was, dict) or "step" in was:
        kinds.append({"float": [0.0, 0.95], "step": draw(st.sampled_from([0.1, 0.05, 0.025]))})
    return was, draw(st.sampled_from(kinds))


@st.composite
def words(draw, every):
    """A word or some of them, and more of them in any order."""
    some = draw(st.lists(st.sampled_from(every), min_size=1, max_size=len(every) - 1, unique=True))
    rest = [word for word in every if word not in some]
    more = draw(st.permutations([*some, *draw(st.lists(st.sampled_from(rest), min_size=1, unique=True))]))
    return (some[0] if len(some) == 1 else {"choice": some}), {"choice": more}


@st.composite
def optimizers(draw):
    """Alternatives, some with parameters of their own, and the same with more of both."""
    momentum, more_momentum = draw(decimals())
    opened = {"adam": None, "rmsprop": {"rho": 0.9}, "sgd": {"momentum": momentum}}
    wider = {
        "adam": draw(st.sampled_from([None, {"beta_1": {"float": [0.5, 0.99]}}])),
        "rmsprop": {"rho": {"choice": [0.5, 0.9]}, "centered": {"choice": [True, False]}},
        "sgd": {"momentum": more_momentum, "nesterov": {"choice": [True, False]}},
    }
    some = draw(st.lists(st.sampled_from(sorted(opened)), min_size=1, unique=True))
    was = {name: opened[name] for name in some}
    return (was if len(was) == 1 else {"choice": was}), {
        "choice": {n: wider[n] for n in draw(st.permutations(sorted(wider)))}
    }


def pairs(draw, **parts):
    """Two mappings, each part in its narrow and its wide form; some parts in neither, or with their default."""
    was, now = {}, {}
    for key, part in parts.items():
        if draw(st.booleans()):
            was[key], now[key] = draw(part)
            if draw(st.booleans()):
                now[key] = was[key]
    return was, now


@st.composite
def widenings(draw):
    model = pairs(
        draw,
        depth=whole_numbers(1, 9),
        dense_units=whole_numbers(0, 64),
        dropout=decimals(),
        batch_normalization=words([True, False]),
        activation=words(["relu", "elu", "gelu", "tanh"]),
    )
    training = pairs(draw, optimizer=optimizers(), batch_size=whole_numbers(1, 99))
    data = pairs(draw, normalization=words(["none", "unit", "standardize"]))
    if draw(st.booleans()):
        model[1]["kernel_size"] = {"choice": draw(st.permutations([3, 5]))}  # the default is among them
    return tuple(spec_of(*each, study="s") for each in zip(model, training, data, strict=True))


@settings(max_examples=80, deadline=None)
@given(widenings(), st.integers(0, 2**32))
def test_widening_keeps_every_draw_with_the_config_that_it_had(specs, seed):
    old, new = specs
    generator = random.Random(seed)
    for _ in range(5):
        params = old.space.draw(generator)
        found = adopt(old, new, params)
        assert not isinstance(found, Misfit), found.reason
        was, now = old.config(params), new.config(found)
        assert (now.data, now.model, now.training) == (was.data, was.model, was.training)


@settings(max_examples=80, deadline=None)
@given(widenings(), st.integers(0, 2**32))
def test_narrowing_keeps_a_trial_with_the_config_that_it_had_or_says_why_not(specs, seed):
    new, old = specs
    generator = random.Random(seed)
    for _ in range(5):
        params = old.space.draw(generator)
        found = adopt(old, new, params)
        if isinstance(found, Misfit):
            assert ", where the new space has " in found.reason
        else:
            assert new.space.tree(found)
            was, now = old.config(params), new.config(found)
            assert (now.data, now.model, now.training) == (was.data, was.model, was.training)


@settings(max_examples=60, deadline=None)
@given(widenings(), st.integers(0, 2**32))
def test_a_trial_that_was_kept_comes_back_as_it_was(specs, seed):
    old, new = specs
    params = old.space.draw(random.Random(seed))
    assert adopt(new, old, adopt(old, new, params)) == old.space.snap(params)
