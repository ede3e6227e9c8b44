"""Another tool's values to those that an option takes: some are left out, a range may be cut."""

from __future__ import annotations

import math
from dataclasses import replace

from hpo.foreign.excerpt import excerpt
from hpo.foreign.search import LARGEST, Domain, Entry, NumberRange, ValueList, decimal
from hpo.spaces import Value
from hpo.spaces.file.options import PlacedOption
from hpo.spaces.space.rendering import flow
from hpo.vocabulary import find_synonym

MOST_VALUES = 1000
"""A choice of more is checked and written at a cost that nobody wants."""
_NAMED = 3
_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
"""Words that YAML 1.1 reads as true and false; the language is YAML 1.2, where they are words."""


class UnfitError(ValueError):
    """An option takes none of the values; the text says why."""


def fit(domain: Domain, option: PlacedOption) -> Entry:
    """The constant or parameter that an option takes for a domain.

    Raises:
        UnfitError: it takes none of the domain's values.
    """
    if isinstance(domain, NumberRange) and option.kind == "switch" and domain.whole:
        domain = ValueList(tuple(number for number in (0, 1) if domain.low <= number <= domain.high))
    entry = _fit_values(domain, option) if isinstance(domain, ValueList) else _fit_range(domain, option)
    if isinstance(entry.value, dict) and not option.may_vary:
        raise UnfitError(f"`{option}` is the same for all trials of a study")
    return entry


def _fit_values(domain: ValueList, option: PlacedOption) -> Entry:
    if len(domain.items) > MOST_VALUES:
        raise UnfitError(f"a choice of {len(domain.items):,} values is better written as a range")
    values: list[Value] = []
    broken: list[tuple[Value, str]] = []
    for item in domain.items:
        value = _spell(item, option)
        if (rule := _broken_rule(value, option)) is not None:
            broken.append((item, rule))
        elif value not in values:
            values.append(value)
    if not values:
        raise UnfitError(f"`{option}` takes none of its values: {broken[0][1]}" if broken else "it has no values")
    notes = (f"left out {_list_some([item for item, _ in broken])}: {broken[0][1]}",) if broken else ()
    return Entry(values[0] if len(values) == 1 else {"choice": values}, notes)


def _broken_rule(value: Value, option: PlacedOption) -> str | None:
    if isinstance(value, int) and abs(value) > LARGEST:
        return "a whole number fits in 64 bits"
    if option.takes_path and value not in option.words:
        return "it is a path that exists; write it where the file lies"
    return option.broken_rule(value)


def _spell(item: Value, option: PlacedOption) -> Value:
    """A value in the spelling of the language."""
    if option.kind in ("whole", "number") and isinstance(item, str):
        item = _parse_number(item)
    if option.kind == "whole" and isinstance(item, float) and item.is_integer():
        return int(item)
    if option.kind == "switch" and isinstance(item, int | float | str):
        return _SWITCH.get(flow(item).lower() if not isinstance(item, str) else item.lower(), item)
    if option.kind == "word" and isinstance(item, str | None):
        word = "none" if item is None else item.strip()
        return find_synonym(word, option.words) or word.lower()
    return item


def _parse_number(text: str) -> Value:
    """The number that a text is (`"32"`, `1e-3` of YAML 1.1), or the text."""
    try:
        return int(text) if text.strip().isdecimal() else float(text)
    except ValueError:
        return text


def _list_some(items: list[Value]) -> str:
    more = len(items) - _NAMED
    return ", ".join(excerpt(item, 40) for item in items[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _fit_range(domain: NumberRange, option: PlacedOption) -> Entry:
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
        broken = (option.broken_rule(domain.number(end)) for end in (domain.low, domain.high))
        rule = next(filter(None, broken), "it is within bounds")
        notes.append(f"was {domain.number(domain.low)} to {domain.number(domain.high)}: {rule}")
        if cut.low > cut.high:
            raise UnfitError(f"`{option}` takes none of its values: {rule}")
    return Entry(cut.to_value(), tuple(notes))


def _whole(domain: NumberRange) -> NumberRange:
    low, high = math.ceil(domain.low), math.floor(domain.high)
    if low > high:
        raise UnfitError("no whole number lies in its range")
    if max(abs(low), abs(high)) > LARGEST:
        raise UnfitError("a whole number fits in 64 bits")
    is_lattice = domain.step is not None and float(domain.step).is_integer() and low == domain.low
    return NumberRange(low, high, whole=True, step=domain.step if is_lattice else None, log=domain.log)


def _cut(domain: NumberRange, option: PlacedOption) -> NumberRange:
    """The part of a range that lies within an option's bounds; `low` above `high` where there is none."""
    bounds, low, high = option.bounds, domain.low, domain.high
    if bounds.low is not None and (low < bounds.low or (bounds.low_open and low == bounds.low)):
        low = _move_inside(bounds.low, domain, 1, is_open=bounds.low_open)
    if bounds.high is not None and (high > bounds.high or (bounds.high_open and high == bounds.high)):
        high = _move_inside(bounds.high, replace(domain, low=low), -1, is_open=bounds.high_open)
    return replace(domain, low=low, high=high)


def _move_inside(bound: float, domain: NumberRange, direction: int, *, is_open: bool) -> float:
    """The number of a range next to a bound on its inner side: above a lower one (1), below an upper one (-1).

    One that is open is kept at a distance: a thousandth of what is left, or 0.01 below.
    """
    step = domain.step or (1 if domain.whole else None)
    if step is not None:
        exact, width = decimal(bound), decimal(step)
        steps = (math.ceil if direction > 0 else math.floor)((exact - decimal(domain.low)) / width)
        number = decimal(domain.low) + steps * width
        return float(number + direction * width if is_open and (number - exact) * direction <= 0 else number)
    if not is_open:
        return bound
    if direction > 0:
        margin = (domain.high - bound) / 1000
        return float(f"{bound + margin:.4g}") if margin > 0 else bound + 1
    return bound - 0.01 if domain.low < bound - 0.01 else bound - (bound - domain.low) / 1000
