"""Samplers that work in the unit cube: numbers as places between 0 and 1."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial

from hpo.search.optuna.untried import RedrawingSampler
from hpo.search.seeding import trial_seed
from hpo.spaces import Float, Int, ScalarValue, SearchSpace
from hpo.studies import distribution


class UnitCubeSampler(RedrawingSampler):
    """Draws the numbers that every trial has as one point of the unit cube, whose axes they are in the file's order.

    Choices, and parameters inside alternatives, are drawn at random, seeded by the study's seed and the trial's number.
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self._numbers = [parameter for parameter in space.unconditional() if isinstance(parameter, Int | Float)]
        self._seed = seed
        self._attempt = 0
        self._random = RandomSampler(seed=seed)

    @abstractmethod
    def point(self, study: optuna.Study, trial: FrozenTrial, attempt: int) -> NDArray[np.float64] | None:
        """Give the trial's point `[axes]` at an attempt, each from 0 to 1; None has the numbers drawn at random too."""

    def begin(self, study: optuna.Study, trial: FrozenTrial, attempt: int) -> None:
        """Seed what is drawn at random."""
        self._attempt = attempt
        self._random = RandomSampler(seed=trial_seed(self._seed, trial.number, attempt))

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Give the axes."""
        return {number.name: distribution(number) for number in self._numbers}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Give the values at the trial's point."""
        point = self.point(study, trial, self._attempt) if self._numbers else None
        if point is None:
            return {}
        return {number.name: from_unit(number, float(u)) for number, u in zip(self._numbers, point, strict=True)}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:  # noqa: ANN401 - Optuna's interface
        """Draw at random."""
        return self._random.sample_independent(study, trial, param_name, param_distribution)


def to_unit(number: Int | Float, value: ScalarValue) -> float:
    """Map a value to its place between the ends of its range, 0 to 1, on its scale."""
    low, high = _ends(number)
    return (_scale(number, float(value)) - low) / (high - low)  # type: ignore[arg-type]


def from_unit(number: Int | Float, place: float) -> int | float:
    """Map a place between 0 and 1 to the nearest value that the parameter has; the inverse of `to_unit`."""
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
    """Give the range on its scale; half a step is added at either end, so that extreme values get their full share."""
    margin = 0.0 if number.step is None else number.step / 2
    return _scale(number, number.low - margin), _scale(number, number.high + margin)


def _scale(number: Int | Float, value: float) -> float:
    return math.log(value) if number.log else value
