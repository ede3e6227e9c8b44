"""Intervals and tests of values that vary with the seed of a training and with the images that are predicted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVEL = 0.95
"""How often an interval holds the true value, at least."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate, and between which values the truth lies.

    Attributes:
        estimate: the mean.
        low: the lower end; None where the values do not tell.
        high: the upper end; None likewise.
        p: the probability of an estimate so far from 0 where the truth is 0, on both sides; None likewise.
    """

    estimate: float
    low: float | None = None
    high: float | None = None
    p: float | None = None

    def within(self, least: float, most: float) -> Estimate:
        """Give it with its ends within bounds that no value leaves."""
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(self.low, least), high=min(self.high, most))

    def excludes_zero(self) -> bool:
        """Whether the truth is not 0, as far as the interval can tell."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True)
class TrainedValues:
    """What several trainings of one config came to, on the same images.

    Attributes:
        values: one a training, `[seeds]`.
        contributions: what each image, or each group of images, contributes to the mean of the values, of which it is
            the mean (jackknife pseudo-values), `[images]`; None where what was predicted is not there.
    """

    values: Sequence[float]
    contributions: NDArray[Any] | None = None


def estimate(sample: TrainedValues, choices: int = 1, *, minimizes: bool = False) -> Estimate:
    """Estimate what a config comes to, with seeds of its own, on images like these.

    The variance is that of the mean over the seeds, and that of the mean over the images: the two-way variance of Owen
    (2007), which is a little more than the truth. Student's t, its degrees of freedom by Welch and Satterthwaite.

    Args:
        sample: what its trainings came to.
        choices: among how many values one was chosen by the same images, for being good: trials times epochs. The end
            of the interval at which the truth is worse allows for it (Bonferroni): as many intervals hold at once.
        minimizes: whether a lower value is better.
    """
    parts = [_variance_of_mean(sample.values)]
    if sample.contributions is not None:
        parts.append(_variance_of_mean(sample.contributions))
    return _make_interval(_mean(sample.values), parts, choices, minimizes=minimizes)


def compare(first: TrainedValues, second: TrainedValues) -> Estimate:
    """Estimate by how much the values of the first are higher: seeds are independent, images are paired.

    Welch's t-test over the seeds, with the variance over the images added. Images are the same for both.
    """
    parts = [_variance_of_mean(first.values), _variance_of_mean(second.values)]
    if first.contributions is not None and second.contributions is not None:
        parts.append(_variance_of_mean(first.contributions - second.contributions))
    return _make_interval(_mean(first.values) - _mean(second.values), parts, 1)


def estimate_over_folds(values: Sequence[float], folds: int, choices: int = 1, *, minimizes: bool = False) -> Estimate:
    """Estimate a mean over folds, or that of differences which are paired by seed and fold.

    Trainings on overlapping images are correlated; the correction is that of Nadeau and Bengio (2003), as Bouckaert and
    Frank (2004) have it for repeated folds: the variance of one value times 1/n + 1/(folds - 1).

    Args:
        values: one a seed and fold.
        folds: how many folds there are.
        choices: see `estimate`; trials alone, since few of the images are those that the search has chosen by.
        minimizes: whether a lower value is better.
    """
    variance, freedom = _variance_of_mean(values)
    parts = [(variance * (1 + len(values) / (folds - 1)), freedom)]
    return _make_interval(_mean(values), parts, choices, minimizes=minimizes)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _variance_of_mean(values: Sequence[float] | NDArray[Any]) -> tuple[float, int]:
    """Give the variance of the mean of independent values, and its degrees of freedom; 0 for none that is known."""
    import numpy as np

    if len(values) < 2:  # noqa: PLR2004 - one value tells no variance
        return 0.0, 0
    return float(np.var(values, ddof=1)) / len(values), len(values) - 1


def _make_interval(
    mean: float, parts: Sequence[tuple[float, int]], choices: int, *, minimizes: bool = False
) -> Estimate:
    from scipy.stats import t

    variance = math.fsum(part for part, _ in parts)
    if not any(freedom for _, freedom in parts):
        return Estimate(mean)
    weight = math.fsum(part**2 / freedom for part, freedom in parts if freedom)
    freedom = variance**2 / weight if weight else max(freedom for _, freedom in parts)
    error = math.sqrt(variance)
    tail = (1 - LEVEL) / 2
    better, worse = float(t.isf(tail, freedom)) * error, float(t.isf(tail / choices, freedom)) * error
    below, above = (better, worse) if minimizes else (worse, better)
    p = float(2 * t.sf(abs(mean) / error, freedom)) if error else float(mean == 0)
    return Estimate(mean, mean - below, mean + above, p)
