"""CMA-ES whose state is replayed from the trials: nothing but plain numbers is stored, and nothing is unpickled."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import cmaes
import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial, TrialState

from hpo.search.seeding import trial_seed
from hpo.spaces import Float, Int, ScalarValue, SearchSpace

GENERATION = "hpo:cmaes_generation"
_SIGMA = 1 / 6
"""Of the unit cube: three deviations either way span it, as in Optuna."""


class ReplayedCmaEs(BaseSampler):
    """CMA-ES (Hansen, 2016; the implementation is `cmaes`) over the numbers that every trial has.

    Optuna's CmaEsSampler keeps its state in the storage as a pickle, which a study from elsewhere must not be trusted
    with. The state follows from the history, so it is computed anew for each trial: the complete trials of each
    generation are told in the order of their numbers. Choices, and parameters inside alternatives, are drawn at random;
    so are the first `n_startup_trials`.
    """

    def __init__(self, space: SearchSpace, seed: int, n_startup_trials: int) -> None:
        self._numbers = [p for p in space.unconditional() if isinstance(p, Int | Float)]
        self._seed = seed
        self._n_startup_trials = n_startup_trials
        self._random = RandomSampler(seed=seed)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Seed what is drawn at random."""
        self._random = RandomSampler(seed=trial_seed(self._seed, trial.number))

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The numbers that every trial has."""
        return {number.name: distribution(number) for number in self._numbers}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Ask the replayed optimizer for a point; its generation is kept with the trial."""
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if trial.params or not self._numbers or len(complete) < self._n_startup_trials:
            return {}  # a trial that was given back keeps its parameters
        optimizer = self._replayed(complete, minimize=study.direction.name == "MINIMIZE")
        optimizer.reseed_rng(trial_seed(self._seed, trial.number))
        point = optimizer.ask()
        study._storage.set_trial_system_attr(trial._trial_id, GENERATION, optimizer.generation)
        return {number.name: from_unit(number, float(u)) for number, u in zip(self._numbers, point, strict=True)}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:  # noqa: ANN401 - Optuna's interface
        """Draw at random."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)

    def _replayed(self, complete: list[FrozenTrial], *, minimize: bool) -> cmaes.CMA:
        dimensions = len(self._numbers)
        bounds = np.tile([0.0, 1.0], (dimensions, 1))
        optimizer = cmaes.CMA(np.full(dimensions, 0.5), _SIGMA, bounds=bounds, seed=self._seed)
        generations: dict[int, list[FrozenTrial]] = defaultdict(list)
        for trial in complete:
            if GENERATION in trial.system_attrs:
                generations[trial.system_attrs[GENERATION]].append(trial)
        while len(members := generations[optimizer.generation]) >= optimizer.population_size:
            sign = 1 if minimize else -1
            optimizer.tell(
                [(self._point(trial), sign * trial.values[0]) for trial in members[: optimizer.population_size]]
            )
        return optimizer

    def _point(self, trial: FrozenTrial) -> NDArray[np.float64]:
        return np.array([to_unit(number, trial.params[number.name]) for number in self._numbers])


def distribution(number: Int | Float) -> BaseDistribution:
    """Optuna's distribution of a number."""
    if isinstance(number, Int):
        return IntDistribution(number.low, number.high, log=number.log, step=number.step)
    return FloatDistribution(number.low, number.high, log=number.log, step=number.step)


def to_unit(number: Int | Float, value: ScalarValue) -> float:
    """A value's place between the ends of its range, 0 to 1, on its scale."""
    low, high = _ends(number)
    return (_scaled(number, float(value)) - low) / (high - low)  # type: ignore[arg-type]


def from_unit(number: Int | Float, place: float) -> int | float:
    """The value at a place between 0 and 1; the inverse of `to_unit`, to the nearest value that the parameter has."""
    low, high = _ends(number)
    position = low + min(1.0, max(0.0, place)) * (high - low)
    value = math.exp(position) if number.log else position
    if isinstance(number, Int):
        index = round((value - number.low) / number.step)
        return number.nth(min(number.size - 1, max(0, index)))
    if number.step is not None:
        return number.nth(min((number.size or 1) - 1, max(0, round((value - number.low) / number.step))))
    return min(number.high, max(number.low, value))


def _ends(number: Int | Float) -> tuple[float, float]:
    """The range on its scale; half a step is added at either end, so that the extreme values get their full share."""
    margin = 0.0 if number.step is None else number.step / 2
    return _scaled(number, number.low - margin), _scaled(number, number.high + margin)


def _scaled(number: Int | Float, value: float) -> float:
    return math.log(value) if number.log else value
