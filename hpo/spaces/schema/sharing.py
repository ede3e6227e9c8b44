"""A JSON Schema in which what stands in several places stands once, below `$defs`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from string import ascii_lowercase

from hpo.spaces.schema.parameters import DEFINITIONS, Schema

_SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_LISTS = ("anyOf", "oneOf", "allOf")
_MAPPINGS = ("properties", "patternProperties")
_SEPARABLE = (
    *("title", "description", "markdownDescription", "default", "defaultSnippets"),
    *("enum", "markdownEnumDescriptions", "oneOf"),
)
"""Keywords that mean the same wherever they stand, so that a schema can have them from a definition of their own."""
_PART = "$part"


def share(schema: Schema) -> Schema:
    """Write the same rules with a definition for each part that stands in several places.

    References stand only where language servers follow them. These write what a definition has beside what stands by
    its `$ref`, so editors complete and explain what they would without it.

    Args:
        schema: its own definitions become parts as all others, but for those that hold themselves.
    """
    return _Parts(schema).join()


class _Parts:
    """Every different part of a schema, with `{"$part": NUMBER}` in the place of what is below it."""

    def __init__(self, schema: Schema) -> None:
        self._given: dict[str, Schema] = schema["$defs"]
        self._entered: dict[str, Schema] = {}
        self._parts: list[Schema] = []
        self._numbers: dict[str, int] = {}
        self._uses: Counter[int] = Counter()
        self._kept_apart: set[int] = set()
        self._root = self._take_apart({key: rule for key, rule in schema.items() if key != "$defs"})
        self._recursive = [name for name, part in self._entered.items() if "$ref" in part]
        self._definitions: dict[str, Schema] = {}
        self._names = (name for name in _short_names() if name not in self._recursive)
        self._written: dict[int, Schema] = {}

    def join(self) -> Schema:
        """Put the schema together again."""
        root = self._write(self._root)
        own = {name: self._write(self._take_apart(self._given[name])) for name in self._recursive}
        return {**root, "$defs": own | self._definitions}

    def _take_apart(self, schema: Schema) -> Schema:
        """What stands for a schema: `{"$part": NUMBER}`."""
        part = _change_below(schema, self._take_apart)
        if "$ref" in part:
            part |= self._enter(part.pop("$ref").removeprefix(DEFINITIONS))
            if part.keys() == {_PART}:
                return part
            self._kept_apart |= {part[_PART]} if _PART in part else set()
        elif (separable := {key: part[key] for key in _SEPARABLE if key in part}) and len(separable) < len(part):
            part = {key: rule for key, rule in part.items() if key not in separable} | self._take_apart(separable)
        text = json.dumps(part)
        if text not in self._numbers:
            self._numbers[text] = len(self._parts)
            self._parts.append(part)
            _change_below(part, self._count)
            self._uses.update([part[_PART]] if _PART in part else [])
        return {_PART: self._numbers[text]}

    def _enter(self, name: str) -> Schema:
        """What stands for a reference to a definition: its part, or the reference where it holds itself."""
        if name not in self._entered:
            self._entered[name] = {}
            part = self._take_apart(self._given[name])
            self._entered[name] = self._entered[name] or part
        elif not self._entered[name]:
            self._entered[name] = {"$ref": f"{DEFINITIONS}{name}"}
        return self._entered[name]

    def _count(self, part: Schema) -> Schema:
        self._uses[part[_PART]] += 1
        return part

    def _write(self, part: Schema) -> Schema:
        """A part, with the parts below it and beside it."""
        whole = _change_below(self._parts[part[_PART]], self._refer)
        return {**self._refer({_PART: whole.pop(_PART)}), **whole} if _PART in whole else whole

    def _refer(self, part: Schema) -> Schema:
        """A reference to a part, or the part itself where that is shorter."""
        number = part[_PART]
        if number not in self._written:
            whole = self._write(part)
            uses, length = self._uses[number], len(_text(whole))
            if number in self._kept_apart or (uses + 1) * _REFERENCE + length < uses * length:
                name = next(self._names)
                self._definitions[name] = whole
                whole = {"$ref": f"{DEFINITIONS}{name}"}
            self._written[number] = whole
        return self._written[number]


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


_REFERENCE = len(_text({"$ref": f"{DEFINITIONS}ab"}))


def _short_names() -> Iterator[str]:
    """`a`, `b`, ..., `aa`, `ab`, ...: three thousand references are most of the text."""
    for length in range(1, 9):
        yield from map("".join, product(ascii_lowercase, repeat=length))


def _change_below(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """A copy of a schema in which each schema right below it is changed."""

    def change_schema(rule: object) -> object:
        return change(rule) if isinstance(rule, dict) else rule

    copy: Schema = {}
    for key, rule in schema.items():
        if key in _SINGLE:
            copy[key] = change_schema(rule)
        elif key in _LISTS:
            copy[key] = [change_schema(item) for item in rule]
        elif key in _MAPPINGS:
            copy[key] = {word: change_schema(below) for word, below in rule.items()}
        else:
            copy[key] = rule
    return copy
