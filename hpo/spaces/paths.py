"""Paths inside a file are relative to that file; what is stored is absolute, wherever it is continued from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hpo.catalog import suggestion
from hpo.errors import Place, Problem
from hpo.spaces.naming import NAMED, named_classes
from hpo.spaces.overrides import folder_of
from hpo.spaces.source import Node, Scalar, Sequence, Table, shown
from hpo.spaces.template import parameter_kind


def absolute_paths(root: Table, folders: Mapping[str, Path]) -> tuple[Table, list[Problem]]:
    """Make the values of path options of the data set and of the model absolute.

    Args:
        root: the file.
        folders: where each file lies that a part of it comes from, by the name that places give it.

    Returns:
        The changed copy, and a problem for each path at which there is nothing. Only a file that is read is held to
        that: a stored study can be looked at where its images are not.
    """
    entries, resolver = dict(root.entries), _Resolver(folders)
    for section in NAMED:
        if section in entries:
            options = {name: words for cls in named_classes(section, entries[section]) for name, words in _options(cls)}
            entries[section] = resolver.section(entries[section], options)
    return replace(root, entries=entries), resolver.problems


def _options(section: type[BaseModel]) -> Iterator[tuple[str, frozenset[str]]]:
    """The options that take a path, each with the words that it takes besides, and `study:NAME` where it takes that."""
    for name, info in section.model_fields.items():
        arguments = list(_flat(info.annotation))
        if Path in arguments:
            titles = (each.title for each in arguments if isinstance(each, FieldInfo))
            yield name, frozenset(word for word in (*arguments, *titles) if isinstance(word, str))


def _flat(annotation: object) -> Iterator[object]:
    if get_origin(annotation) is Literal or not get_args(annotation):
        yield from get_args(annotation) or (annotation,)
    else:
        for argument in get_args(annotation):
            yield from _flat(argument)


class _Resolver:
    """Makes paths absolute, and notes those that lead nowhere."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self.problems: list[Problem] = []
        self._folders = folders

    def section(self, node: Node, options: dict[str, frozenset[str]]) -> Node:
        """The section, or the choice of sections, with the values of its path options made absolute."""
        if not isinstance(node, Table):
            return node
        entries = {
            key: self._value(key, child, options[key]) if key in options else self.section(child, options)
            for key, child in node.entries.items()
        }
        return replace(node, entries=entries)

    def _value(self, name: str, node: Node, words: frozenset[str]) -> Node:
        match node:
            case Scalar(str(value)) if value not in words and "://" not in value and not value.startswith("study:"):
                return replace(node, value=self._absolute(name, value, node.place, words))
            case Sequence(items):
                return replace(node, items=tuple(self._value(name, item, words) for item in items))
            case Table(entries) if parameter_kind(node) == "choice":
                return replace(node, entries={"choice": self._value(name, entries["choice"], words)})
        return node

    def _absolute(self, name: str, value: str, place: Place, words: frozenset[str]) -> str:
        with suppress(RuntimeError, ValueError, OSError):  # no such user, no path at all, or one that is too long
            path = (folder_of(place, self._folders) / Path(value).expanduser()).resolve()
            if path.exists():
                return str(path)
        rule = f"it is {', '.join([*sorted(words), 'or a path that exists' if words else 'a path that exists'])}"
        self.problems.append(Problem(place, name, rule, shown(value), suggestion(value, sorted(words))))
        return value
