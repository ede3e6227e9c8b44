"""What a section takes: its options, described once, which parser, hints, converters and displays read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from inspect import get_annotations
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number keeps to; an open end is not part of it."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class PathRule:
    """Annotates an option that takes a path: what has to lie there, held wherever a file is read.

    Attributes:
        why_not: why what lies at a path that exists cannot be used; None where it can.
        must_exist: whether something has to lie there at all.
    """

    why_not: Callable[[Path], str | None]
    must_exist: bool = True


@dataclass(frozen=True, slots=True)
class Form:
    """One of the kinds of values that an option takes.

    Attributes:
        type: a plain type, a section, or a `list` or `dict` of `items`.
        words: the words that it takes, where it takes nothing else.
        bounds: of numbers.
        title: what it is called to people, where its type does not say it.
        items: the forms of what is in it.
        path_rules: what has to lie at a path.
    """

    type: type
    words: tuple[str, ...] = ()
    bounds: Bounds = Bounds()
    title: str | None = None
    items: tuple[Form, ...] = ()
    path_rules: tuple[PathRule, ...] = ()

    def walk(self) -> Iterator[Form]:
        """This form, and all that are in it; sections are not entered."""
        yield self
        for item in self.items:
            yield from item.walk()


@dataclass(frozen=True, slots=True)
class Option:
    """A key of a section.

    Attributes:
        name: as a file has it.
        forms: what it takes, in the order of its annotation.
        default: what it is where a file does not say; None where it has to.
        is_required: whether a file has to say it.
        doc: what it does, in one paragraph.
    """

    name: str
    forms: tuple[Form, ...]
    default: Any = field(compare=False)
    is_required: bool
    doc: str

    @property
    def types(self) -> frozenset[type]:
        """Every type in it, of items too."""
        return frozenset(form.type for outer in self.forms for form in outer.walk())

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that it takes, of items too."""
        return tuple(word for outer in self.forms for form in outer.walk() for word in form.words)

    @property
    def path_rules(self) -> tuple[PathRule, ...]:
        """What has to lie at a path."""
        return tuple(dict.fromkeys(rule for form in self.forms for rule in form.path_rules))

    @property
    def sections(self) -> list[type[BaseModel]]:
        """The sections that stand there, or of which there may be one, or a list."""
        types = (form.type for outer in self.forms for form in outer.walk())
        return [type_ for type_ in types if issubclass(type_, BaseModel)]

    @property
    def named_sections(self) -> Mapping[str, type[BaseModel]]:
        """The sections that a file chooses from by name, where there are several."""
        return {name_of(section): section for section in self.sections} if len(self.sections) > 1 else {}


@cache
def options_of(section: type[BaseModel]) -> dict[str, Option]:
    """The options of a section, its own before those that it inherits."""
    declared = dict.fromkeys(key for parent in section.__mro__ for key in get_annotations(parent))
    fields = {key: section.model_fields[key] for key in declared if key in section.model_fields}
    return {info.alias or key: _option(info.alias or key, info) for key, info in fields.items()}


def known_keys(section: type[BaseModel]) -> list[str]:
    """The keys that a file may have in a section, sorted; the name of a named one stands above it."""
    return sorted(set(options_of(section)) - ({"name"} if "family" not in section.model_fields else set()))


def section_at(section: type[BaseModel], where: Sequence[str]) -> type[BaseModel]:
    """The section at `where` below `section`; a union of named sections is entered by name."""
    members: list[type[BaseModel]] = []
    for part in where:
        if part in options_of(section):
            members = options_of(section)[part].sections
        elif not part.isdigit():  # an index leads to what the list holds
            members = [member for member in members if "name" in member.model_fields and name_of(member) == part]
        if len(members) == 1:
            section = members[0]
    return section


def name_of(section: type[BaseModel]) -> str:
    """The name of a section that has one."""
    return str(section.model_fields["name"].default)


def _option(name: str, info: FieldInfo) -> Option:
    forms = tuple(_forms(info.annotation, info.metadata))
    default = None if info.is_required() else info.default
    return Option(name, forms, default, info.is_required(), " ".join((info.description or "").split()))


def _forms(annotation: Any, metadata: Sequence[Any], title: str | None = None) -> Iterator[Form]:  # noqa: ANN401
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        fields = [field_ for field_ in arguments[1:] if isinstance(field_, FieldInfo)]
        own = [field_ for item in arguments[1:] for field_ in getattr(item, "metadata", [item])]
        yield from _forms(arguments[0], [*metadata, *own], next((field_.title for field_ in fields), title))
    elif origin in (Union, UnionType):
        for member in arguments:
            yield from _forms(member, metadata)
    elif origin is Literal:
        yield Form(str, words=tuple(map(str, arguments)), title=title)
    elif origin is not None:
        items = tuple(form for argument in arguments for form in _forms(argument, ()))
        yield Form(origin, title=title, items=items)
    elif isinstance(annotation, type):
        rules = tuple(rule for rule in metadata if isinstance(rule, PathRule))
        yield Form(annotation, bounds=_bounds(metadata), title=title, path_rules=rules)
    else:
        yield Form(NoneType if annotation is None else object, title=title)


def _bounds(metadata: Sequence[Any]) -> Bounds:
    ends = {key: getattr(item, key) for item in metadata for key in ("ge", "gt", "le", "lt") if hasattr(item, key)}
    return Bounds(ends.get("gt", ends.get("ge")), ends.get("lt", ends.get("le")), "gt" in ends, "lt" in ends)
