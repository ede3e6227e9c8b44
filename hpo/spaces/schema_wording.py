"""What a JSON Schema says in words: for the hover texts of editors, and for the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hpo.spaces.parameters import KINDS

Schema = dict[str, Any]

PARAMETER = "parameter."
"""How the names of shared definitions of parameters begin."""
_BOUNDS = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
_TYPES = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text"}


def is_parameter(form: Schema) -> bool:
    """Whether a schema is one of `{int: ...}`, `{float: ...}`, `{choice: ...}` and `{repeat: ...}`."""
    return str(form.get("$ref", "")).startswith(f"#/$defs/{PARAMETER}") or form.get("required", [""])[:1] in (
        [kind] for kind in KINDS
    )


def forms_of(schema: Schema) -> list[Schema]:
    """What may stand at a value, parameters left out."""
    return [form for form in schema.get("anyOf", [schema]) if not is_parameter(form)]


def bounds_text(number: Schema, joint: str = " and ") -> str:
    """`at least 0 and below 1`."""
    return joint.join(f"{word} {shown_number(number[key])}" for key, word in _BOUNDS.items() if key in number)


def shown_number(number: float) -> str:
    """A number without what it does not need: `1` for `1.0`."""
    return str(number) if isinstance(number, int) else repr(number).removesuffix(".0")


def values_text(schema: Schema) -> str:
    """`whole number, at least 1, or list of whole number, at least 1`."""
    texts = dict.fromkeys(text for form in forms_of(schema) if (text := _form_text(form)))
    return "; or ".join(texts)


def _form_text(form: Schema) -> str:
    if "enum" in form:
        return _listed([code(value) for value in form["enum"]])
    kind = form.get("type")
    if kind == "null":
        return ""
    if kind == "array":
        items = values_text(form.get("items", {}))
        return f"list of ({items})" if " " in items else f"list of {items}"
    if "$ref" in form or "properties" in form:
        return "mapping"
    if form.get("format") == "path":
        return "path"
    return ", ".join(text for text in (_TYPES.get(str(kind), ""), bounds_text(form)) if text)


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


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def unwrapped(docstring: str) -> str:
    """A docstring's paragraphs, each on one line."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in docstring.strip().split("\n\n"))
