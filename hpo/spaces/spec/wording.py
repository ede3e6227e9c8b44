"""Values, rules, parameters and places of a file in the words of errors and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any

from pydantic import BaseModel

from hpo.spaces.sections.keys import SECTION_NAMES
from hpo.spaces.sections.options import Bounds, Form, Option
from hpo.spaces.space.parameters import (
    Alternative,
    Choice,
    Float,
    Int,
    Parameter,
    Repeat,
    SectionTemplate,
    Template,
)
from hpo.spaces.text.source import KeyPath, ScalarValue, format_value

NAME_KEYS = (*SECTION_NAMES.values(), "name")
"""Under which what is chosen by name says its name, once it is spelled out."""

RULES = {
    "missing": "it is required",
    "bool_type": "it is true or false",
    "int_type": "it is a whole number",
    "float_type": "it is a number",
    "string_type": "it is a text",
    "list_type": "it is a list",
    "dict_type": "it is a mapping",
    "none_required": "it is none",
    "path_type": "it is a path",
    "path_not_directory": "it is a folder that exists",
    "path_not_file": "it is a file that exists",
    "model_type": "it is a mapping",
    "model_attributes_type": "it is a mapping",
    "finite_number": "it is a finite number",
}
"""What a value is, by the kind of pydantic's error."""
_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_LENGTHS = {"too_short": ("min_length", "at least"), "too_long": ("max_length", "at most")}
_PERCENT = 100
_ENLARGED = 2
_SIDE = 32


class Absent:
    """The type of `ABSENT`."""


ABSENT = Absent()
"""Stands where a file says nothing, so that a default holds."""


def place_name(path: KeyPath) -> str:
    """A place as reports call it: without its section, and without the key under which something says what it is."""
    path = path[:-1] if len(path) > 2 and path[-1] in NAME_KEYS else path  # noqa: PLR2004 - there is more before it
    return ".".join(path[1:] or path)


def in_words(value: object) -> str:
    """A value of a config as reports show it."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        name = next((value[key] for key in NAME_KEYS if key in value), None)
        if len(value) == 1 and name is None and isinstance(next(iter(value.values())), dict | None):
            return str(next(iter(value)))  # {NAME: OPTIONS}
        return name if isinstance(name, str) else f"a mapping with {', '.join(value) or 'nothing'}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if value is None or isinstance(value, Absent):
        return "none" if value is None else "nothing"
    return format_value(value)


def values_of(parameter: Parameter) -> str:
    """`8, 16 or 32`, or `[0.0, 0.5] in steps of 0.1`."""
    if isinstance(parameter, Choice):
        return either(parameter.categories)
    is_stepped = parameter.step is not None and not (isinstance(parameter, Int) and parameter.step == 1)
    step = f" in steps of {parameter.step}" if is_stepped else ""
    return f"[{parameter.low}, {parameter.high}]{step}"


def either(values: Sequence[ScalarValue]) -> str:
    """`8, 16 or 32`."""
    *others, last = [in_words(value) for value in values]
    return f"{', '.join(others)} or {last}" if others else last


def describe_template(template: Template) -> str:
    """A constant or a parameter about as a file has it, on one line; what alternatives open is left out."""
    match template:
        case Choice(_, alternatives):
            words = ", ".join(in_words(alternative.category) for alternative in alternatives)
            return f"{{choice: {{{words}}}}}" if any(map(_opens, alternatives)) else f"{{choice: [{words}]}}"
        case Int() | Float():
            return f"{{{'int' if isinstance(template, Int) else 'float'}: {values_of(template)}}}"
        case Repeat(count, items):
            text = f"{{repeat: {describe_template(count)}, of: {describe_template(items[0]) if items else '{}'}}}"
        case Mapping():
            text = f"{{{', '.join(f'{key}: {describe_template(item)}' for key, item in template.items())}}}"
        case tuple():
            text = f"[{', '.join(describe_template(item) for item in template)}]"
        case _:
            text = in_words(template)
    return text


def _opens(alternative: Alternative) -> bool:
    """Whether an alternative is the name of what stands below it."""
    content, category = alternative.content, alternative.category
    if isinstance(content, SectionTemplate):
        return len(content) > 1 and not str(category).startswith("{")
    return isinstance(content, Mapping) and category in content


def option_text(option: Option) -> str:
    """What an option takes, as in `float | none, 0 <= x < 1`."""
    bounds = next((form.bounds for form in option.forms if form.bounds != Bounds()), Bounds())
    low = "" if bounds.low is None else f"{bounds.low:g} {'<' if bounds.low_open else '<='} "
    high = "" if bounds.high is None else f" {'<' if bounds.high_open else '<='} {bounds.high:g}"
    return " | ".join(map(_form_text, option.forms)) + (f", {low}x{high}" if low or high else "")


def _form_text(form: Form) -> str:
    if form.title is not None or form.words:
        return form.title or " | ".join(form.words)
    if issubclass(form.type, BaseModel):
        return "{" + ", ".join(form.type.model_fields) + "}"
    items = " | ".join(map(_form_text, form.items))
    if form.type is list:
        return f"list of {items}"
    return items or {NoneType: "none", str: "text", Path: "path"}.get(form.type, form.type.__name__)


def bound_rule(kind: str, context: Mapping[str, Any]) -> str | None:
    """The rule about a bound or a length that pydantic's error is about; None for any other error."""
    if kind in _BOUNDS:
        name, word = _BOUNDS[kind]
        bound = context[name]
        return f"it is {word} {f'{bound:g}' if isinstance(bound, float) else bound}"
    if kind in _LENGTHS:
        name, word = _LENGTHS[kind]
        return f"it has {word} {context[name]} item{'s' * (context[name] != 1)}"
    return None


def one_of(words: Sequence[str], subject: str = "it") -> str:
    """The rule about words."""
    return f"{subject} is one of {', '.join(words)}" if len(words) > 1 else f"{subject} is {words[0]}"


def describe_received(value: object) -> str:
    """A value that is refused."""
    if isinstance(value, dict):
        return f"a mapping with {', '.join(str(key) for key in list(value)[:4] if key != 'name') or 'nothing'}"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return f"a list of {len(value)}"
    return format_value(value)


def guess_share(key: str, bound: object, value: object) -> str | None:
    """What to write in the place of a value above a bound of 1, at which shares end; None where nobody knows.

    Args:
        key: of the option.
        bound: the most that it may be.
        value: what was received.
    """
    if bound != 1 or isinstance(value, bool) or not isinstance(value, int | float) or not 1 < value <= _PERCENT:
        return None
    if key == "shift":
        return f"it is a share of the image's side: {value:g} of {_SIDE} pixels are {value / _SIDE:.4g}"
    if key == "factor":
        return f"write {1 / value:.4g} to divide by {value:g}"
    if key == "zoom" and value < _ENLARGED:
        return f"write {value - 1:.4g} to enlarge up to {value:g} times"
    return f"write {value / _PERCENT:.4g} for {value:g} %" if value >= _ENLARGED else None
