"""The generators of random numbers that a process shares: brought back, they go on where they were."""

from __future__ import annotations

import random

import numpy as np
import pytest

pytestmark = pytest.mark.engine


def draw() -> list[float]:
    return [random.random(), random.gauss(0, 1), *np.random.random(2), *np.random.normal(size=3)]


@pytest.mark.parametrize("draws", [0, 1], ids=["at the beginning", "with half a pair of normal numbers left"])
def test_generators_go_on_where_they_were(draws: int):
    from hpo.training.network.generators import read_generators, write_generators

    random.seed(5)
    np.random.seed(5)
    for _ in range(draws):
        draw()
    states = read_generators()
    assert all(array.dtype != object for array in states.values())
    expected = [draw(), draw()]
    write_generators(states)
    assert [draw(), draw()] == expected


def test_a_generator_that_replaced_numpys_own_is_left_alone():
    from hpo.training.network.generators import read_generators, write_generators

    own = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(3))
    try:
        states = read_generators()
        assert "numpy" not in states
        write_generators(states)
    finally:
        np.random.set_bit_generator(own)
