"""What the best trials have in common: PED-ANOVA."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpo.analysis.importance.sample import Measure, MeasuredAxis, TrialSample

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOP = 0.1
_LEAST_TOP = 5
"""Trials that the best tenth holds at least, as its authors advise."""
_CELLS = 50
_LEAST_HAVING = 2
"""Trials with a parameter, without which it counts for nothing."""
_NARROWEST = 0.5 / 1.64
"""Cells: nine tenths of a kernel lie in its own cell then."""


@dataclass(frozen=True, slots=True)
class _GriddedAxis:
    """A parameter of which each value is in one of some cells.

    Attributes:
        cells: `[trials]`, the cell of each trial, 0 where it does not have the parameter.
        has: `[trials]`, whether it does.
        size: how many cells there are.
        is_choice: whether cells have no order.
    """

    cells: NDArray[Any]
    has: NDArray[Any]
    size: int
    is_choice: bool

    def count(self, counts: NDArray[Any]) -> NDArray[Any]:
        """Count the trials in each cell, of how often each trial is drawn: `[cells]`."""
        import numpy as np

        return np.bincount(self.cells[self.has], counts[self.has], self.size)


def prepare_ped_anova(sample: TrialSample) -> Measure:
    """Measure how far the values of the best tenth of trials are distributed otherwise than those of all trials.

    Of Watanabe et al. (2023), and of its extension to conditional parameters (Conditional PED-ANOVA, 2026). For numbers
    it is Optuna 5's `PedAnovaImportanceEvaluator`, to the last digits, in a tenth of its time. Optuna smooths the
    alternatives of a choice as if each had been drawn once, however many trials there are, so that a choice with two
    alternatives comes to a fourth of its importance or less; here, the more trials, the less it is smoothed.
    """
    axes = [_lay_on_grid(axis, sample.positions[:, i]) for i, axis in enumerate(sample.axes)]
    conditions = list(sample.conditions())

    def measure(counts: NDArray[Any], random: Any) -> tuple[NDArray[Any], NDArray[Any]]:  # noqa: ANN401 - not needed
        import numpy as np

        whole = _evaluate(axes, sample.values, counts)
        within = whole / (whole.sum() or 1.0)
        for rows, parameters in conditions:
            measured = _evaluate(axes, sample.values, np.where(np.isin(np.arange(len(counts)), rows), counts, 0))
            within[parameters] = measured[parameters] / (measured.sum() or 1.0)
        return whole, within

    return measure


def choose_share(trials: int) -> float:
    """Choose the share of so many trials that are the best: a tenth, or more where a tenth is less than five trials."""
    return max(_TOP, _LEAST_TOP / trials)


def _lay_on_grid(axis: MeasuredAxis, positions: NDArray[Any]) -> _GriddedAxis:
    """Put the values of a parameter into cells: as many as there are values, or 50 of one width."""
    import numpy as np
    from optuna.distributions import IntDistribution

    has = ~np.isnan(positions)
    places = np.where(has, positions, 0.0)
    if axis.is_choice:
        return _GriddedAxis(places.astype(int), has, len(axis.cells), is_choice=True)
    distribution: Any = axis.distribution
    size = _CELLS
    if isinstance(distribution, IntDistribution):
        values = distribution.high - distribution.low + 1
        size = min(math.ceil(math.log2(values)) + 1 if distribution.log else values, _CELLS)
    cells = np.clip(np.ceil(places * (size - 1) - 0.5).astype(int), 0, size - 1)  # between two cells: the lower one
    return _GriddedAxis(cells, has, size, is_choice=False)


def _evaluate(axes: list[_GriddedAxis], values: NDArray[Any], counts: NDArray[Any]) -> NDArray[Any]:
    """Measure each parameter, `[parameters]`, of how often each trial is drawn."""
    import numpy as np

    importances = np.zeros(len(axes))
    drawn = int(counts.sum())
    if drawn <= _LEAST_TOP:
        return importances
    order = np.argsort(values, kind="stable")
    n_top = math.ceil(choose_share(drawn) * drawn)
    last = order[np.searchsorted(counts[order].cumsum(), n_top)]
    of_top = np.where(values <= values[last], counts, 0)
    for i, axis in enumerate(axes):
        all_cells, top_cells = axis.count(counts), axis.count(of_top)
        if all_cells.sum() < _LEAST_HAVING or not top_cells.sum():
            continue
        top, everywhere = _estimate_density(axis, top_cells), _estimate_density(axis, all_cells)
        divergence = (everywhere * (top / everywhere - 1) ** 2).sum()
        importances[i] = (top_cells.sum() / of_top.sum()) ** 2 / (all_cells.sum() / drawn) * divergence
    return np.asarray(importances * (of_top.sum() / drawn) ** 2)


def _estimate_density(axis: _GriddedAxis, counts: NDArray[Any]) -> NDArray[Any]:
    """Estimate how probable each cell is, `[cells]`: a kernel for each trial, and one for all cells (Parzen's)."""
    import numpy as np
    from scipy.special import ndtr

    cells = np.flatnonzero(counts)
    weights = counts[cells]
    total = weights.sum()
    if axis.is_choice:
        kernels = np.full((len(cells), axis.size), 1 / (total + 1))
        kernels[np.arange(len(cells)), cells] += 1
        mixed = weights @ (kernels / kernels.sum(axis=1, keepdims=True)) + 1 / axis.size
    else:
        means = np.append(cells, (axis.size - 1) / 2)
        widths = np.full(len(means), max(_choose_width(cells, weights), _NARROWEST))
        widths[-1] = axis.size
        below = ndtr((np.arange(axis.size + 1) - 0.5 - means[:, None]) / widths[:, None])
        kernels = np.diff(below, axis=1) / (below[:, -1:] - below[:, :1])
        mixed = np.append(weights, 1.0) @ kernels
    density: NDArray[Any] = mixed / (total + 1) + 1e-12
    return density


def _choose_width(cells: NDArray[Any], weights: NDArray[Any]) -> float:
    """Choose the width of kernels, in cells, by Scott's rule (1992)."""
    import numpy as np

    cumulated, total = weights.cumsum(), weights.sum()
    deviation = math.sqrt(((cells - cells @ weights / total) ** 2 @ weights) / max(1, total - 1))
    first = np.searchsorted(cumulated, total // 4, side="left")
    third = min(np.searchsorted(cumulated, total * 3 // 4, side="right"), len(cells) - 1)
    spread = float(cells[third] - cells[first])
    return float(1.059 * min(spread / 1.34, deviation) * total**-0.2)
