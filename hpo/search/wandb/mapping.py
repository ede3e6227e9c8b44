"""A space as the parameters of a sweep, and what a sweep draws as parameters of the space.

What W&B samples is that of its engine, the package `sweeps` (0.3.0), which its server runs:

- It knows no conditional parameters, and drops nested ones where it validates a sweep. So every parameter is drawn for
  every run, under its whole name, and those that are not active are left aside.
- `q_uniform` rounds to multiples of `q`, so that the values at the ends have half the probability or none, and its grid
  lacks the last one. So a range with a step becomes a list of values.
- Its search by bayes takes a value of 0, false, null or "" for the first of a list (`if not _val`). So that value comes
  first, and a list of numbers that has a 0 inside is drawn from a range instead.
- Whole numbers on a log scale are `q_log_uniform_values`, half a step wider at both ends, as Optuna draws them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hpo.errors import WorkError
from hpo.search.wandb.settings import SweepMethod
from hpo.spaces import Choice, Float, Int, Parameter, Params, ScalarValue, SearchSpace
from hpo.spaces.space.parameters import category_of

_MOST_LISTED = 1000
"""The longest list of values; a longer range with a step is drawn from a continuous one, and rounded."""
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]|^(?=[^A-Za-z_])")
"""What a sweep does not take in the name of a parameter."""


@dataclass(frozen=True, slots=True)
class SweepDraw:
    """What a sweep has drawn for a run.

    Attributes:
        params: the active parameters of the space.
        inactive: the names of the others, whose values are left aside.
    """

    params: Params
    inactive: tuple[str, ...]


class SweepMapping:
    """Tells parameters of a space and of a sweep apart by name."""

    def __init__(self, space: SearchSpace, names: Mapping[str, str] | None = None) -> None:
        """Map a space.

        Args:
            space: what is searched.
            names: what the sweep calls each parameter; None for what this class calls them.
        """
        self._space = space
        self._parameters = space.parameters()
        self._names = name_parameters(self._parameters) if names is None else names

    def define(self, method: SweepMethod) -> dict[str, dict[str, Any]]:
        """Define the parameters of a sweep that draws each parameter as the space has it: their part of its config."""
        return {self._names[parameter.name]: _define(parameter, method) for parameter in self._parameters}

    def read(self, args: Mapping[str, Mapping[str, Any]]) -> SweepDraw:
        """Read what a sweep has drawn for a run.

        Args:
            args: `{NAME: {"value": VALUE}}`, as the server gives them out; nested ones may be there.

        Raises:
            WorkError: a parameter has no value, or one that the space does not have.
        """
        drawn = dict(_flatten({name: arg.get("value") for name, arg in args.items()}))

        def read_value(parameter: Parameter) -> ScalarValue:
            name = self._names[parameter.name]
            if name not in drawn:
                raise WorkError(f"{name}: a run of the sweep has a value of each parameter. Received none.")
            return decode(parameter, drawn[name])

        params = self._space.fill(read_value)[1]
        names = (parameter.name for parameter in self._parameters)
        return SweepDraw(params, tuple(dict.fromkeys(name for name in names if name not in params)))


def name_parameters(parameters: tuple[Parameter, ...]) -> dict[str, str]:
    """Give each parameter a name that a sweep takes: its own, as far as that will do."""
    names: dict[str, str] = {}
    for parameter in parameters:
        name = _NO_NAME.sub("_", parameter.name)
        while name in names.values() and parameter.name not in names:
            name += "_"
        names.setdefault(parameter.name, name)
    return names


def decode(parameter: Parameter, value: object) -> ScalarValue:
    """Give the value of a parameter that a sweep's value stands for: exactly one that the parameter has.

    Raises:
        WorkError: there is none.
    """
    if isinstance(parameter, Choice):
        category = category_of(value)  # type: ignore[arg-type]
        if parameter.has(category):
            return parameter.alternative(category).category
        for meant, encoded in zip(_falsy_first(parameter.categories), _encode(parameter.categories), strict=True):
            if isinstance(category, str) and category == encoded:
                return meant
    elif isinstance(value, int | float) and not isinstance(value, bool):
        nearest = min(max(value, parameter.low), parameter.high)  # by a rounding error it may lie outside
        if isinstance(parameter, Float):
            return parameter.snap(float(nearest))
        return parameter.low + round((nearest - parameter.low) / parameter.step) * parameter.step
    raise WorkError(f"{parameter.name}: a run of the sweep has a value of the space. Received {json.dumps(value)}.")


def _flatten(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in values.items():
        pairs += _flatten(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(f"{prefix}{name}", value)]
    return pairs


def _define(parameter: Parameter, method: SweepMethod) -> dict[str, Any]:
    if isinstance(parameter, Choice):
        return {"values": _encode(parameter.categories)}
    low, high, step, size = parameter.low, parameter.high, parameter.step, parameter.size
    if isinstance(parameter, Int) and step == 1:
        if parameter.log and method != "grid":
            return {"distribution": "q_log_uniform_values", "min": low - 0.5, "max": high + 0.5, "q": 1}
        return {"distribution": "int_uniform", "min": low, "max": high}
    if step is None or size is None:
        return {"distribution": "log_uniform_values" if parameter.log else "uniform", "min": low, "max": high}
    if method == "grid" or (size <= _MOST_LISTED and not low < 0 <= high):
        return {"values": [parameter.nth(index) for index in range(size)]}
    return {"distribution": "uniform", "min": low - step / 2, "max": high + step / 2}


def _falsy_first(categories: tuple[ScalarValue, ...]) -> list[ScalarValue]:
    return sorted(categories, key=bool)


def _encode(categories: tuple[ScalarValue, ...]) -> list[ScalarValue]:
    """Give the values that stand for categories, in the order of `_falsy_first`: one false value at most."""
    encoded: list[ScalarValue] = []
    for index, category in enumerate(_falsy_first(categories)):
        value = category if category or not index else json.dumps(category)
        while value is not category and value in categories:
            value = f"({value})"
        encoded.append(value)
    return encoded
