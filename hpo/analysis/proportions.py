"""Shares of images: how sure one is, how sure a difference of two on the same images is, and whether it is chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

LEVEL = 0.95
"""Of intervals."""
_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)

ConfidenceInterval = tuple[float, float]


def wilson_interval(share: float, count: int) -> ConfidenceInterval:
    """Compute the 95 % interval of a share of `count` images (Wilson, 1927); it holds near 0 and 1, too."""
    center = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z / (1 + _Z**2 / count) * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    return max(0.0, center - half), min(1.0, center + half)


def difference_interval(gained: int, lost: int, count: int, pairs: int = 1) -> ConfidenceInterval:
    """Compute the 95 % interval of the difference of two shares of the same images (Agresti and Min, 2005).

    Args:
        gained: how many images the first has right, and the second wrong.
        lost: how many the second has right, and the first wrong.
        count: of images.
        pairs: how many such intervals hold at once, 95 times of 100 (Bonferroni).
    """
    z = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2 / pairs)
    gained_s, lost_s, total = gained + 0.5, lost + 0.5, count + 2  # which keeps it from 0 where they never differ
    difference = (gained_s - lost_s) / total
    half = z * math.sqrt(gained_s + lost_s - (gained_s - lost_s) ** 2 / total) / total
    return max(-1.0, difference - half), min(1.0, difference + half)


def mcnemar_mid_p(gained: int, lost: int) -> float:
    """Test whether two models are right as often, on the images where one is right and the other wrong.

    McNemar's test in its mid-p form, which holds its level where such images are few (Fagerland et al., 2013).
    """
    from scipy.stats import binom

    fewer, both = min(gained, lost), gained + lost
    if gained == lost:
        return 1.0
    return float(2 * binom.cdf(fewer, both, 0.5) - binom.pmf(fewer, both, 0.5))


def correct_for_many(values: Sequence[float]) -> list[float]:
    """Correct p-values for their number (Holm, 1979): of all those at most 0.05, one is chance in 20 such families."""
    order = sorted(range(len(values)), key=values.__getitem__)
    corrected, largest = [0.0] * len(values), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(values) - rank) * values[index]))
        corrected[index] = largest
    return corrected


def expected_excess(contenders: int) -> float:
    """Give by how many standard errors the best of so many equally good ones looks better, by chance (Blom, 1958)."""
    return NormalDist().inv_cdf((contenders - 0.375) / (contenders + 0.25)) if contenders > 1 else 0.0
