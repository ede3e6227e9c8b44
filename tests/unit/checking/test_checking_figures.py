"""Extremes of a figure over a space."""

from __future__ import annotations

from hpo.checking.exploration import draw_sample
from hpo.checking.figures import range_of
from hpo.spaces import Choice, Float, Int, Params, SearchSpace
from hpo.spaces.space.parameters import Alternative

DEPTH, RATE = Int("depth", 1, 7), Float("rate", 0.0, 1.0)
WIDTH = Choice("width", tuple(Alternative(width, width) for width in (16, 64, 32)))
SPACE = SearchSpace({"depth": DEPTH, "width": WIDTH, "rate": RATE})


def figure(params: Params) -> float:
    return float(params["width"]) * (10 - abs(params["depth"] - 4))  # most in the middle of depth


def test_the_extremes_are_found_where_no_corner_shows_them():
    sample = draw_sample(SPACE, lambda _: True, 0, 0)
    figures = range_of(SPACE, figure, sample.all(), sample.points)
    assert figures is not None
    assert (figures.smallest.value, figures.largest.value) == (16 * 7, 64 * 10)
    assert figures.largest.params == {"depth": 4, "width": 64}, "the rate does not decide it"


def test_what_does_not_count_is_no_extreme():
    sample = draw_sample(SPACE, lambda _: True, 20, 0)
    figures = range_of(SPACE, lambda p: None if p["width"] == 64 else figure(p), sample.all(), sample.points)
    assert figures is not None
    assert figures.largest.value == 32 * 10


def test_where_nothing_counts_there_is_no_range():
    sample = draw_sample(SPACE, lambda _: True, 20, 0)
    assert range_of(SPACE, lambda _: None, sample.all(), sample.points) is None


def test_a_sample_holds_each_config_once_and_only_what_is_admitted():
    sample = draw_sample(SPACE, lambda params: params["depth"] < 3, 50, 0)
    configs = [tuple(params.items()) for params in sample.corners]
    assert len(configs) == len(set(configs))
    assert len(sample.points) == 50
    assert all(params["depth"] < 3 for params in sample.all())
    assert sample == draw_sample(SPACE, lambda params: params["depth"] < 3, 50, 0)
