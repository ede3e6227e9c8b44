"""Extremes of a figure over a space, and times from a few measurements."""

from __future__ import annotations

import pytest

from hpo.checking.exploration import sample
from hpo.checking.figures import range_of
from hpo.checking.times import Speed, Timed
from hpo.spaces import Choice, Float, Int, Params, SearchSpace
from hpo.spaces.space.parameters import Alternative

DEPTH, RATE = Int("depth", 1, 7), Float("rate", 0.0, 1.0)
WIDTH = Choice("width", tuple(Alternative(width, width) for width in (16, 64, 32)))
SPACE = SearchSpace({"depth": DEPTH, "width": WIDTH, "rate": RATE})


def figure(params: Params) -> float:
    return float(params["width"]) * (10 - abs(params["depth"] - 4))  # most in the middle of depth


def test_the_extremes_are_found_where_no_corner_shows_them():
    tried = sample(SPACE, lambda _: True, 0, 0)
    found = range_of(SPACE, figure, tried.all(), tried.points)
    assert found is not None
    assert (found.smallest.value, found.largest.value) == (16 * 7, 64 * 10)
    assert found.largest.params == {"depth": 4, "width": 64}, "the rate does not decide it"


def test_what_does_not_count_is_no_extreme():
    tried = sample(SPACE, lambda _: True, 20, 0)
    found = range_of(SPACE, lambda p: None if p["width"] == 64 else figure(p), tried.all(), tried.points)
    assert found is not None
    assert found.largest.value == 32 * 10


def test_where_nothing_counts_there_is_no_range():
    tried = sample(SPACE, lambda _: True, 20, 0)
    assert range_of(SPACE, lambda _: None, tried.all(), tried.points) is None


def test_a_sample_holds_each_config_once_and_only_what_is_admitted():
    tried = sample(SPACE, lambda params: params["depth"] < 3, 50, 0)
    configs = [tuple(params.items()) for params in tried.corners]
    assert len(configs) == len(set(configs))
    assert len(tried.points) == 50
    assert all(params["depth"] < 3 for params in tried.all())
    assert tried == sample(SPACE, lambda params: params["depth"] < 3, 50, 0)


def timed(flops: float, batch_size: int) -> Timed:
    """A machine that needs 10 us an image, 1 us for 1,000 operations, and 1 ms a step."""
    return Timed(
        training_flops=3 * flops,
        flops=flops,
        batch_size=batch_size,
        images_per_second=1 / (10e-6 + 3e-9 * flops + 1e-3 / batch_size),
        evaluated_images_per_second=1 / (5e-6 + 1e-9 * flops + 0.5e-3 / batch_size),
        startup_s=2.0,
    )


def test_times_between_and_beyond_measurements_follow_them():
    speed = Speed([timed(1e4, 16), timed(1e4, 256), timed(1e6, 64), timed(1e7, 32)])
    for flops, batch_size in ((1e5, 32), (5e6, 128), (3e7, 64)):
        expected, found = timed(flops, batch_size), speed.of(3 * flops, flops, batch_size)
        assert found.images_per_second == pytest.approx(expected.images_per_second, rel=0.01)
        assert found.evaluated_images_per_second == pytest.approx(expected.evaluated_images_per_second, rel=0.01)
        assert found.startup_s == pytest.approx(2.0, rel=0.01)


def test_one_measurement_is_enough_for_its_own_kind():
    found = Speed([timed(1e6, 32)]).of(3e6, 1e6, 32)
    assert found.images_per_second == pytest.approx(timed(1e6, 32).images_per_second)


def test_a_larger_network_is_never_foreseen_to_be_faster():
    noisy = [timed(1e6, 32), Timed(6e6, 2e6, 32, 1e6, 1e6, 0.1)]
    speed = Speed(noisy)
    assert speed.of(6e8, 2e8, 32).images_per_second <= speed.of(6e6, 2e6, 32).images_per_second
