"""Another tool's values to those that an option takes: some are left out, a range may be cut."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal

from hpo.foreign.conversion.foreign import LARGEST, Domain, NumberRange, ValueList
from hpo.foreign.conversion.writing import shown
from hpo.spaces import Value
from hpo.spaces.file.options import PlacedOption
from hpo.spaces.space.rendering import flow
from hpo.vocabulary import synonym

MOST_VALUES = 1000
"""A choice of more is checked and written at a cost that nobody wants."""
_NAMED = 3
_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
"""Words that YAML 1.1 reads as true and false; the language is YAML 1.2, where they are words."""


class UnfitError(ValueError):
    """An option takes none of the values; the text says why."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What stands in a space file for a domain: a constant or a parameter, and what was changed on the way."""

    value: Value
    notes: tuple[str, ...] = ()

    @property
    def varies(self) -> bool:
        """Whether it is a parameter."""
        return isinstance(self.value, dict)


def fit(domain: Domain, option: PlacedOption) -> Fit:
    """The constant or parameter that an option takes for a domain.

    Raises:
        UnfitError: it takes none of the domain's values.
    """
    if isinstance(domain, NumberRange) and option.kind == "switch" and domain.whole:
        domain = ValueList(tuple(number for number in (0, 1) if domain.low <= number <= domain.high))
    found = _fit_values(domain, option) if isinstance(domain, ValueList) else _fit_range(domain, option)
    if found.varies and not option.may_vary:
        raise UnfitError(f"`{option}` is the same for all trials of a study")
    return found


def _fit_values(domain: ValueList, option: PlacedOption) -> Fit:
    if len(domain.items) > MOST_VALUES:
        raise UnfitError(f"a choice of {len(domain.items):,} values is better written as a range")
    kept: list[Value] = []
    left_out: list[Value] = []
    rules: list[str] = []
    for item in domain.items:
        value = _meant(item, option)
        rule = _broken_rule(value, option)
        if rule is None and value not in kept:
            kept.append(value)
        elif rule is not None:
            left_out.append(item)
            rules.append(rule)
    if not kept:
        raise UnfitError(f"`{option}` takes none of its values: {rules[0]}" if rules else "it has no values")
    notes = (f"left out {_listed(left_out)}: {rules[0]}",) if left_out else ()
    return Fit(kept[0] if len(kept) == 1 else {"choice": kept}, notes)


def _broken_rule(value: Value, option: PlacedOption) -> str | None:
    if isinstance(value, int) and abs(value) > LARGEST:
        return "a whole number fits in 64 bits"
    if option.takes_path and value not in option.words:
        return "it is a path that exists; write it where the file lies"
    return option.broken_rule(value)


def _meant(item: Value, option: PlacedOption) -> Value:
    """A value in the spelling of the language."""
    if option.kind in ("whole", "number") and isinstance(item, str):
        item = _number_in(item)
    if option.kind == "whole" and isinstance(item, float) and item.is_integer():
        return int(item)
    if option.kind == "switch" and isinstance(item, int | float | str):
        return _SWITCH.get(flow(item).lower() if not isinstance(item, str) else item.lower(), item)
    if option.kind == "word" and isinstance(item, str | None):
        word = "none" if item is None else item.strip()
        return synonym(word, option.words) or word.lower()
    return item


def _number_in(text: str) -> Value:
    """The number that a text is (`"32"`, `1e-3` of YAML 1.1), or the text."""
    try:
        return int(text) if text.strip().isdecimal() else float(text)
    except ValueError:
        return text


