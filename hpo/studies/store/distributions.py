"""Optuna's distributions of what a space has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpo.spaces import Choice, Int, Parameter

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def distribution(parameter: Parameter) -> BaseDistribution:
    """Give the distribution that Optuna's `suggest_*` gives the parameter: what a storage holds beside each value."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(parameter, Choice):
        return CategoricalDistribution(parameter.categories)
    if isinstance(parameter, Int):
        return IntDistribution(parameter.low, parameter.high, log=parameter.log, step=parameter.step)
    return FloatDistribution(parameter.low, parameter.high, log=parameter.log, step=parameter.step)
