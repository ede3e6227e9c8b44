"""CMA-ES whose state is replayed from the trials: nothing but plain numbers is stored, and nothing is unpickled."""

from __future__ import annotations

from collections import defaultdict

import cmaes
import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.trial import FrozenTrial, TrialState

from hpo.search.optuna.unit_cube import UnitCubeSampler, to_unit
from hpo.search.seeding import trial_seed
from hpo.spaces import SearchSpace
from hpo.studies.store.ledger import CMAES_GENERATION

_SIGMA = 1 / 6
"""Of the unit cube: three deviations either way span it, as in Optuna."""
_WARM = 10
"""Trials; of so many that were there before the space changed, the best one says where to begin."""


class ReplayedCmaEs(UnitCubeSampler):
    """CMA-ES (Hansen, 2016; the implementation is `cmaes`).

    Optuna's CmaEsSampler keeps its state in the storage as a pickle, which a study from elsewhere must not be trusted
    with. The state follows from the history, so it is computed anew for each trial: the complete trials of each
    generation are told in the order of their numbers. The first `n_startup_trials` are drawn at random.

    Where the space has changed, generations begin anew: those of other axes mean nothing. They begin where the best
    tenth of the earlier trials lies (WS-CMA-ES; Nomura et al., 2021), if there are ten or more.
    """

    def __init__(self, space: SearchSpace, seed: int, n_startup_trials: int, first_trial: int = 0) -> None:
        super().__init__(space, seed)
        self._n_startup_trials = n_startup_trials
        self._first = first_trial

    def point(self, study: optuna.Study, trial: FrozenTrial, attempt: int) -> NDArray[np.float64] | None:
        """Ask the replayed optimizer; the generation is kept with the trial, whatever is drawn in the point's place."""
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(complete) < self._n_startup_trials:
            return None
        optimizer = self._replay(complete, minimize=study.direction.name == "MINIMIZE")
        optimizer.reseed_rng(trial_seed(self._seed, trial.number, attempt))
        point: NDArray[np.float64] = optimizer.ask()
        study._storage.set_trial_system_attr(trial._trial_id, CMAES_GENERATION, optimizer.generation)
        return point

    def _replay(self, complete: list[FrozenTrial], *, minimize: bool) -> cmaes.CMA:
        sign = 1 if minimize else -1
        optimizer = self._begin([trial for trial in complete if trial.number < self._first], sign)
        generations: dict[int, list[FrozenTrial]] = defaultdict(list)
        for trial in complete:
            if trial.number >= self._first and CMAES_GENERATION in trial.system_attrs:
                generations[trial.system_attrs[CMAES_GENERATION]].append(trial)
        while len(members := generations[optimizer.generation]) >= optimizer.population_size:
            optimizer.tell([self._point_of(trial, sign) for trial in members[: optimizer.population_size]])
        return optimizer

    def _begin(self, earlier: list[FrozenTrial], sign: int) -> cmaes.CMA:
        axes = len(self._numbers)
        bounds = np.tile([0.0, 1.0], (axes, 1))
        if len(earlier) < _WARM:
            return cmaes.CMA(np.full(axes, 0.5), _SIGMA, bounds=bounds, seed=self._seed)
        points = [self._point_of(trial, sign) for trial in earlier]
        mean, sigma, covariance = cmaes.get_warm_start_mgd(points, gamma=1 / _WARM)
        return cmaes.CMA(mean, sigma, bounds=bounds, seed=self._seed, cov=covariance)

    def _point_of(self, trial: FrozenTrial, sign: int) -> tuple[NDArray[np.float64], float]:
        """Give the point `[axes]` of a trial, and its value, which is minimized."""
        point = np.array([to_unit(number, trial.params[number.name]) for number in self._numbers])
        return point, sign * trial.values[0]
