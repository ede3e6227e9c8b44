"""Ranks are told where resampled shares keep their order."""

from __future__ import annotations

import numpy as np

from hpo.analysis.importance.ranking import rank_shares


def resample(means, deviation, n=200):
    noise = np.random.default_rng(0).normal(0, deviation, (n, len(means)))
    return np.array(means) + noise


def test_shares_far_apart_have_each_its_rank():
    ranking = rank_shares(resample([0.2, 0.7, 0.1], 0.005), np.array([True, True, True]))
    assert ranking.ranks.tolist() == [[2, 2], [1, 1], [3, 3]]
    assert (ranking.lows < ranking.shares).all()
    assert (ranking.shares < ranking.highs).all()


def test_shares_that_change_their_order_have_the_ranks_that_are_possible():
    ranking = rank_shares(resample([0.42, 0.4, 0.18], 0.03), np.array([True, True, True]))
    assert ranking.ranks.tolist() == [[1, 2], [1, 2], [3, 3]]


def test_a_parameter_alone_is_the_first():
    assert rank_shares(np.ones((100, 1)), np.array([True])).ranks.tolist() == [[1, 1]]
