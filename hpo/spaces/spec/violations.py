"""Which rule a value of the file breaks: pydantic's errors in the words of the house."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from hpo.errors import Fault
from hpo.spaces.sections.options import known_keys, section_at
from hpo.spaces.space.foreign_parameters import find_misspelled_kind
from hpo.spaces.space.parameters import KINDS, Tree, Value
from hpo.spaces.spec.hints import key_hint, value_hint
from hpo.spaces.spec.wording import NAME_KEYS, RULES, bound_rule, describe_received, guess_share, one_of
from hpo.spaces.text.source import KeyPath
from hpo.vocabulary import suggest


@dataclass(frozen=True, slots=True)
class _Detail:
    """One of pydantic's errors: its kind, and where in the value it is.

    `union` and `branch` say which part of the value pydantic tried to read in several ways, and in which way this one
    failed.
    """

    kind: str
    where: KeyPath
    union: KeyPath
    branch: str | None
    message: str
    input: Any
    context: dict[str, Any]

    @property
    def is_mismatch(self) -> bool:
        """Whether the value is of another type altogether."""
        return self.kind.endswith("_type") or self.kind in ("literal_error", "none_required")


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that was read, and what its violations are told by.

    Attributes:
        section: the class that read it.
        value: what stands in the file.
        path: where it stands.
        may_vary: whether a parameter may stand at a path.
    """

    section: type[BaseModel]
    value: Tree
    path: KeyPath
    may_vary: Callable[[KeyPath], bool]


def violations_of(reading: Reading, error: ValidationError) -> list[Fault]:
    """Every rule that a value breaks; a union's ways of reading it are one rule."""
    faults: list[Fault] = []
    unions: dict[KeyPath, dict[str, list[_Detail]]] = {}
    for raw in error.errors(include_url=False):
        detail = _locate(reading.value, dict(raw))
        if detail.branch is None:
            faults.append(_translate(reading, detail))
        else:
            unions.setdefault(detail.union, {}).setdefault(detail.branch, []).append(detail)
    for union, branches in unions.items():
        meant = [
            details
            for details in branches.values()
            if any(len(detail.where) > len(union) or not detail.is_mismatch for detail in details)
        ]
        if meant:
            faults += [_translate(reading, detail) for detail in meant[0]]
        else:
            faults.append(_join([_translate(reading, details[0]) for details in branches.values()]))
    return faults


def _join(violations: list[Fault]) -> Fault:
    first, *others = dict.fromkeys(violation.rule for violation in violations)
    rule = ", or ".join([first, *(other.removeprefix("it is ") for other in others)])
    return replace(violations[0], rule=rule)


def _locate(value: Value, raw: dict[str, Any]) -> _Detail:
    """Tell keys and indices of the value from what pydantic adds to a location: the ways in which it read a union."""
    where: list[str] = []
    branch: str | None = None
    union: KeyPath = ()
    kind, parts = str(raw["type"]), [str(part) for part in raw["loc"]]
    for index, part in enumerate(parts):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif not (kind == "missing" and index == len(parts) - 1):
            if branch is None and value != part:
                branch, union = part, tuple(where)
            continue
        where.append(part)
    return _Detail(kind, tuple(where), union, branch, str(raw["msg"]), raw["input"], raw.get("ctx", {}))


def _translate(reading: Reading, detail: _Detail) -> Fault:
    kind, context, where = detail.kind, detail.context, detail.where
    full, got = (*reading.path, *where), describe_received(detail.input)
    if kind == "extra_forbidden":
        holder = section_at(reading.section, where[:-1])
        rule = f"the keys {_of(holder)} are {', '.join(known_keys(holder))}"
        hint = key_hint(holder, where, detail.input, _at(reading.value, where[:-1]))
        return Fault(rule, repr(where[-1]), hint, path=full, about_key=True, writes_value=_writes(hint))
    hint = value_hint(reading.section, where, detail.input, may_vary=reading.may_vary(full))
    remedy = hint or find_misspelled_kind(detail.input)
    if kind == "union_tag_invalid":
        words = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
        rule, got = one_of(words), repr(context["tag"])
        remedy = suggest(context["tag"], words) or suggest(context["tag"], KINDS) or remedy
    elif kind == "literal_error":
        words = [word.strip(" '") for word in context["expected"].replace(" or ", ", ").split(",")]
        rule = one_of(words)
        remedy = (suggest(detail.input, words) if isinstance(detail.input, str) else None) or remedy
    elif (bound := bound_rule(kind, context)) is not None:
        rule = bound
        if kind in ("less_than", "less_than_equal") and where:
            remedy = guess_share(where[-1], context["lt" if kind == "less_than" else "le"], detail.input)
    elif kind == "value_error":
        rule = str(context["error"])
    else:
        rule = RULES.get(kind, detail.message)
    is_about_no_value = kind == "missing" or (not where and isinstance(detail.input, dict))
    return Fault(
        rule,
        None if is_about_no_value else got,
        remedy,
        path=full,
        writes_value=hint is not None and remedy == hint,
    )


def _writes(hint: str | None) -> bool:
    return hint is not None and hint.startswith("write ")


def _at(value: Value, where: KeyPath) -> Tree:
    """The mapping at a path of plain values; a name on the way may have been spelled out."""
    for part in where:
        if isinstance(value, dict):
            value = value.get(part, value)
        elif isinstance(value, list):
            value = value[int(part)]
    return value if isinstance(value, dict) else {}


def _of(section: type[BaseModel]) -> str:
    """Whose keys they are, where a section has a name of its own."""
    defaults = (section.model_fields[key].default for key in NAME_KEYS if key in section.model_fields)
    return next((f"of {default}" for default in defaults if isinstance(default, str)), "here")
