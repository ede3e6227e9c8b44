"""Numbers as places between 0 and 1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpo.search.optuna.qmc_sampler import NumberedQmc
from hpo.search.optuna.unit_cube import from_unit, to_unit
from hpo.spaces import Choice, Float, Int, SearchSpace
from hpo.spaces.space.parameters import Alternative
from hpo.studies import distribution


@st.composite
def ints(draw):
    log = draw(st.booleans())
    low = draw(st.integers(1 if log else -1000, 1000))
    high = low + draw(st.integers(1, 2000))
    return Int("n", low, high, step=1 if log else draw(st.integers(1, high - low)), log=log)


@st.composite
def floats(draw):
    log = draw(st.booleans())
    if log or draw(st.booleans()):
        low = draw(st.floats(1e-6, 1e3) if log else st.floats(-1e3, 1e3))
        return Float("x", low, low + draw(st.floats(1e-3, 1e3)), log=log)
    low, width = draw(st.integers(-1000, 1000)), draw(st.integers(1, 1000))  # hundredths, as people write steps
    return Float("x", low / 100, (low + width) / 100, step=draw(st.integers(1, width)) / 100)


@given(ints(), st.data())
def test_a_whole_number_comes_back_from_its_place(number, data):
    value = number.nth(data.draw(st.integers(0, number.size - 1)))
    place = to_unit(number, value)
    assert 0 < place < 1
    assert from_unit(number, place) == value


@given(floats(), st.floats(0, 1))
def test_a_number_comes_back_from_its_place(number, place):
    value = from_unit(number, place)
    assert number.low <= value <= number.high
    assert from_unit(number, to_unit(number, value)) == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(st.one_of(ints(), floats()), st.floats(-2, 3))
def test_every_place_is_a_value_that_the_parameter_has(number, place):
    value = from_unit(number, place)
    assert distribution(number)._contains(distribution(number).to_internal_repr(value))
    assert type(value) is (int if isinstance(number, Int) else float)


@given(floats(), st.floats(0, 1), st.floats(0, 1))
def test_the_order_of_places_is_the_order_of_values(number, one, other):
    low, high = sorted((one, other))
    assert from_unit(number, low) <= from_unit(number, high)


def test_every_value_of_a_whole_number_has_the_same_share():
    number = Int("n", 1, 4)
    found = [from_unit(number, (index + 0.5) / 400) for index in range(400)]
    assert [found.count(value) for value in (1, 2, 3, 4)] == [100, 100, 100, 100]


def test_the_axes_are_the_numbers_that_every_trial_has():
    opens = Choice("a", (Alternative("x", None), Alternative("y", Float("hidden", 0.0, 1.0))))
    depth, rate = Int("depth", 1, 3), Float("rate", 0.1, 1.0)
    sampler = NumberedQmc(SearchSpace({"model": {"depth": depth, "a": opens, "rate": rate}}), 0, "sobol")
    assert list(sampler.infer_relative_search_space(None, None)) == ["depth", "rate"]
