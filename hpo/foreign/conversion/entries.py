"""Entries of a space file, those that stand for hyperparameters of another tool, and what has no counterpart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hpo.foreign.excerpt import excerpt
from hpo.foreign.search import Entry, Hyperparameter, ParentCondition
from hpo.spaces import Tree, Value
from hpo.spaces.text.source import KeyPath

FAMILY_PATH: KeyPath = ("model", "family")
"""Where the model family is named, which says what options `model` has."""
DATA_SET: KeyPath = ("data", "dataset")
"""Where the name of the data set stands, which is no option but says which there are."""


@dataclass(slots=True)
class Group:
    """Entries by key behind a key, each on a line of its own, and comments on all of them."""

    entries: dict[str, Entry | Group] = field(default_factory=dict)
    comments: tuple[str, ...] = ()

    def plain(self) -> Tree:
        """What reading the written text gives."""
        return {key: item.plain() if isinstance(item, Group) else item.value for key, item in self.entries.items()}

    def put(self, path: KeyPath, entry: Entry | Group) -> None:
        """Place an entry at a path; groups on the way that are missing are made."""
        self.group(path[:-1]).entries[path[-1]] = entry

    def group(self, path: KeyPath) -> Group:
        """The group at a path; those on the way that are missing are made."""
        group = self
        for name in path:
            below = group.entries.get(name)
            if not isinstance(below, Group):
                below = group.entries[name] = Group()
            group = below
        return group


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A hyperparameter without a counterpart, and why."""

    hyperparameter: Hyperparameter
    reason: str


@dataclass(frozen=True, slots=True)
class PlacedEntry:
    """What stands at `path` of a config for some hyperparameters: mostly for one.

    `alternative` names that one of a choice, such as `optimizer`, below which it stands.
    """

    hyperparameters: tuple[Hyperparameter, ...]
    path: KeyPath
    entry: Entry | Group
    alternative: str | None = None


def list_values(value: Value) -> list[Value]:
    """The values of a constant or a choice."""
    choice = value.get("choice") if isinstance(value, dict) else None
    return list(choice) if isinstance(choice, list | dict) else [value]


def list_numbers(value: Value) -> list[int]:
    """The whole numbers of a constant, a choice, or the ends of a range."""
    ends = value.get("int") if isinstance(value, dict) else None
    numbers = ends if isinstance(ends, list) else list_values(value)
    return [number for number in numbers if isinstance(number, int) and not isinstance(number, bool)]


def names_at(path: KeyPath, placed: Iterable[PlacedEntry]) -> list[str]:
    """The names at a path, be it a constant or a choice."""
    entry = next((item.entry for item in placed if item.path == path), None)
    return [str(name) for name in list_values(entry.value)] if isinstance(entry, Entry) else []


def name_origin(names: Iterable[str], key: str) -> tuple[str, ...]:
    """Say where an entry comes from, unless it has the same name there."""
    texts = [excerpt(name, 60) for name in names]
    if texts == [key]:
        return ()
    return (f"from {texts[0]}" + (f" to {texts[-1]}" if len(texts) > 1 else ""),)


def note_conditions(tool: str, conditions: Iterable[ParentCondition]) -> tuple[str, ...]:
    """Say that conditions are dropped."""
    parents = ((excerpt(condition.parent, 60), condition.values[:5]) for condition in conditions)
    return tuple(
        f"in {tool} only where {parent} is {excerpt(' or '.join(excerpt(value, 40) for value in values), 80)}; "
        "here always"
        for parent, values in parents
    )
