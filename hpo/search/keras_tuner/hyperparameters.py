"""A space as KerasTuner's hyperparameters, and the values of one as those of the other."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import keras_tuner

from hpo.spaces import Choice, Float, Int, Parameter, ScalarValue, SearchSpace


class TunedSpace:
    """A space as an oracle sees it.

    What has finitely many values on a linear scale is drawn as their index: KerasTuner's choices take values of one
    type alone, and the end of a range that its steps do not reach. Numbers on a log scale, and floats without a step,
    are drawn as they are. A parameter that exists under some values of others is in conditional scopes of theirs.
    """

    def __init__(self, space: SearchSpace) -> None:
        """Make the hyperparameters of a space."""
        self._parameters = {parameter.name: parameter for parameter in space.parameters()}
        self.hyperparameters = keras_tuner.HyperParameters()
        for parameter, conditions in space.conditions():
            with ExitStack() as scopes:
                for name, values in conditions.items():
                    parent = self._parameters[name]
                    allowed = [_encode(parent, value) for value in values]
                    scopes.enter_context(self.hyperparameters.conditional_scope(name, allowed))
                self._register(parameter)

    def _register(self, parameter: Parameter) -> None:
        hp, name = self.hyperparameters, parameter.name
        match parameter:
            case Choice():
                hp.Choice(name, list(range(len(parameter.categories))), ordered=False)
            case Int(log=True):
                hp.Int(name, parameter.low, parameter.high, sampling="log")
            case Float(size=None):
                hp.Float(name, parameter.low, parameter.high, sampling="log" if parameter.log else "linear")
            case Int() | Float():
                hp.Int(name, 0, (parameter.size or 1) - 1)

    def decode(self, values: Mapping[str, Any]) -> dict[str, ScalarValue]:
        """Give the values of parameters that an oracle has drawn."""
        return {name: _decode(self._parameters[name], value) for name, value in values.items()}

    def encode(self, params: Mapping[str, ScalarValue]) -> keras_tuner.HyperParameters:
        """Give the hyperparameters with the values of a trial."""
        hyperparameters = copy.copy(self.hyperparameters)  # its own copy builds each anew, for each trial of a study
        hyperparameters.values = {name: _encode(self._parameters[name], value) for name, value in params.items()}
        return hyperparameters


def _is_indexed(parameter: Int | Float) -> bool:
    return not parameter.log and parameter.size is not None


def _encode(parameter: Parameter, value: ScalarValue) -> float:
    if isinstance(parameter, Choice):
        is_it = [(type(category), category) == (type(value), value) for category in parameter.categories]
        return is_it.index(True)
    assert isinstance(value, int | float)  # noqa: S101 - so numbers are
    return round((value - parameter.low) / (parameter.step or 1.0)) if _is_indexed(parameter) else value


def _decode(parameter: Parameter, value: Any) -> ScalarValue:  # noqa: ANN401 - numbers of NumPy or Python
    if isinstance(parameter, Choice):
        return parameter.categories[int(value)]
    if _is_indexed(parameter):
        return parameter.nth(int(value))
    number = min(parameter.high, max(parameter.low, value))
    return int(number) if isinstance(parameter, Int) else float(number)
