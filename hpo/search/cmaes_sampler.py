"""CMA-ES whose state is replayed from the trials: nothing but plain numbers is stored, and nothing is unpickled."""

from __future__ import annotations

from collections import defaultdict

import cmaes
import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.trial import FrozenTrial, TrialState

from hpo.search.seeding import trial_seed
from hpo.search.unit_cube import UnitCubeSampler, to_unit
from hpo.spaces import SearchSpace

GENERATION = "hpo:cmaes_generation"
_SIGMA = 1 / 6
"""Of the unit cube: three deviations either way span it, as in Optuna."""


class ReplayedCmaEs(UnitCubeSampler):
    """CMA-ES (Hansen, 2016; the implementation is `cmaes`).

    Optuna's CmaEsSampler keeps its state in the storage as a pickle, which a study from elsewhere must not be trusted
    with. The state follows from the history, so it is computed anew for each trial: the complete trials of each
    generation are told in the order of their numbers. The first `n_startup_trials` are drawn at random.
    """

    def __init__(self, space: SearchSpace, seed: int, n_startup_trials: int) -> None:
        super().__init__(space, seed)
        self._n_startup_trials = n_startup_trials

    def point(self, study: optuna.Study, trial: FrozenTrial) -> NDArray[np.float64] | None:
        """Ask the replayed optimizer; the generation of the point is kept with the trial."""
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(complete) < self._n_startup_trials:
            return None
        optimizer = self._replayed(complete, minimize=study.direction.name == "MINIMIZE")
        optimizer.reseed_rng(trial_seed(self._seed, trial.number))
        point: NDArray[np.float64] = optimizer.ask()
        study._storage.set_trial_system_attr(trial._trial_id, GENERATION, optimizer.generation)
        return point

    def _replayed(self, complete: list[FrozenTrial], *, minimize: bool) -> cmaes.CMA:
        axes = len(self._numbers)
        optimizer = cmaes.CMA(np.full(axes, 0.5), _SIGMA, bounds=np.tile([0.0, 1.0], (axes, 1)), seed=self._seed)
        generations: dict[int, list[FrozenTrial]] = defaultdict(list)
        for trial in complete:
            if GENERATION in trial.system_attrs:
                generations[trial.system_attrs[GENERATION]].append(trial)
        sign = 1 if minimize else -1
        while len(members := generations[optimizer.generation]) >= optimizer.population_size:
            told = members[: optimizer.population_size]
            optimizer.tell([(self._place(trial), sign * trial.values[0]) for trial in told])
        return optimizer

    def _place(self, trial: FrozenTrial) -> NDArray[np.float64]:
        return np.array([to_unit(number, trial.params[number.name]) for number in self._numbers])
