"""What a JSON Schema says in words: for the hover texts of editors, and for the reference."""

from __future__ import annotations

from collections.abc import Sequence

from hpo.spaces.schema.parameters import Schema
from hpo.spaces.space.parameters import KINDS

_BOUNDS = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
_TYPES = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text"}


def is_parameter(form: Schema) -> bool:
    """Tell whether a schema is one of `{int: ...}`, `{float: ...}`, `{choice: ...}` and `{repeat: ...}`."""
    return next(iter(form.get("required", ())), None) in KINDS


def forms_of(schema: Schema) -> list[Schema]:
    """What may stand at a value, parameters left out."""
    return [form for form in schema.get("anyOf", [schema]) if not is_parameter(form)]


def bounds_text(number: Schema) -> str:
    """`at least 0 and below 1`, or `from 1 to 16`."""
    words = {"minimum": "from", "maximum": "to"} if {"minimum", "maximum"} <= number.keys() else {}
    texts = [f"{words.get(key, word)} {shown_number(number[key])}" for key, word in _BOUNDS.items() if key in number]
    return (" " if words else " and ").join(texts)


def shown_number(number: float) -> str:
    """A number without what it does not need: `1` for `1.0`."""
    return str(number) if isinstance(number, int) else repr(number).removesuffix(".0")


def values_text(schema: Schema, mapping: str = "mapping") -> str:
    """What may stand at a value, parameters left out, as in `whole number, at least 1; or list of mapping`.

    Args:
        schema: of the value.
        mapping: what a mapping is called.
    """
    texts = dict.fromkeys(text for form in forms_of(schema) if (text := _form_text(form, mapping)))
    return "; or ".join(texts)


def _form_text(form: Schema, mapping: str) -> str:
    if "enum" in form:
        return _join_words([code(value) for value in form["enum"]])
    if "$ref" in form or "properties" in form:
        return mapping
    if "title" in form:
        return code(form["title"])
    kinds = form.get("type", ())
    return "; or ".join(
        _type_text(form, kind, mapping) for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"
    )


def _type_text(form: Schema, kind: str, mapping: str) -> str:
    if kind == "array":
        items = values_text(form.get("items", {}), mapping)
        return f"list of ({items})" if ", " in items else f"list of {items}"
    name = "path" if form.get("format") == "path" else _TYPES.get(kind, "")
    return ", ".join(text for text in (name, bounds_text(form)) if text)


def default_text(schema: Schema) -> str:
    """The default as a file would say it; empty where there is none to say."""
    return code(schema["default"]) if "default" in schema else ""


def code(value: object) -> str:
    """A plain value, as YAML has it, in Markdown."""
    return f"`{_yaml(value)}`"


def _yaml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(item) for item in value) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return shown_number(value) if isinstance(value, int | float) else str(value)


def _join_words(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def unwrap(docstring: str) -> str:
    """A docstring's paragraphs, each on one line."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in docstring.strip().split("\n\n"))
