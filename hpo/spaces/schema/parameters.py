"""JSON Schemas of what may stand for a constant: `{int: ...}`, `{float: ...}`, `{choice: ...}`, `{repeat: ...}`.

Each holds its parts to the rules of the constant that it stands for. Editors offer `defaultSnippets`, which JSON Schema
itself does not know.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hpo.spaces.space.parameters import KINDS, MAX_REPEAT

Schema = dict[str, Any]

DEFINITIONS = "#/$defs/"
"""What references begin with."""
NOTHING: Schema = {"$ref": f"{DEFINITIONS}nothing"}
"""What follows an alternative that opens nothing."""
CONSTANT: Schema = {"$ref": f"{DEFINITIONS}constant"}
"""A constant of any shape: no parameter is in it."""
COMMON: dict[str, Schema] = {
    "nothing": {"type": ["object", "null"], "maxProperties": 0},
    "constant": {"properties": dict.fromkeys(KINDS, False), "additionalProperties": CONSTANT, "items": CONSTANT},
}
"""What references of this module lead to."""
_DESCRIPTIONS = {
    "int": "A whole number from low to high, both included.",
    "float": "A number from low to high, both included.",
    "choice": "One of several: a list of constants, or a mapping of names that may open options of their own.",
    "repeat": "A list with as many items as `repeat` says, each as `of` says.",
}
_STEP = "Only the multiples of it, counted from low."
_PRIOR = "A guess of a good value: the first trial has it, and the sampler `auto` looks near it first."
_LOG = "Draw on a logarithmic scale: each power of ten is as likely as another."


def closed(properties: Mapping[str, Schema], **rules: object) -> Schema:
    """A mapping that has these keys and no others."""
    return {"type": "object", "properties": dict(properties), **rules, "additionalProperties": False}


def matching(patterns: Mapping[str, Schema]) -> Schema:
    """The rule for keys that match a pattern; nothing where there is none."""
    return {"patternProperties": dict(patterns)} if patterns else {}


def one_key(properties: Mapping[str, Schema]) -> Schema:
    """A mapping that has one of these keys, alone; `maxProperties` would keep editors from completing it."""
    return closed(properties, oneOf=[{"required": [key]} for key in properties])


def int_range(number: Schema) -> Schema | None:
    """`{int: [low, high], step, log, prior}` for a whole number or any number; None where no range has room."""
    number = whole(number)
    if number.get("maximum", math.inf) <= number.get("minimum", -math.inf):
        return None
    return _range("int", number, {"type": "integer", "minimum": 1}, {"const": 1})


def float_range(number: Schema) -> Schema:
    """`{float: [low, high], step, log, prior}`."""
    return _range("float", number, {"type": "number", "exclusiveMinimum": 0}, False)


def whole(number: Schema) -> Schema:
    """The whole numbers among these numbers."""
    rules: Schema = {"type": "integer"}
    if "exclusiveMinimum" in number:
        rules["minimum"] = math.floor(number["exclusiveMinimum"]) + 1
    if "minimum" in number:
        rules["minimum"] = math.ceil(number["minimum"])
    if "exclusiveMaximum" in number:
        rules["maximum"] = math.ceil(number["exclusiveMaximum"]) - 1
    if "maximum" in number:
        rules["maximum"] = math.floor(number["maximum"])
    return rules


def _range(kind: str, number: Schema, step: Schema, step_on_log_scale: Schema | bool) -> Schema:
    low_on_log_scale: Schema = {} if _is_positive(number) else {kind: {"prefixItems": [{"exclusiveMinimum": 0}]}}
    bounds = {"type": "array", "items": number, "minItems": 2, "maxItems": 2, "uniqueItems": True}
    options = {
        kind: {"description": _DESCRIPTIONS[kind], **bounds},
        "step": {"description": _STEP, **step},
        "log": {"description": _LOG, "type": "boolean", "default": False},
        "prior": {"description": _PRIOR, **{key: rule for key, rule in number.items() if key != "description"}},
    }
    return {
        "title": f"{{{kind}: [low, high]}}",
        **closed(options, required=[kind]),
        "if": {"required": ["log"], "properties": {"log": {"const": True}}},
        "then": {"properties": {"step": step_on_log_scale, **low_on_log_scale}},
        "defaultSnippets": [
            _snippet(kind, f"{{{kind}: [low, high]}}", "low", "high"),
            _snippet(kind, f"{{{kind}: [low, high], log: true}}", "low", "high"),
        ],
    }


def _is_positive(number: Schema) -> bool:
    return bool(number.get("minimum", 0) > 0 or number.get("exclusiveMinimum", -1) >= 0)


def choice(
    items: Schema,
    alternatives: Mapping[str, Schema],
    others: Schema | None = None,
    by_pattern: Mapping[str, Schema] | None = None,
) -> Schema:
    """`{choice: [...], prior}`, and `{choice: {NAME: ...}, prior}` where alternatives can be named.

    Args:
        items: an alternative in a list, which is a constant.
        alternatives: what follows each name.
        others: what follows any other name, where there may be others.
        by_pattern: what follows each name that matches a pattern.
    """
    forms: list[Schema] = [{"type": "array", "items": items, "minItems": 2, "uniqueItems": True}]
    if others is not None or len(alternatives) > 1:
        by_name = closed(alternatives, **matching(by_pattern or {}), minProperties=2)
        forms.append(by_name if others is None else {**by_name, "additionalProperties": others})
    listed = {"description": _DESCRIPTIONS["choice"], **(forms[0] if len(forms) == 1 else {"anyOf": forms})}
    return {
        "title": "{choice: [...]}",
        **closed({"choice": listed, "prior": {"description": _PRIOR}}, required=["choice"]),
        "defaultSnippets": [_snippet("choice", "{choice: [one, another]}", "one", "another")],
    }


def repeat(of: Schema, rules: Schema) -> Schema:
    """`{repeat: COUNT, of: ITEM}` for a list of such items; `rules` are those of the list."""
    count = {"minimum": rules.get("minItems", 0), "maximum": min(MAX_REPEAT, rules.get("maxItems", MAX_REPEAT))}
    number = {"type": "integer", **count}
    counts = [number, int_range(number), choice(number, {})]
    return {
        "title": "{repeat: count, of: item}",
        **closed(
            {
                "repeat": {
                    "description": _DESCRIPTIONS["repeat"],
                    "anyOf": [form for form in counts if form is not None],
                },
                "of": of,
            },
            required=["repeat", "of"],
        ),
        "defaultSnippets": [_snippet("repeat", "{repeat: count, of: item}", "count", "item")],
    }


def _snippet(kind: str, text: str, *gaps: str) -> Schema:
    """What an editor offers to write; it has the user fill in the `gaps`."""
    body = text
    for number, gap in enumerate(gaps, start=1):
        body = body.replace(gap, f"${{{number}:{gap}}}")
    return {"label": text, "description": _DESCRIPTIONS[kind], "body": body}
