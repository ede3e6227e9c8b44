"""A parameter as other tools write it, as the parameter of a space file: `{min: 1, max: 4}` as `{int: [1, 4]}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hpo.errors import RuleError
from hpo.spaces.space.parameters import KINDS, Float, Int, Value, as_whole
from hpo.vocabulary import NAMES, find_synonym, suggest

_ENDS = (("min", "max"), ("low", "high"), ("lower", "upper"), ("min_value", "max_value"), ("start", "stop"))
_STEPS = ("step", "q", "step_size")
_VALUES = ("values", "choices", "options", "categories", "grid_search", "choice")
_SCALES = ("distribution", "sampling", "scale", "prior", "type", "log", "log_scale")


def guess_parameter(written: Mapping[str, Any]) -> Value:
    """The parameter, or the constant, that a mapping of another tool says; None where it is no such mapping."""
    try:
        return _values(written) or _range(written) or _kind(written)
    except RuleError:
        return None


def find_misspelled_kind(written: object) -> str | None:
    """`did you mean 'choice'?` for the key of a mapping that was meant to be a parameter."""
    keys = [str(key) for key in written if find_synonym(str(key), NAMES) is None] if isinstance(written, dict) else []
    return next((close for key in keys if (close := suggest(key, KINDS))), None)


def _values(written: Mapping[str, Any]) -> Value:
    items = next((written[key] for key in _VALUES if isinstance(written.get(key), list)), None)
    if items is None:
        return written["value"] if set(written) in ({"value"}, {"value", "distribution"}) else None
    distinct = [item for index, item in enumerate(items) if item not in items[:index]]
    if len(distinct) < 2:  # noqa: PLR2004 - the fewest alternatives
        return distinct[0] if distinct else None
    return {"choice": distinct}


def _range(written: Mapping[str, Any]) -> Value:
    ends = next(([written[low], written[high]] for low, high in _ENDS if {low, high} <= written.keys()), None)
    step = next((written[key] for key in _STEPS if written.get(key) is not None), None)
    scales = [written.get(key) for key in _SCALES]
    is_log = any(scale is True or "log" in str(scale).lower() for scale in scales)
    is_float = any(str(scale).lower() in ("uniform", "float", "double", "real") for scale in scales)
    return None if ends is None else _parameter(ends, step, is_log=is_log, is_float=is_float)


def _kind(written: Mapping[str, Any]) -> Value:
    """`{loguniform: [0.1, 1]}`: the distribution's name as a key."""
    if len(written) != 1:
        return None
    ((key, ends),) = written.items()
    kind = "float" if key == "log" else "" if key == "range" else find_synonym(key, KINDS)
    if kind not in ("int", "float", "") or not (isinstance(ends, list) and len(ends) == 2):  # noqa: PLR2004 - low, high
        return None
    return _parameter(ends, None, is_log="log" in key.lower(), is_float=kind == "float")


def _parameter(ends: list[Any], step: Any, *, is_log: bool, is_float: bool) -> Value:  # noqa: ANN401 - plain values
    numbers = [number for number in (*ends, *([] if step is None else [step])) if not isinstance(number, bool)]
    if len(numbers) < 2 + (step is not None) or not all(isinstance(number, int | float) for number in numbers):
        return None
    is_whole = not is_float and all(isinstance(number, int) for number in numbers)
    low, high, step = ends[0], ends[1], None if is_log else step
    if is_whole:
        Int("", low, high, 1 if step is None else step, is_log)
    else:
        Float("", float(low), float(high), None if step is None else float(step), is_log)
    parameter: dict[str, Value] = {"int" if is_whole else "float": ends if is_whole else [float(low), float(high)]}
    if is_log:
        parameter["log"] = True
    elif step is not None and not (is_whole and step == 1):
        parameter["step"] = as_whole(step) if is_whole else step
    return parameter
