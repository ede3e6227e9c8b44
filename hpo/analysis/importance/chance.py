"""Which parameters do more than chance would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpo.analysis.importance.sample import MeasuredAxis, TrialSample

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PERMUTATIONS = 400
_CHANCE = 0.05
_GROUPS = 3


def find_influential(sample: TrialSample, random: Any) -> NDArray[Any]:  # noqa: ANN401 - NumPy's generator
    """Find the parameters that explain more of the values than chance would.

    What one explains is the share of the variance of the values' ranks that lies between groups of the trials that have
    it: those of each alternative, or thirds of a number. It is held against the most that any parameter explains where
    the values are exchanged at random (a permutation test; Westfall and Young, 1993), so that among many parameters
    that do nothing, one is found to do so in one of twenty studies.

    Args:
        sample: the trials.
        random: exchanges values.

    Returns:
        `[parameters]`: whether each does.
    """
    explained = explain_each_alone(sample, random)
    most = explained[:, 1:].max(axis=0)
    as_much = (most >= explained[:, :1] - 1e-9).sum(axis=1)
    influential: NDArray[Any] = (1 + as_much) / (1 + len(most)) < _CHANCE
    return influential


def explain_each_alone(sample: TrialSample, random: Any) -> NDArray[Any]:  # noqa: ANN401 - as above
    """Compute what each parameter explains of the values, and of the same values exchanged at random.

    Returns:
        `[parameters, 1 + permutations]`: the share of the variance of ranks that it explains, less what so many groups
        explain by chance.
    """
    import numpy as np
    from scipy.stats import rankdata

    ranks = rankdata(sample.values)
    ranks = (ranks - ranks.mean()) / max(float(ranks.std()), 1e-12)
    exchanged = np.stack([ranks, *(random.permutation(ranks) for _ in range(_PERMUTATIONS))])
    explained = []
    for axis, positions in zip(sample.axes, sample.positions.T, strict=True):
        having = np.flatnonzero(~np.isnan(positions))
        groups = _make_groups(axis, positions[having])
        sizes, of_those = groups.sum(axis=0), exchanged[:, having]
        sums = (of_those - of_those.mean(axis=1, keepdims=True)) @ groups
        by_chance = (len(sizes) - 1) / max(len(ranks) - 1, 1)
        explained.append((sums**2 / sizes).sum(axis=1) / len(ranks) - by_chance)
    return np.array(explained)


def _make_groups(axis: MeasuredAxis, positions: NDArray[Any]) -> NDArray[Any]:
    """Put trials into groups by a parameter: `[trials, groups]`, 0 or 1; no group is empty."""
    import numpy as np

    labels = positions
    if not axis.is_choice and len(np.unique(positions)) > _GROUPS:
        bounds = np.quantile(positions, [group / _GROUPS for group in range(1, _GROUPS)])
        labels = np.searchsorted(bounds, positions, side="right")
    groups: NDArray[Any] = (labels[:, None] == np.unique(labels)).astype(float)
    return groups
