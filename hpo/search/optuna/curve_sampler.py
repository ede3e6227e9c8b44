"""The sampler `auto`: a Gaussian process that learns from the learning curves of all trials, the stopped ones too."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.trial import FrozenTrial, TrialState

from hpo.search.optuna.config_rows import ConfigRows, RowMatrix
from hpo.search.optuna.untried import SeededPerTrial
from hpo.search.seeding import trial_seed
from hpo.spaces import Params, ScalarValue, SearchSpace
from hpo.studies.store.stored import state_of
from hpo.studies.store.view import ChangedTrials

if TYPE_CHECKING:
    from hpo.search.optuna.gaussian_process import GaussianProcess

_STARTUP = 6
"""Trials with reports before the process is asked; of which the first has the priors, or the middle of the ranges."""
_MOST = 120
"""Observations that the process is fitted to, the best ones; the time for it grows with their third power."""
_DRAWN, _CHANGED, _REFINED = 1000, 400, 200
"""Candidates: of the whole space, near the best trials, near the best candidates."""
_BEST = 5
_MARGIN = (-2.0, 0.0)
"""The powers of ten between which the least improvement that counts is drawn, in deviations of what was observed. By
small ones a trial refines the best config; large ones are met where little is known."""
_SOFTENING = 0.3
"""Below that share of the median distance from the best, distances count as much as each other."""
_RUNG_FACTOR = 3
_PRIOR_WIDTH, _PRIOR_TRIALS = 0.2, 10
"""How far from a prior a number is a guess as good as itself, in parts of its range; how long the prior counts."""
_WITHOUT = (TrialState.PRUNED, TrialState.FAIL)
"""How a trial has ended that tells something though it has no curve."""
_KEPT = 50
"""Of the candidates, the best ones; others are drawn near the first four of them."""


class _Curves:
    """What trials have shown, in columns by their numbers; each trial that has ended is looked at once.

    Attributes:
        rows: of their configs.
        values: the best value by each epoch, larger ones being better; negative infinity where there is none.
        epochs: the last one of each trial; 0 of one that has reported nothing that is a number.
        excluded: the trials that have ended and tell something though they have no curve.
        running: the trials that run.
    """

    def __init__(self, configs: ConfigRows, epochs: int, sign: float) -> None:
        """Begin with no trials; see `CurveSampler` for what there is to read of them."""
        self._configs, self._most, self._sign = configs, epochs, sign
        self._changed = ChangedTrials()
        self._forget()

    def _forget(self) -> None:
        self.rows = self._configs.empty(0)
        self.values = np.empty((0, self._most))
        self.epochs = np.empty(0, np.intp)
        self.excluded, self.running = set[int](), set[int]()

    def update(self, trials: Sequence[FrozenTrial]) -> None:
        """Look at the trials that have changed since this was called before."""
        changed, forgets = self._changed.find(trials)
        if forgets:
            self._forget()
        missing = trials[-1].number + 1 - len(self.epochs) if trials else 0
        if missing > 0:
            room = missing + len(self.epochs)
            self.rows = np.vstack([self.rows, self._configs.empty(room)])
            self.values = np.vstack([self.values, np.full((room, self._most), -np.inf)])
            self.epochs = np.append(self.epochs, np.zeros(room, np.intp))
        for trial in changed:
            self._put(trial)

    def _put(self, trial: FrozenTrial) -> None:
        number, values = trial.number, self._read_values(trial) if trial.params else None
        is_excluded = bool(trial.params) and values is None and trial.state in _WITHOUT
        is_running = bool(trial.params) and trial.state == TrialState.RUNNING
        (self.excluded.add if is_excluded else self.excluded.discard)(number)
        (self.running.add if is_running else self.running.discard)(number)
        self.epochs[number] = 0 if values is None else len(values)
        self.values[number] = -np.inf
        if values is not None:
            self.values[number, : len(values)] = values
        if values is not None or is_excluded or is_running:
            self.rows[number] = self._configs.row(trial.params)

    def _read_values(self, trial: FrozenTrial) -> RowMatrix | None:
        """Give the best value by each epoch; None where there is no number, or the config was ruled out."""
        reports = {
            epoch: value
            for epoch, value in trial.intermediate_values.items()
            if epoch <= self._most and math.isfinite(value)
        }
        if not reports or state_of(trial) == "infeasible":
            return None
        last = max(reports)
        values = np.fmax.accumulate([self._sign * reports.get(epoch, math.nan) for epoch in range(1, last + 1)])
        values = np.where(np.isnan(values), np.nanmin(values), values)
        if trial.state == TrialState.COMPLETE:  # where it ended early, it would not have become better
            values = np.concatenate([values, np.full(self._most - last, values[-1])])
        return values

    def list_others(self, number: int) -> NDArray[np.intp]:
        """List the numbers of the trials with curves, but for one."""
        is_other = self.epochs > 0
        is_other[number : number + 1] = False
        return np.flatnonzero(is_other)

    def find_best(self, number: int) -> RowMatrix:
        """Find the best value of any trial but one by each epoch."""
        parts = (self.values[:number], self.values[number + 1 :])
        best: RowMatrix = np.max([part.max(axis=0, initial=-np.inf) for part in parts], axis=0)
        return best


class CurveSampler(SeededPerTrial):
    """Chooses by expected improvement at the last epoch, on a value that is drawn for each trial.

    That value lies above the best one by a random margin, as in the acquisition function of ifBO (Rakotoarison et al.,
    2024), which draws the epoch as well.

    An observation is how far a trial lies behind the best one at the same epoch, which can be told of any epoch; the
    epoch is one more axis of the process, so that early ones count for what they tell of the last. A trial that was
    ruled out, or has ended without a number, counts as the worst: the process would ask for its like for ever.
    """

    attempts = 3
    """The maximum of an acquisition function hardly depends on the seed."""

    def __init__(
        self, space: SearchSpace, seed: int, epochs: int, *, maximize: bool, admits: Callable[[Params], bool] | None
    ) -> None:
        """Prepare.

        Args:
            space: what to search.
            seed: the study's.
            epochs: the most that a trial may have.
            maximize: whether larger values are better.
            admits: whether a config meets the constraints, as far as it alone tells; None where there are none.
        """
        super().__init__(seed, lambda seed: optuna.samplers.RandomSampler(seed=seed))  # which is not asked
        self._configs = ConfigRows(space)
        self._epochs, self._sign, self._admits = epochs, 1.0 if maximize else -1.0, admits
        self._curves = _Curves(self._configs, epochs, self._sign)
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
        rows = self._choose_admitted(self._rank(study, trial, fixed), fixed, 1)
        return self._configs.params(rows[0], fixed)

    def _choose_admitted(self, rows: RowMatrix, fixed: Mapping[str, ScalarValue], count: int) -> RowMatrix:
        """Give the first rows that meet the constraints, so many at most; where none does, the first ones of all."""
        admits, params = self._admits, self._configs.params
        if admits is None:
            return rows[:count]
        admitted = islice((number for number, row in enumerate(rows) if admits(params(row, fixed))), count)
        return rows[list(admitted) or slice(count)]

    def _rank(self, study: optuna.Study, trial: FrozenTrial, fixed: Mapping[str, ScalarValue]) -> RowMatrix:
        """Give candidates, the most promising one first."""
        curves, number = self._curves, trial.number
        curves.update(study.get_trials(deepcopy=False))
        numbers = curves.list_others(number)
        configs, generator = self._configs, self._generator
        if len(numbers) < _STARTUP:
            rows = configs.empty(_KEPT if self._admits is None else _DRAWN)
            if number == 0 and self._attempt == 0:
                rows[0] = configs.middle()
            return configs.settle(rows, fixed, generator)
        from hpo.search.optuna.gaussian_process import BLAS  # not before it is needed: SciPy takes half a second

        with BLAS.limit(limits=1, user_api="blas"):
            return self._rank_by_model(number, numbers, fixed)

    def _rank_by_model(self, number: int, numbers: NDArray[np.intp], fixed: Mapping[str, ScalarValue]) -> RowMatrix:
        """Give candidates by the improvement that a Gaussian process expects of them."""
        from hpo.search.optuna.gaussian_process import log_improvement

        configs, generator = self._configs, self._generator
        rows, running = self._curves.rows, sorted(self._curves.running - {number})
        model, best = self._fit(number, numbers)
        if running:
            model.believe(self._points_at_the_end(rows[running]))
        to_beat = float(model.predict_mean(self._points_at_the_end(rows[numbers])).max())
        to_beat += model.scale * 10 ** generator.uniform(*_MARGIN)
        weight = _PRIOR_TRIALS / len(numbers)

        def score(rows: RowMatrix) -> RowMatrix:
            mean, deviation = model.predict(self._points_at_the_end(rows))
            return log_improvement(mean, deviation, to_beat) + weight * configs.log_prior(rows, _PRIOR_WIDTH)

        near = configs.change(best[np.arange(_CHANGED) % len(best)], self._widths(_CHANGED, -2.0, -0.5), generator)
        rows = configs.settle(np.vstack([configs.empty(_DRAWN), near]), fixed, generator)
        rows = self._choose_admitted(rows[np.argsort(-score(rows), kind="stable")], fixed, _KEPT)
        near = configs.change(
            rows[np.arange(_REFINED) % min(4, len(rows))], self._widths(_REFINED, -2.5, -0.8), generator
        )
        rows = np.vstack([rows, configs.settle(near, fixed, generator)])
        ranked: RowMatrix = rows[np.argsort(-score(rows), kind="stable")]
        return ranked

    def _widths(self, count: int, low: float, high: float) -> RowMatrix:
        widths: RowMatrix = 10 ** self._generator.uniform(low, high, count)
        return widths

    def _points_at_the_end(self, rows: RowMatrix) -> RowMatrix:
        return np.column_stack([self._configs.points(rows), np.ones(len(rows))])

    def _fit(self, number: int, numbers: NDArray[np.intp]) -> tuple[GaussianProcess, RowMatrix]:
        """Fit the process, and give the rows of the best trials as well.

        An observation is how far a trial lies behind the best one at an epoch, that epoch, and the trial's number.
        """
        from hpo.search.optuna.gaussian_process import GaussianProcess

        curves, best = self._curves, self._curves.find_best(number)
        epochs = curves.epochs[numbers]
        gaps = best[epochs - 1] - curves.values[numbers, epochs - 1]
        first = (
            np.arange(len(gaps))
            if len(gaps) <= _MOST
            else np.nonzero(gaps <= np.partition(gaps, _MOST - 1)[_MOST - 1])[0]
        )
        order = first[np.lexsort((epochs[first], gaps[first]))][:_MOST]
        observations = list(zip(gaps[order], epochs[order], numbers[order], strict=True))
        if len(observations) < _MOST:
            observations += sorted(self._earlier_gaps(numbers, best), key=itemgetter(0, 1))
            observations = observations[:_MOST]
        gaps_seen = np.array([gap for gap, _, _ in observations])
        scale = float(np.median(gaps_seen[gaps_seen > 0])) if (gaps_seen > 0).any() else 1.0
        rows = curves.rows[[seen for *_, seen in observations]]
        times = np.array([math.log(epoch) / math.log(max(self._epochs, 2)) for _, epoch, _ in observations])
        values = -np.log(gaps_seen / scale + _SOFTENING)
        points = np.column_stack([self._configs.points(rows), times if self._epochs > 1 else np.ones(len(rows))])
        if excluded := sorted(curves.excluded - {number})[-_MOST:]:
            points = np.vstack([points, self._points_at_the_end(curves.rows[excluded])])
            values = np.concatenate([values, np.full(len(excluded), min(values.min(), 0.0))])  # 0: in the middle
        nearest = first[np.argsort(gaps[first], kind="stable")][:_BEST]
        return GaussianProcess(points, values), curves.rows[numbers[nearest]]

    def _earlier_gaps(self, numbers: NDArray[np.intp], best: RowMatrix) -> Iterator[tuple[float, int, int]]:
        """Give what trials have shown before their last epoch."""
        rungs, curves = self._rungs(), self._curves
        for number in numbers.tolist():
            for epoch in rungs:
                if epoch < curves.epochs[number]:
                    yield best[epoch - 1] - curves.values[number, epoch - 1], epoch, number

    def _rungs(self) -> list[int]:
        return [_RUNG_FACTOR**power for power in range(int(math.log(self._epochs, _RUNG_FACTOR)) + 1)]
