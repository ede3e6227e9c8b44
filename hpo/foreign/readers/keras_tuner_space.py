"""KerasTuner's `HyperParameters.get_config()` (its JSON) as a foreign search.

The shape is that of KerasTuner 1.4: `{"space": [{"class_name": ..., "config": {...}}], "values": {...}}`. `oracle.json`
and `trial.json`, which a tuner writes into its folder, hold it under `hyperparameters`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from hpo.errors import Fault, RuleError, SpaceError
from hpo.foreign.excerpt import excerpt
from hpo.foreign.search import (
    LARGEST,
    Entry,
    ForeignSearch,
    Hyperparameter,
    NotedDomain,
    NumberRange,
    ParentCondition,
    ValueList,
)
from hpo.spaces.text.source import KeyPath
from hpo.vocabulary import suggest

_SETTINGS: Mapping[KeyPath, Entry] = {
    ("objective", "metric"): Entry("val_accuracy", ("KerasTuner keeps the objective elsewhere",)),
    ("search", "sampler"): Entry("auto", ("KerasTuner keeps the tuner elsewhere",)),
    ("search", "pruner"): Entry("auto", ("or hyperband, none",)),
    ("search", "trials"): Entry(100, ("the budget; max_trials of the tuner",)),
}
_SAMPLINGS = ("linear", "log", "reverse_log")
_MOST_STEPS = 20
"""Steps that multiply give a choice of at most so many values."""


def find_space(document: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - any JSON
    """The part of a JSON document that is a KerasTuner configuration, if there is one."""
    candidates = (document, _entry(document, "hyperparameters"))
    return next((config for config in candidates if isinstance(_entry(config, "space"), list)), None)


def read_hyperparameters(config: Mapping[str, Any], file: str) -> ForeignSearch:
    """Read the configuration that `find_space` returned; error messages name its file.

    Raises:
        SpaceError: with every mistake in it and its place in the configuration.
    """
    faults: list[Fault] = []
    hyperparameters = []
    for index, item in enumerate(config["space"]):
        try:
            hyperparameters.append(_read_hyperparameter(item))
        except RuleError as error:
            name = _entry(_entry(item, "config"), "name")
            suffix = f" {excerpt(name, 60)}" if isinstance(name, str) and name else ""
            faults.append(replace(error.fault, subject=f"{file} space[{index}]{suffix}"))
    if not hyperparameters and not faults:
        rule, remedy = "a KerasTuner space has hyperparameters", "save get_config() after the model was built once"
        faults.append(Fault(rule, "an empty list", remedy, subject=f"{file} space"))
    if faults:
        raise SpaceError(faults)
    values = config.get("values")
    remarks = {"values": values} if values else {}
    return ForeignSearch("KerasTuner", "KerasTuner space", tuple(hyperparameters), _SETTINGS, remarks)


def _entry(item: Any, key: str) -> Any:  # noqa: ANN401 - any JSON
    return item.get(key) if isinstance(item, dict) else None


def _read_hyperparameter(item: object) -> Hyperparameter:
    class_name, config = _entry(item, "class_name"), _entry(item, "config")
    if not isinstance(class_name, str) or not isinstance(config, dict):
        raise RuleError("a hyperparameter has a class_name and a config", _describe(item))
    if class_name not in _CLASSES:
        rule = f"a class_name is one of {', '.join(_CLASSES)}"
        raise RuleError(rule, repr(class_name[:60]), suggest(class_name, list(_CLASSES)))
    name = config.get("name")
    if not isinstance(name, str) or not name:
        raise RuleError("name is a text", _describe(name))
    domain, notes = _CLASSES[class_name](config)
    source = {key: value for key, value in config.items() if key not in ("name", "conditions") and value is not None}
    return Hyperparameter(name, domain, {class_name: source}, notes, _read_conditions(config.get("conditions") or []))


def _read_conditions(items: object) -> tuple[ParentCondition, ...]:
    if not isinstance(items, list):
        raise RuleError("conditions is a list", _describe(items))
    conditions = []
    for item in items:
        config = _entry(item, "config")
        parent, values = _entry(config, "name"), _entry(config, "values")
        if not isinstance(parent, str) or not isinstance(values, list) or not values:
            raise RuleError("a condition is a Parent with name and values", _describe(item))
        conditions.append(ParentCondition(parent, tuple(values)))
    return tuple(conditions)


def _read_range(config: Mapping[str, Any], *, whole: bool) -> NotedDomain:
    low, high = (_read_number(config, key, whole=whole) for key in ("min_value", "max_value"))
    step = None if config.get("step") is None else _read_number(config, "step", whole=whole)
    sampling = config.get("sampling") or "linear"
    if not isinstance(sampling, str) or sampling.lower() not in _SAMPLINGS:
        raise RuleError(f"sampling is one of {', '.join(_SAMPLINGS)}", _describe(sampling))
    sampling = sampling.lower()
    if low > high:
        raise RuleError("min_value is at most max_value", f"{low} and {high}", "swap the two")
    if sampling == "linear":
        if step is not None and step <= 0:
            raise RuleError("step is above 0", f"{step}")
        return NumberRange(low, high, whole, step), ()
    if low <= 0:
        raise RuleError(f"sampling {sampling} needs min_value > 0", f"{low}")
    if step is not None and step <= 1:
        raise RuleError(f"sampling {sampling} multiplies by step, which is above 1", f"{step}")
    if step is not None and math.log(high / low) / math.log(step) < _MOST_STEPS:
        return ValueList(_multiples(low, high, step, sampling, whole=whole)), (f"each {step:g} times the one before",)
    notes = (f"steps of times {step:g} before",) if step is not None else ()
    if sampling == "log":
        return NumberRange(low, high, whole, log=True), notes
    return NumberRange(low, high, whole), (*notes, "sampled more densely near its end before")


def _multiples(low: float, high: float, step: float, sampling: str, *, whole: bool) -> tuple[float, ...]:
    """The values of a step that multiplies, in rising order; `reverse_log` mirrors them."""
    count = int(math.log(high / low) / math.log(step) + 1e-8) + 1
    numbers = [low * step**index for index in range(count)]
    if sampling == "reverse_log":
        numbers = [high + low - number for number in reversed(numbers)]
    exact = [float(f"{number:.12g}") for number in numbers]
    return tuple(int(number) if whole else number for number in exact)


def _read_choice(config: Mapping[str, Any]) -> NotedDomain:
    values = config.get("values")
    if not isinstance(values, list) or not values:
        raise RuleError("values is a list of one value or more", _describe(values))
    return ValueList(tuple(values)), ()


def _read_fixed(config: Mapping[str, Any]) -> NotedDomain:
    if "value" not in config:
        raise RuleError("a Fixed has a value", "none")
    return ValueList((config["value"],)), ()


_CLASSES: Mapping[str, Callable[[Mapping[str, Any]], NotedDomain]] = {
    "Int": partial(_read_range, whole=True),
    "Float": partial(_read_range, whole=False),
    "Choice": _read_choice,
    "Boolean": lambda config: (ValueList((True, False)), ()),
    "Fixed": _read_fixed,
}


def _read_number(config: Mapping[str, Any], key: str, *, whole: bool) -> float:
    value = config.get(key)
    largest = LARGEST if isinstance(value, int) else 1.7e308
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= largest:
        raise RuleError(f"{key} is a finite number, and a whole one fits in 64 bits", _describe(value))
    if whole and value != int(value):
        raise RuleError(f"{key} of an Int is a whole number", _describe(value))
    return value


def _describe(value: object) -> str:
    """Say what stands in a JSON file, for an error message."""
    match value:
        case None:
            return "nothing"
        case dict():
            return f"an object with {excerpt(', '.join(map(str, value)), 60) or 'nothing'}"
        case list():
            return f"a list of {len(value)}"
    return excerpt(value, 60)  # type: ignore[arg-type]
