"""Every key that a section may be given a plain value for: where it stands, and what values it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hpo.spaces.sections.keys import may_vary as may_vary_at
from hpo.spaces.sections.section import Section
from hpo.spaces.space.parameters import Value
from hpo.spaces.spec.config import ConfigError, check
from hpo.spaces.text.source import KeyPath

ValueKind = Literal["switch", "whole", "number", "word", "text"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number keeps to; an open end is not part of it."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """A key of a space file that may be given a value.

    Attributes:
        path: where it stands in a config, from the section down.
        section: the class that checks it.
        kind: of its values.
        bounds: of its values, if they are numbers.
        alternative: of a choice such as `optimizer`, where it exists only under that one.
        may_vary: whether it may be a parameter.
        words: that it takes, if it takes any.
        takes_path: whether it takes the path of a file as well, or that alone.
    """

    path: KeyPath
    section: type[Section]
    kind: ValueKind
    bounds: Bounds = Bounds()
    alternative: str | None = None
    may_vary: bool = True
    words: tuple[str, ...] = ()
    takes_path: bool = False

    def broken_rule(self, value: Value) -> str | None:
        """The rule that a constant breaks, if it does."""
        try:
            check(self.section, {self.path[-1]: value}, self.path[:-1])
        except ConfigError as error:
            return error.faults[0].rule
        return None

    def __str__(self) -> str:
        return ".".join(self.path)


def options_of(section: type[Section], path: KeyPath, own_name: str, **common: Any) -> Iterator[Option]:  # noqa: ANN401 - fields of Option
    """The options of a section, those of the sections in it among them.

    Args:
        section: the class.
        path: where it stands.
        own_name: the key under which it says what it is, which is no option.
        common: attributes that all of them have.
    """
    inherited = [name for name in section.model_fields if name not in section.__annotations__]
    for name, info in sorted(section.model_fields.items(), key=lambda field: field[0] in inherited):
        if name == own_name:
            continue
        here, members = (*path, name), list(_members(info.annotation, info.metadata))
        below = [member for member, _ in members if issubclass(member, Section)]
        if len(below) > 1:
            names = tuple(str(member.model_fields["name"].default) for member in below)
            yield Option(here, section, "word", words=names, **common)
            for member in below:
                alternative = member.model_fields["name"].default
                yield from options_of(member, (*here, alternative), "name", **{**common, "alternative": alternative})
        elif below:
            yield from options_of(below[0], here, "", **common)
        elif found := _kind(members):
            kind, bounds = found
            may_vary, words = may_vary_at(here), tuple(_words(info.annotation))
            takes_path = any(issubclass(member, Path) for member, _ in members)
            yield Option(here, section, kind, bounds, may_vary=may_vary, words=words, takes_path=takes_path, **common)


def _members(annotation: Any, metadata: list[Any]) -> Iterator[tuple[type, list[Any]]]:  # noqa: ANN401 - any annotation
    """The types that an annotation joins, each with the metadata that bounds it; lists are left out."""
    if get_origin(annotation) is Annotated:
        inner, *extra = get_args(annotation)
        yield from _members(inner, [*metadata, *(each for item in extra for each in getattr(item, "metadata", [item]))])
    elif get_origin(annotation) in (Union, UnionType):
        for member in get_args(annotation):
            yield from _members(member, metadata)
    elif get_origin(annotation) is Literal:
        yield str, metadata
    elif isinstance(annotation, type) and get_origin(annotation) is None and annotation is not type(None):
        yield annotation, metadata


def _words(annotation: Any) -> Iterator[str]:  # noqa: ANN401 - any annotation
    for argument in get_args(annotation):
        if get_origin(annotation) is Literal:
            yield str(argument)
        else:
            yield from _words(argument)


_ENDS = ("ge", "gt", "le", "lt")
_KINDS: dict[type, ValueKind] = {bool: "switch", int: "whole", float: "number", str: "word", Path: "text"}


def _kind(members: list[tuple[type, list[Any]]]) -> tuple[ValueKind, Bounds] | None:
    """What values a field takes, told by the first of its types that is known."""
    for member, metadata in members:
        if member in _KINDS:
            ends = {key: getattr(item, key, None) for item in metadata for key in _ENDS if hasattr(item, key)}
            low, high = ends.get("gt", ends.get("ge")), ends.get("lt", ends.get("le"))
            return _KINDS[member], Bounds(low, high, "gt" in ends, "lt" in ends)
    return None
