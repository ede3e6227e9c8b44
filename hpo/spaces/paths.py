"""Paths inside a file are relative to that file; what is stored is absolute, wherever it is continued from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import BaseModel

from hpo.catalog import DATASETS, MODELS, Registry, UnknownNameError
from hpo.spaces.overrides import folder_of
from hpo.spaces.source import Node, Scalar, Sequence, Table
from hpo.spaces.template import parameter_kind


def absolute_paths(root: Table, folder: Path) -> Table:
    """A copy of `root` in which the values of path options of the data set and of the model are absolute."""
    entries = dict(root.entries)
    for section, registry, key in (("data", DATASETS, "dataset"), ("model", MODELS, "family")):
        if section in entries:
            options = {name: words for cls in _named(entries[section], registry, key) for name, words in _options(cls)}
            entries[section] = _resolved(entries[section], options, folder)
    return replace(root, entries=entries)


def _named(node: Node, registry: Registry, key: str) -> Iterator[type[BaseModel]]:
    """The sections of every registered name that stands in `node`, whichever way it is written."""
    for word in _words(node, key):
        try:
            yield registry.get(word)
        except UnknownNameError:
            continue


def _words(node: Node, key: str) -> Iterator[str]:
    match node:
        case Scalar(str(value)):
            yield value
        case Sequence(items):
            for item in items:
                yield from _words(item, key)
        case Table(entries) if key in entries:
            yield from _words(entries[key], key)
        case Table(entries):
            yield from entries
            for child in entries.values():
                if isinstance(child, Table | Sequence):
                    yield from _words(child, key)


def _options(section: type[BaseModel]) -> Iterator[tuple[str, frozenset[str]]]:
    """The options that take a path, each with the words that it takes besides."""
    for name, info in section.model_fields.items():
        arguments = list(_flat(info.annotation))
        if Path in arguments:
            yield name, frozenset(word for word in arguments if isinstance(word, str))


def _flat(annotation: object) -> Iterator[object]:
    if get_origin(annotation) is Literal or not get_args(annotation):
        yield from get_args(annotation) or (annotation,)
    else:
        for argument in get_args(annotation):
            yield from _flat(argument)


def _resolved(node: Node, options: dict[str, frozenset[str]], folder: Path) -> Node:
    match node:
        case Table(entries):
            return replace(
                node,
                entries={
                    key: _absolute(child, options[key], folder) if key in options else _resolved(child, options, folder)
                    for key, child in entries.items()
                },
            )
    return node


def _absolute(node: Node, words: frozenset[str], folder: Path) -> Node:
    match node:
        case Scalar(str(value)) if value not in words and "://" not in value:
            return replace(node, value=str((folder_of(node.place, folder) / Path(value).expanduser()).resolve()))
        case Sequence(items):
            return replace(node, items=tuple(_absolute(item, words, folder) for item in items))
        case Table(entries) if parameter_kind(node) == "choice":
            return replace(node, entries={"choice": _absolute(entries["choice"], words, folder)})
    return node
