"""Quasi-Monte Carlo points by the number of the trial."""

from __future__ import annotations

from typing import Literal

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.trial import FrozenTrial

from hpo.search.optuna.unit_cube import UnitCubeSampler
from hpo.spaces import SearchSpace


class NumberedQmc(UnitCubeSampler):
    """Trial `number` takes point `number` of one scrambled sequence.

    Optuna's QMCSampler counts its points in the storage, where two workers can read the same count, takes its axes
    from whichever trials there are, and draws the first trial and conditional parameters from a seed that every worker
    shares.
    """

    def __init__(self, space: SearchSpace, seed: int, qmc_type: Literal["sobol", "halton"]) -> None:
        from scipy.stats import qmc

        super().__init__(space, seed)
        self._engine = qmc.Sobol if qmc_type == "sobol" else qmc.Halton

    def point(self, study: optuna.Study, trial: FrozenTrial, attempt: int) -> NDArray[np.float64] | None:
        """Point `number` of the sequence; where another trial has its config, what is drawn instead is random."""
        if attempt:
            return None
        engine = self._engine(len(self._numbers), scramble=True, seed=self._seed)
        if trial.number:  # Sobol refuses to skip nothing
            engine.fast_forward(trial.number)
        point: NDArray[np.float64] = engine.random(1)[0]
        return point