def _listed(items: list[Value]) -> str:
    more = len(items) - _NAMED
    return ", ".join(shown(item, 40) for item in items[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _fit_range(domain: NumberRange, option: PlacedOption) -> Fit:
    if option.kind not in ("whole", "number"):
        raise UnfitError(f"`{option}` takes no range of numbers")
    notes: list[str] = []
    if option.kind == "whole" and not domain.whole:
        domain = _whole(domain)
        notes.append("whole numbers only")
    cut = _cut(domain, option)
    if domain.whole and option.kind == "number" and domain.low < domain.high and cut.low == cut.high:
        domain = replace(domain, whole=False, step=None)  # 0 to 1 of a share
        cut = _cut(domain, option)
        notes.append("whole numbers alone before, of which one is left: taken as all between")
    if cut != domain:
        broken = (option.broken_rule(_number(end, domain)) for end in (domain.low, domain.high))
        rule = next(filter(None, broken), "it is within bounds")
        notes.append(f"was {_number(domain.low, domain)} to {_number(domain.high, domain)}: {rule}")
        if cut.low > cut.high:
            raise UnfitError(f"`{option}` takes none of its values: {rule}")
    return Fit(parameter_of(cut), tuple(notes))


def parameter_of(domain: NumberRange) -> Value:
    """The parameter that a range is in a space file; the constant itself where it has room for one value."""
    low, high = _number(domain.low, domain), _number(domain.high, domain)
    if low == high or (
        domain.step is not None and _decimal(domain.low) + _decimal(domain.step) > _decimal(domain.high)
    ):
        return low
    parameter: dict[str, Value] = {"int" if domain.whole else "float": [low, high]}
    if domain.log:
        parameter["log"] = True
    elif domain.step is not None and not (domain.whole and domain.step == 1):
        parameter["step"] = _number(domain.step, domain)
    return parameter


def _number(number: float, domain: NumberRange) -> int | float:
    return int(number) if domain.whole else float(number)


def _whole(domain: NumberRange) -> NumberRange:
    low, high = math.ceil(domain.low), math.floor(domain.high)
    if low > high:
        raise UnfitError("no whole number lies in its range")
    if max(abs(low), abs(high)) > LARGEST:
        raise UnfitError("a whole number fits in 64 bits")
    is_lattice = domain.step is not None and float(domain.step).is_integer() and low == domain.low
    return NumberRange(low, high, whole=True, step=domain.step if is_lattice else None, log=domain.log)


def _cut(domain: NumberRange, option: PlacedOption) -> NumberRange:
    """The part of a range that lies within an option's bounds; `low` above `high` where there is none.

    An end that is not part of the bounds is kept at a distance: a thousandth of what is left, or 0.01 below.
    """
    bounds, low, high = option.bounds, domain.low, domain.high
    if bounds.low is not None and (low < bounds.low or (bounds.low_open and low == bounds.low)):
        low = _first_above(bounds.low, domain, is_open=bounds.low_open)
    if bounds.high is not None and (high > bounds.high or (bounds.high_open and high == bounds.high)):
        high = _last_below(bounds.high, replace(domain, low=low), is_open=bounds.high_open)
    return replace(domain, low=low, high=high)


def _first_above(bound: float, domain: NumberRange, *, is_open: bool) -> float:
    step = domain.step or (1 if domain.whole else None)
    if step is not None:
        steps = math.ceil((_decimal(bound) - _decimal(domain.low)) / _decimal(step))
        first = _decimal(domain.low) + steps * _decimal(step)
        return float(first + _decimal(step) if is_open and first <= _decimal(bound) else first)
    margin = (domain.high - bound) / 1000
    return float(f"{bound + margin:.4g}") if is_open and margin > 0 else bound + (1 if is_open else 0)


def _last_below(bound: float, domain: NumberRange, *, is_open: bool) -> float:
    step = domain.step or (1 if domain.whole else None)
    if step is not None:
        steps = math.floor((_decimal(bound) - _decimal(domain.low)) / _decimal(step))
        last = _decimal(domain.low) + steps * _decimal(step)
        return float(last - _decimal(step) if is_open and last >= _decimal(bound) else last)
    if not is_open:
        return bound
    return bound - 0.01 if domain.low < bound - 0.01 else bound - (bound - domain.low) / 1000


def _decimal(number: float) -> Decimal:
    return Decimal(repr(number))
