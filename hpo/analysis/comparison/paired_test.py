"""Whether two models differ by more than chance, on the images that both predicted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from hpo.analysis.predictions import Predictions
from hpo.analysis.proportions import (
    LEVEL,
    ConfidenceInterval,
    difference_interval,
    mcnemar_mid_p,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MCNEMAR, BOOTSTRAP = "McNemar's test (mid-p)", "paired bootstrap"
SIGNIFICANT = 1 - LEVEL
_RESAMPLES = 2000
_SEED = 0


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Two models compared on the same images.

    Attributes:
        first: the study of the one.
        second: the study of the other.
        test: its name.
        metric: what is compared.
        images: how many both predicted.
        gained: how many the first has right, and the second wrong.
        lost: how many the second has right, and the first wrong.
        difference: of the metric, the first less the second.
        interval: those of all pairs that are compared hold at once, 95 times of 100.
        p: how often chance alone gives a difference as large, or larger, in one of the pairs (Bonferroni).
    """

    first: str
    second: str
    test: str
    metric: str
    images: int
    gained: int
    lost: int
    difference: float
    interval: ConfidenceInterval
    p: float

    @property
    def is_separable(self) -> bool:
        """Whether the difference is more than chance would give."""
        return self.p < SIGNIFICANT

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "separable": self.is_separable}

    def seen_from(self, name: str) -> PairedTest:
        """Give the same test with this study as the first."""
        if name == self.first:
            return self
        low, high = self.interval
        return replace(
            self,
            first=self.second,
            second=self.first,
            gained=self.lost,
            lost=self.gained,
            difference=-self.difference,
            interval=(-high, -low),
        )


def run_tests(predictions: Mapping[str, Predictions], metric: str) -> list[PairedTest]:
    """Test each pair of models.

    Args:
        predictions: of the same images in the same order, by the name of the study.
        metric: `accuracy`, by McNemar's test; else `macro_f1`, `macro_precision` or `macro_recall`, by the bootstrap.
    """
    pairs = list(combinations(predictions, 2))
    return [_run_test((one, two), predictions[one], predictions[two], metric, len(pairs)) for one, two in pairs]


def _run_test(names: tuple[str, str], one: Predictions, two: Predictions, metric: str, pairs: int) -> PairedTest:
    correct, other = one.correct, two.correct
    gained, lost = int((correct & ~other).sum()), int((~correct & other).sum())
    if metric == "accuracy":
        difference, interval = (gained - lost) / len(one), difference_interval(gained, lost, len(one), pairs)
        p, test = mcnemar_mid_p(gained, lost), MCNEMAR
    else:
        difference, interval, p = _bootstrap(one, two, metric, pairs)
        test = BOOTSTRAP
    return PairedTest(*names, test, metric, len(one), gained, lost, difference, interval, min(1.0, pairs * p))


def _bootstrap(one: Predictions, two: Predictions, metric: str, pairs: int) -> tuple[float, ConfidenceInterval, float]:
    """Draw images anew, with both predictions of each (Efron, 1979).

    Returns:
        The difference, its interval, and twice the share of draws in which it has the other sign.
    """
    import numpy as np

    random, columns = np.random.default_rng(_SEED), (one.predicted, two.predicted)

    def measure(rows: NDArray[np.intp]) -> float:
        first, second = (compute_macro(one.labels[rows], column[rows], metric, len(one.classes)) for column in columns)
        return first - second

    whole = measure(np.arange(len(one)))
    draws = np.array([measure(random.integers(0, len(one), len(one))) for _ in range(_RESAMPLES)])
    tail = (1 - LEVEL) / 2 / pairs
    low, high = np.quantile(draws, [tail, 1 - tail])
    opposite = min((draws <= 0).sum(), (draws >= 0).sum())
    return whole, (float(low), float(high)), float(min(1.0, 2 * (opposite + 1) / (_RESAMPLES + 1)))


def compute_macro(labels: NDArray[Any], predicted: NDArray[Any], metric: str, classes: int) -> float:
    """Compute the mean of a figure over the classes that are there or predicted.

    Args:
        labels: `[n]`.
        predicted: `[n]`.
        metric: `macro_f1`, `macro_precision` or `macro_recall`.
        classes: how many there are.
    """
    import numpy as np

    images, guesses = (np.bincount(column, minlength=classes) for column in (labels, predicted))
    right = np.bincount(labels[labels == predicted], minlength=classes)
    denominator = {"macro_f1": (images + guesses) / 2, "macro_precision": guesses, "macro_recall": images}[metric]
    there = (images + guesses) > 0
    return float((right[there] / np.maximum(denominator[there], 1e-9)).mean())
