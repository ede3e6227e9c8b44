"""Trials as numbers: what the methods of importance compute with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna
    from numpy.typing import NDArray

    from hpo.studies.store.stored import StoredTrial

    AnyTrial = optuna.trial.FrozenTrial | StoredTrial

Measure = Callable[["NDArray[Any]", Any], tuple["NDArray[Any]", "NDArray[Any]"]]
"""Computes importances of a sample's parameters over all of its trials, and their shares among the trials that have
them, `[parameters]` each, of how often each trial is drawn, `[trials]`, and of NumPy's generator."""
_CELLS = 32
"""Into so many cells of one width a range of numbers is divided."""


@dataclass(frozen=True, slots=True)
class MeasuredAxis:
    """One parameter, on its own scale.

    Attributes:
        distribution: of Optuna's, with the range or the choices of all trials.
        cells: `[cells]`, positions that stand for equal parts of the range: 0 to 1 for numbers, or the indices of the
            choices.
        is_choice: whether positions have no order.
    """

    name: str
    distribution: optuna.distributions.BaseDistribution
    cells: NDArray[Any]
    is_choice: bool

    def place(self, value: Any) -> float:  # noqa: ANN401 - a number, or whatever may be chosen
        """Give the position of a value."""
        distribution: Any = self.distribution
        if self.is_choice:
            return float(distribution.to_internal_repr(value))
        scale = math.log if distribution.log else float
        return (scale(value) - scale(distribution.low)) / (scale(distribution.high) - scale(distribution.low))


@dataclass(frozen=True, slots=True)
class TrialSample:
    """Trials with what is explained of them.

    Attributes:
        trials: `[trials]`, as the storage has them.
        values: `[trials]`, what is explained; lower ones are better.
        axes: `[parameters]`, of parameters that took two values, by name.
        positions: `[trials, parameters]`, NaN where a trial does not have a parameter.
    """

    trials: Sequence[AnyTrial]
    values: NDArray[Any]
    axes: tuple[MeasuredAxis, ...]
    positions: NDArray[Any]

    @property
    def has(self) -> NDArray[Any]:
        """`[trials, parameters]`: whether the trial has the parameter."""
        import numpy as np

        has: NDArray[Any] = ~np.isnan(self.positions)
        return has

    def take(self, indices: NDArray[Any]) -> TrialSample:
        """Give some of the trials."""
        return TrialSample([self.trials[i] for i in indices], self.values[indices], self.axes, self.positions[indices])

    def conditions(self) -> Iterator[tuple[NDArray[Any], list[int]]]:
        """Give the trials that have a conditional parameter, with all the parameters that exactly they have."""
        import numpy as np

        has = self.has
        groups: dict[bytes, list[int]] = {}
        for parameter in range(len(self.axes)):
            groups.setdefault(has[:, parameter].tobytes(), []).append(parameter)
        for parameters in groups.values():
            having = has[:, parameters[0]]
            if not having.all():
                yield np.flatnonzero(having), parameters


def make_sample(trials: Sequence[AnyTrial], values: Sequence[float]) -> TrialSample:
    """Lay trials out as numbers.

    Args:
        trials: those that have ended with a value.
        values: one a trial; lower ones are better.
    """
    import numpy as np

    axes = tuple(_make_axis(name, *found) for name, found in sorted(_find_varying(trials).items()))
    positions = np.array(
        [
            [axis.place(trial.params[axis.name]) if axis.name in trial.params else math.nan for axis in axes]
            for trial in trials
        ]
    ).reshape(len(trials), len(axes))
    return TrialSample(trials, np.array(values, float), axes, positions)


def _find_varying(trials: Sequence[AnyTrial]) -> dict[str, tuple[set[Any], set[Any]]]:
    """Find the parameters that took two values; gives their values and the distributions that each had."""
    values: dict[str, set[Any]] = {}
    distributions: dict[str, set[Any]] = {}
    for trial in trials:
        for name, value in trial.params.items():
            values.setdefault(name, set()).add(value)
            distributions.setdefault(name, set()).add(trial.distributions[name])
    return {name: (values[name], distributions[name]) for name in values if len(values[name]) > 1}


def _make_axis(name: str, values: set[Any], stored: set[Any]) -> MeasuredAxis:
    """Make the axis of a parameter; that of a number goes as far as its values, so that nothing is extrapolated."""
    import numpy as np
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    distributions = list(map(_read_distribution, stored))  # several where the space has changed
    first = distributions[0]
    if isinstance(first, CategoricalDistribution):
        choices = tuple(dict.fromkeys(choice for one in distributions for choice in one.choices))
        return MeasuredAxis(name, CategoricalDistribution(choices), np.arange(len(choices), dtype=float), True)
    low, high, is_log = min(values), max(values), all(one.log for one in distributions)
    steps = 0 if is_log or first.step is None else round((high - low) / first.step) + 1
    cells = np.linspace(0, 1, steps) if 0 < steps <= _CELLS else (np.arange(_CELLS) + 0.5) / _CELLS
    kind = IntDistribution if isinstance(first, IntDistribution) else FloatDistribution
    return MeasuredAxis(name, kind(low, high, log=is_log), cells, False)


@cache
def _read_distribution(stored: str | optuna.distributions.BaseDistribution) -> Any:  # noqa: ANN401 - one of three kinds
    """Read a distribution, which is JSON in a trial that was read without Optuna."""
    from optuna.distributions import json_to_distribution

    return json_to_distribution(stored) if isinstance(stored, str) else stored
