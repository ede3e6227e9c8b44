"""The sampler `auto`: a Gaussian process that learns from the learning curves of all trials, the stopped ones too."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from hpo.search.optuna.config_rows import ConfigRows, RowMatrix
from hpo.search.optuna.untried import SeededPerTrial
from hpo.search.seeding import trial_seed
from hpo.spaces import Params, ScalarValue, SearchSpace
from hpo.studies.store.stored import state_of

if TYPE_CHECKING:
    from hpo.search.optuna.gaussian_process import GaussianProcess

_STARTUP = 6
"""Trials with reports before the process is asked; of which the first has the priors, or the middle of the ranges."""
_MOST = 120
"""Observations that the process is fitted to, the best ones; the time for it grows with their third power."""
_DRAWN, _CHANGED, _REFINED = 250, 150, 60
"""Candidates: of the whole space, near the best trials, near the best candidates."""
_BEST = 5
_SOFTENING = 0.05
"""Below that share of the median distance from the best, distances count as much as each other."""
_RUNG_FACTOR = 3
_PRIOR_WIDTH, _PRIOR_TRIALS = 0.2, 10
"""How far from a prior a number is a guess as good as itself, in parts of its range; how long the prior counts."""
_WITHOUT = (TrialState.PRUNED, TrialState.FAIL)
"""How a trial has ended that tells something though it has no curve."""
_LOOKED_AT = 50
"""Of the most promising candidates, those that are held against the constraints."""


@dataclass(frozen=True, slots=True)
class _Curve:
    """What a trial has shown: its row, and its best value by each epoch, larger ones being better."""

    row: RowMatrix
    values: RowMatrix


class _Ends:
    """How far trials lie behind the best one at their last epochs.

    Attributes:
        best: the best value of any trial by each epoch.
        epochs: the last one of each trial.
        gaps: the distance from the best value by that epoch.
    """

    def __init__(self, curves: Sequence[_Curve], epochs: int) -> None:
        self.epochs = np.fromiter((len(curve.values) for curve in curves), np.intp, len(curves))
        values = np.full((len(curves), epochs), -np.inf)
        values[np.arange(epochs) < self.epochs[:, None]] = np.concatenate([curve.values for curve in curves])
        self.best: RowMatrix = values.max(axis=0)
        self.gaps: RowMatrix = self.best[self.epochs - 1] - values[np.arange(len(curves)), self.epochs - 1]


class CurveSampler(SeededPerTrial):
    """Chooses by expected improvement at the last epoch.

    An observation is how far a trial lies behind the best one at the same epoch, which can be told of any epoch; the
    epoch is one more axis of the process, so that early ones count for what they tell of the last. A trial that was
    ruled out, or has ended without a number, counts as the worst: the process would ask for its like for ever.
    """

    attempts = 3
    """The maximum of an acquisition function hardly depends on the seed."""

    def __init__(
        self, space: SearchSpace, seed: int, epochs: int, *, maximize: bool, admits: Callable[[Params], bool]
    ) -> None:
        """Prepare.

        Args:
            space: what to search.
            seed: the study's.
            epochs: the most that a trial may have.
            maximize: whether larger values are better.
            admits: whether a config meets the constraints, as far as it alone tells.
        """
        super().__init__(seed, lambda seed: optuna.samplers.RandomSampler(seed=seed))  # which is not asked
        self._configs = ConfigRows(space)
        self._epochs, self._sign, self._admits = epochs, 1.0 if maximize else -1.0, admits
        self._ended: dict[int, tuple[FrozenTrial, _Curve]] = {}
        self._generator = np.random.default_rng(seed)
        self._attempt = 0

    def begin(self, study: optuna.Study, trial: FrozenTrial, attempt: int) -> None:
        """Seed what is drawn next."""
        self._attempt = attempt
        self._generator = np.random.default_rng(trial_seed(self._seed, trial.number, attempt))

    def draw(
        self, space: SearchSpace, study: optuna.Study, trial: FrozenTrial, fixed: Mapping[str, ScalarValue]
    ) -> Params:
        """Draw a config; `fixed` values are not drawn."""
        rows = self._rank(study, trial, fixed)
        for row in rows[:_LOOKED_AT]:
            params = self._configs.params(row, fixed)
            if self._admits(params):
                return params
        return self._configs.params(rows[0], fixed)

    def _rank(self, study: optuna.Study, trial: FrozenTrial, fixed: Mapping[str, ScalarValue]) -> RowMatrix:
        """Give candidates, the most promising one first."""
        others = [other for other in study.get_trials(deepcopy=False) if other.number != trial.number and other.params]
        shown = [(other, self._curve_of(other)) for other in others]
        curves = [curve for _, curve in shown if curve is not None]
        configs, generator = self._configs, self._generator
        if len(curves) < _STARTUP:
            rows = configs.empty(_LOOKED_AT)
            if trial.number == 0 and self._attempt == 0:
                rows[0] = configs.middle()
            return configs.settle(rows, fixed, generator)
        from hpo.search.optuna.gaussian_process import BLAS  # not before it is needed: SciPy takes half a second

        excluded = [other for other, curve in shown if curve is None and other.state in _WITHOUT]
        running = [configs.row(other.params) for other in others if other.state == TrialState.RUNNING]
        with BLAS.limit(limits=1, user_api="blas"):
            return self._rank_by_model(curves, excluded, running, fixed)

    def _rank_by_model(
        self,
        curves: list[_Curve],
        excluded: list[FrozenTrial],
        running: list[RowMatrix],
        fixed: Mapping[str, ScalarValue],
    ) -> RowMatrix:
        """Give candidates by the improvement that a Gaussian process expects of them."""
        from hpo.search.optuna.gaussian_process import log_improvement

        configs, generator = self._configs, self._generator
        model, best = self._fit(curves, excluded)
        if running:
            model.believe(self._points_at_the_end(np.array(running)))
        seen = np.array([curve.row for curve in curves])
        incumbent = float(model.predict_mean(self._points_at_the_end(seen)).max())
        weight = _PRIOR_TRIALS / len(curves)

        def score(rows: RowMatrix) -> RowMatrix:
            mean, deviation = model.predict(self._points_at_the_end(rows))
            return log_improvement(mean, deviation, incumbent) + weight * configs.log_prior(rows, _PRIOR_WIDTH)

        near = configs.change(best[np.arange(_CHANGED) % len(best)], self._widths(_CHANGED, -2.0, -0.5), generator)
        rows = configs.settle(np.vstack([configs.empty(_DRAWN), near]), fixed, generator)
        rows = rows[np.argsort(-score(rows), kind="stable")][:_LOOKED_AT]
        near = configs.change(rows[np.arange(_REFINED) % 4], self._widths(_REFINED, -2.5, -0.8), generator)
        rows = np.vstack([rows, configs.settle(near, fixed, generator)])
        ranked: RowMatrix = rows[np.argsort(-score(rows), kind="stable")]
        return ranked

    def _widths(self, count: int, low: float, high: float) -> RowMatrix:
        widths: RowMatrix = 10 ** self._generator.uniform(low, high, count)
        return widths

    def _points_at_the_end(self, rows: RowMatrix) -> RowMatrix:
        return np.column_stack([self._configs.points(rows), np.ones(len(rows))])

    def _curve_of(self, trial: FrozenTrial) -> _Curve | None:
        """Give what a trial has shown; None where it has reported nothing that is a number."""
        ended, curve = self._ended.get(trial.number, (None, None))
        if ended is trial:  # it may have run again since
            return curve
        reports = {
            epoch: value
            for epoch, value in trial.intermediate_values.items()
            if epoch <= self._epochs and math.isfinite(value)
        }
        if not reports or state_of(trial) == "infeasible":
            return None
        last = max(reports)
        values = np.fmax.accumulate([self._sign * reports.get(epoch, math.nan) for epoch in range(1, last + 1)])
        values = np.where(np.isnan(values), np.nanmin(values), values)
        if trial.state == TrialState.COMPLETE:  # where it ended early, it would not have become better
            values = np.concatenate([values, np.full(self._epochs - last, values[-1])])
        curve = _Curve(self._configs.row(trial.params), values)
        if trial.state.is_finished():
            self._ended[trial.number] = trial, curve
        return curve

    def _fit(self, curves: list[_Curve], ruled_out: list[FrozenTrial]) -> tuple[GaussianProcess, RowMatrix]:
        """Fit the process, and give the rows of the best trials as well."""
        from hpo.search.optuna.gaussian_process import GaussianProcess

        ends = _Ends(curves, self._epochs)
        order = np.lexsort((ends.epochs, ends.gaps))
        observations = [(ends.gaps[index], ends.epochs[index], curves[index].row) for index in order[:_MOST]]
        if len(observations) < _MOST:
            observations += sorted(self._earlier_gaps(curves, ends.best), key=itemgetter(0, 1))
            observations = observations[:_MOST]
        gaps = np.array([gap for gap, _, _ in observations])
        scale = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 1.0
        rows = np.array([row for *_, row in observations])
        times = np.array([math.log(epoch) / math.log(max(self._epochs, 2)) for _, epoch, _ in observations])
        values = -np.log(gaps / scale + _SOFTENING)
        points = np.column_stack([self._configs.points(rows), times if self._epochs > 1 else np.ones(len(rows))])
        if ruled_out:
            excluded = np.array([self._configs.row(trial.params) for trial in ruled_out[-_MOST:]])
            points = np.vstack([points, self._points_at_the_end(excluded)])
            values = np.concatenate([values, np.full(len(excluded), min(values.min(), 0.0))])  # 0: in the middle
        order = np.argsort(ends.gaps, kind="stable")
        return GaussianProcess(points, values), np.array([curves[index].row for index in order[:_BEST]])

    def _earlier_gaps(self, curves: list[_Curve], best: RowMatrix) -> Iterator[tuple[float, int, RowMatrix]]:
        """Give what trials have shown before their last epoch: how far behind the best, when, and of which row."""
        rungs = self._rungs()
        for curve in curves:
            for epoch in rungs:
                if epoch < len(curve.values):
                    yield best[epoch - 1] - curve.values[epoch - 1], epoch, curve.row

    def _rungs(self) -> list[int]:
        return [_RUNG_FACTOR**power for power in range(int(math.log(self._epochs, _RUNG_FACTOR)) + 1)]
