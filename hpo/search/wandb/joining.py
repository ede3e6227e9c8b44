"""A sweep that somebody has made, held to the space of a study: which of its parameters is which, and what misfits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hpo.errors import UserError, WorkError
from hpo.search.wandb.mapping import decode, name_parameters
from hpo.spaces import Choice, Float, Int, Parameter, ScalarValue, StudySpec
from hpo.spaces.constraints.names import KnownNames, known_names
from hpo.vocabulary import suggest

_EXPONENTS = ("log_uniform", "q_log_uniform")
_BOUNDED = ("uniform", "int_uniform", "q_uniform", "log_uniform_values", "q_log_uniform_values", *_EXPONENTS)


def match_sweep(spec: StudySpec, config: Mapping[str, Any], path: str) -> dict[str, str]:
    """Match the parameters of a sweep with those of a space.

    Each has the name of one of the space, with or without its section, and draws nothing that the space does not have;
    or it is a constant, which the file has as well.

    Args:
        spec: of the study.
        config: of the sweep.
        path: of the sweep, for errors.

    Returns:
        What the sweep calls each parameter of the space.

    Raises:
        UserError: with all that does not fit.
    """
    known, names = known_names(spec.space), name_parameters(spec.space.parameters())
    own_names = {name: parameter for parameter, name in names.items()}
    matches: dict[str, str] = {}
    misfits: list[str] = []
    for name, definition in _walk(config.get("parameters") or {}):
        meant = known.get(own_names.get(name, name))
        if isinstance(meant, Int | Float | Choice):
            matches[meant.name] = name
            misfits += _find_misfits(name, definition, meant)
        else:
            misfits += _find_varying(name, definition, meant, known)
    for parameter in dict.fromkeys(parameter.name for parameter in spec.space.parameters()):
        if parameter not in matches:
            misfits.append(f"{parameter} is a parameter of the space, and none of the sweep: write a constant there")
    metric = config.get("metric") or {}
    goal = metric.get("goal", "minimize")
    if (metric.get("name"), goal) != (spec.objective.metric, spec.objective.direction):
        wanted = f"{spec.objective.direction} {spec.objective.metric}"
        misfits.append(f"its metric is to {goal} {metric.get('name')}, and the study's is to {wanted}")
    if misfits:
        lines = "\n  ".join(misfits)
        raise UserError(
            f"search.sweep: the sweep {path} draws what the space has. Received one that does not:\n  {lines}\n"
            "  `hpo convert` makes a space file of the sweep's YAML."
        )
    return matches


def _walk(parameters: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, definition in parameters.items():
        if isinstance(definition, Mapping) and isinstance(definition.get("parameters"), Mapping):
            yield from _walk(definition["parameters"], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", definition if isinstance(definition, Mapping) else {"value": definition}


def _find_misfits(name: str, definition: Mapping[str, Any], parameter: Parameter) -> Iterator[str]:
    values = _values_of(definition)
    if values is None:
        yield f"{name} draws {_describe(definition)}, which has no bounds, or none that are known here"
        return
    has_list = "value" in definition or "values" in definition
    if isinstance(parameter, Choice) and not has_list:
        yield f"{name} draws numbers, and the space has a choice of {_list(parameter.categories)}"
        return
    for value in values:
        if isinstance(parameter, Choice):
            if not _is_category(parameter, value):
                yield f"{name} may be {value!r}, and the space has a choice of {_list(parameter.categories)}"
        elif (
            not isinstance(value, int | float) or isinstance(value, bool) or not _is_within(parameter, value, has_list)
        ):
            yield f"{name} may be {value!r}, and the space has {parameter.low} to {parameter.high}"


def _is_category(parameter: Choice, value: object) -> bool:
    try:
        decode(parameter, value)
    except WorkError:
        return False
    return True


def _is_within(parameter: Int | Float, value: float, is_listed: bool) -> bool:
    if is_listed:
        nearest = decode(parameter, value)
        return isinstance(nearest, int | float) and math.isclose(nearest, value, rel_tol=1e-9, abs_tol=1e-12)
    half = (parameter.step or 0) / 2  # what is drawn is rounded to a value of the space
    slack = 1e-9 * max(abs(parameter.low), abs(parameter.high))
    return bool(parameter.low - half - slack <= value <= parameter.high + half + slack)


def _find_varying(
    name: str, definition: Mapping[str, Any], meant: Sequence[ScalarValue] | None, known: KnownNames
) -> Iterator[str]:
    if meant is None:
        hint = suggest(name, list(known))
        yield f"{name} is nothing that the file has{'' if hint is None else f': {hint}'}"
        return
    constants = list(meant)
    values = _values_of(definition) if "value" in definition or "values" in definition else None
    if values is None or any(value not in constants for value in values):
        yield f"{name} draws {_describe(definition)}, and the file has the constant {_list(constants)}"


def _values_of(definition: Mapping[str, Any]) -> list[Any] | None:
    """List what a parameter of a sweep may be: every value of a list, or the two ends; None where it has no ends."""
    if "value" in definition:
        return [definition["value"]]
    if isinstance(definition.get("values"), list):
        return list(definition["values"])
    low, high = definition.get("min"), definition.get("max")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    distribution = definition.get("distribution", "uniform")
    if distribution not in _BOUNDED:
        return None
    return [math.exp(low), math.exp(high)] if distribution in _EXPONENTS else [low, high]


def _describe(definition: Mapping[str, Any]) -> str:
    if "value" in definition:
        return repr(definition["value"])
    return str(definition.get("distribution") or (_list(definition["values"]) if "values" in definition else "uniform"))


def _list(values: list[ScalarValue] | tuple[ScalarValue, ...]) -> str:
    return ", ".join(map(repr, values[:6])) + (", ..." if len(values) > 6 else "")  # noqa: PLR2004 - shown
