"""How sure importances are: intervals of their shares, and the ranks that can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Ranking:
    """Shares of importance with what can be said of them.

    Attributes:
        shares: `[parameters]`, their mean over resamples; they add up to 1.
        lows: `[parameters]`, where the interval of 95 % begins.
        highs: `[parameters]`, where it ends.
        ranks: `[parameters, 2]`, the highest and the lowest rank that is possible, 1 for the most important.
    """

    shares: NDArray[Any]
    lows: NDArray[Any]
    highs: NDArray[Any]
    ranks: NDArray[Any]


def rank_shares(resampled: NDArray[Any], influential: NDArray[Any]) -> Ranking:
    """Rank parameters by their shares, as far as those can be told apart.

    Two parameters are separable where the mean difference of their shares is further from zero than, in 95 % of
    resamples, any of the differences is from its own mean, all in units of their standard deviations (the bootstrap of
    the largest deviation; ranks of it as in Mogstad et al., 2024). So it holds for all pairs at once. Those of two
    parameters that do no more than chance are left out: they have no rank.

    Args:
        resampled: `[resamples, parameters]`, shares in trials that were drawn with replacement.
        influential: `[parameters]`, whether each does more than chance.
    """
    import numpy as np

    shares = resampled.mean(axis=0)
    tail = (1 - LEVEL) / 2
    lows, highs = np.quantile(resampled, [tail, 1 - tail], axis=0)
    above = np.zeros((len(shares), len(shares)), bool)
    first, second = np.triu_indices(len(shares), 1)
    compared = influential[first] | influential[second]
    first, second = first[compared], second[compared]
    if len(first):
        differences = resampled[:, first] - resampled[:, second]
        means, deviations = differences.mean(axis=0), differences.std(axis=0) + 1e-9
        farthest = np.abs((differences - means) / deviations).max(axis=1)
        distances, needed = means / deviations, np.quantile(farthest, LEVEL)
        above[first, second], above[second, first] = distances > needed, distances < -needed
    ranks = np.stack([1 + above.sum(axis=0), len(shares) - above.sum(axis=1)], axis=1)
    return Ranking(shares, lows, highs, ranks)
