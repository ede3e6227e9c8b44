"""Advice on ranges of parameters: those whose edge the best trials sit on, and those that need not be searched."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from hpo.analysis.diagnosis.advice.remedy import describe_change
from hpo.analysis.diagnosis.advice.suggestion import Advice
from hpo.analysis.importance.result import Importances
from hpo.spaces import Choice, Float, Int, Parameter, ScalarValue, Value
from hpo.studies import StudyRecord

_FEWEST = 10
"""Complete trials that have a parameter: with fewer, where the best sit is chance."""
_FEWEST_FOR_IDLE = 30
_TOP_SHARE, _FEWEST_TOP = 0.2, 3
_EDGE, _NEAR = 0.1, 0.2
"""Of a range, on its scale: how near to its end the best trial is, and the median of the top trials. Drawn at random,
the best would be within a tenth of an end, with the others near the same one, once in some fifty parameters."""
_FEW_VALUES = 6
"""A number with fewer values is looked at by its last value, not by a share of its range."""


def advise_on_ranges(study: StudyRecord, numbers: Sequence[int], importances: Importances) -> Iterator[Advice]:
    """Advise to widen ranges whose edge the best trials sit on; those of parameters that do nothing are left alone.

    Args:
        study: the study.
        numbers: its complete trials, the best first.
        importances: of its parameters.
    """
    trials = {trial.number: study.spec.space.snap(trial.params) for trial in study.compared_trials()}
    for parameter in study.spec.space.parameters():
        name = parameter.name
        values: list[Any] = [trials[number][name] for number in numbers if name in trials[number]]
        if len(values) >= _FEWEST and name not in importances.by_chance and name in trials[numbers[0]]:
            yield from _advise_on_range(study, parameter, values[: max(_FEWEST_TOP, round(_TOP_SHARE * len(values)))])


def _advise_on_range(study: StudyRecord, parameter: Parameter, top: Sequence[Any]) -> Iterator[Advice]:
    """Advise on one parameter, by what the best trials have, the best one first."""
    side = _find_side(parameter, top)
    if side is None:
        return
    changes = ({parameter.name: wide} for wide in _widen(parameter, side))
    remedy = next(filter(None, (describe_change(study, change) for change in changes)), None)
    if remedy is None:
        return  # the range ends where the rules do
    others = f"the {len(top)} best have {_format(min(top))} to {_format(max(top))}"
    if _list_numbers(parameter):
        others = f"{top.count(top[0])} of the {len(top)} best have the same"
    yield Advice(
        f"Widen {parameter.name}: the best trials sit at the {'upper' if side else 'lower'} end of its range.",
        (f"It is searched {_describe_range(parameter)}. The best trial has {_format(top[0])}, and {others}.",),
        remedy,
    )


def advise_on_idle(study: StudyRecord, importances: Importances) -> Iterator[Advice]:
    """Advise to fix the parameters that do no more than chance, so that the rest is searched more densely.

    One that opens others, or that only some configs have, is left alone.
    """
    best = study.best
    if best is None or importances.trials < _FEWEST_FOR_IDLE or not importances.shares:
        return
    conditions = list(study.spec.space.conditions())
    opening = {holder for _, held in conditions for holder in held}
    known = [parameter for parameter, held in conditions if not held and parameter.name not in opening]
    idle = [parameter for parameter in known if parameter.name in importances.by_chance]
    values = {parameter.name: _shorten(parameter, best.params[parameter.name]) for parameter in idle}
    remedy = describe_change(study, values, begins_anew=True) if idle and len(idle) < len(conditions) else None
    if remedy is not None:
        listed = ", ".join(values)
        yield Advice(
            f"Fix {listed} in a next search, so that the rest is searched more densely.",
            (f"Over {importances.trials} trials, {listed} did no more to the result than chance does.",),
            remedy,
        )


def _shorten(parameter: Parameter, value: ScalarValue) -> ScalarValue:
    """Give a value with the digits that a person would write, where the parameter can have it."""
    if not isinstance(parameter, Float) or not isinstance(value, float):
        return value
    short = float(f"{value:.2g}")
    return short if parameter.step is None and parameter.take(short) is not None else value


def _list_numbers(parameter: Parameter) -> list[float] | None:
    """List the values that a parameter can take, where they are a few numbers, sorted; None where they are not."""
    if isinstance(parameter, Choice):
        numbers: list[Any] = [value for value in parameter.categories if _is_number(value)]
        return sorted(numbers) if len(numbers) == len(parameter.categories) else None
    if parameter.size is None or parameter.size >= _FEW_VALUES:
        return None
    return [parameter.nth(index) for index in range(parameter.size)]


def _find_side(parameter: Parameter, values: Sequence[Any]) -> bool | None:
    """Find on which end of its range the top trials have a parameter: True for the upper one, None for neither."""
    numbers = _list_numbers(parameter)
    if numbers is None:
        if isinstance(parameter, Choice):
            return None
        positions, edge, near = [_locate(parameter, value) for value in values], _EDGE, _NEAR
    else:
        positions, edge, near = [numbers.index(value) / (len(numbers) - 1) for value in values], 0.0, 0.0
    if positions[0] <= edge and median(positions) <= near:
        return False
    return True if positions[0] >= 1 - edge and median(positions) >= 1 - near else None


def _locate(parameter: Int | Float, value: float) -> float:
    """Give the place of a value in its range, from 0 to 1 on the parameter's scale."""
    low, high = parameter.low, parameter.high
    if parameter.log:
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return (value - low) / (high - low)


def _widen(parameter: Parameter, is_upper: bool) -> Iterator[Value]:
    """Give wider forms of a parameter, the widest first."""
    if not isinstance(parameter, Choice):
        yield from _widen_range(parameter, is_upper)
    elif numbers := _list_numbers(parameter):
        last, next_to_last = (numbers[-1], numbers[-2]) if is_upper else (numbers[0], numbers[1])
        added = last * last / next_to_last if last * next_to_last > 0 else 2 * last - next_to_last
        is_whole = all(isinstance(number, int) for number in numbers)
        if not is_whole or added == round(added):
            yield {"choice": [*parameter.categories, round(added) if is_whole else _round(added)]}


def _widen_range(parameter: Int | Float, is_upper: bool) -> Iterator[Value]:
    low, high, is_int = parameter.low, parameter.high, isinstance(parameter, Int)
    options: dict[str, Value] = {"log": True} if parameter.log else {}
    if parameter.step is not None and not (is_int and parameter.step == 1):
        options["step"] = parameter.step
    for share in (0.5, 0.25, 0.1):
        if parameter.log:
            factor = (high / low) ** share
            end = _round(high * factor) if is_upper else _round(low / factor)
        else:
            width = share * (high - low)
            width = max(1, round(width / parameter.step)) * parameter.step if parameter.step else width
            end = high + width if is_upper else low - width
            if low >= 0:
                end = max(0.0, end)
        end = round(end) if is_int else end if parameter.step else _round(end)
        if (end > high) if is_upper else (end < low):
            yield {"int" if is_int else "float": [low, end] if is_upper else [end, high], **options}


def _describe_range(parameter: Parameter) -> str:
    if isinstance(parameter, Choice):
        return f"among {', '.join(map(_format, parameter.categories))}"
    return f"from {_format(parameter.low)} to {_format(parameter.high)}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _round(value: float) -> float:
    """Round to two significant digits, as a person would write a bound."""
    return float(f"{value:.2g}")


def _format(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
