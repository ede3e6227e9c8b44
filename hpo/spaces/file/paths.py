"""Paths inside a file are relative to that file; what is stored is absolute, wherever it is continued from.

So is the file of a name `my_module.py:build`, which is code of the user's own, wherever such a text stands in `data` or
`model`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

from pydantic import BaseModel

from hpo.errors import Fault, Place
from hpo.own_code import file_and_function
from hpo.spaces.file.overrides import folder_of
from hpo.spaces.sections.canonical import section_classes
from hpo.spaces.sections.keys import SECTION_NAMES
from hpo.spaces.sections.options import PathRule, options_of
from hpo.spaces.sections.tracking import TrackerSettings, tracking_section
from hpo.spaces.spec.named_studies import study_of
from hpo.spaces.text.source import ListNode, Node, Scalar, Table, format_value
from hpo.vocabulary import suggest


def make_paths_absolute(root: Table, folders: Mapping[str, Path]) -> tuple[Table, list[Fault]]:
    """Make the values of path options of data set, model and trackers absolute, and the files of code there.

    Args:
        root: the file.
        folders: where each file lies that a part of it comes from, by the name that places give it.

    Returns:
        The changed copy, and a problem for each path at which there is nothing. Only a file that is read is held to
        that: a stored study can be looked at where its images are not.
    """
    entries, resolver = dict(root.entries), _Resolver(folders)
    by_name: dict[str, _PathOption] = {}
    for section, name_key in SECTION_NAMES.items():
        if section in entries:
            options = dict(item for cls in section_classes(section, entries[section]) for item in _options(cls))
            by_name |= options | {f"{section}.{name}": option for name, option in options.items()}
            entries[section] = resolver.section(entries[section], options, name_key)
    if isinstance(tracking := entries.get("tracking"), Table):
        entries["tracking"] = replace(tracking, entries=dict(_trackers(tracking, resolver)))
    if "start_from" in entries:  # its names are those of the file
        entries["start_from"] = resolver.section(entries["start_from"], by_name, "")
    return replace(root, entries=entries), resolver.problems


def _trackers(tracking: Table, resolver: _Resolver) -> Iterator[tuple[str, Node]]:
    """Every tracker with the paths of its options made absolute, also where a path stands for all its options."""
    trackers = options_of(tracking_section()) if tracking.entries else {}
    for name, node in tracking.entries.items():
        section = cast("type[TrackerSettings]", trackers[name].sections[0]) if name in trackers else TrackerSettings
        options, shorthand = dict(_options(section)), section.shorthand or ""
        if isinstance(node, Scalar):
            whole = Table({shorthand: node}, node.place)
            yield name, cast(Table, resolver.section(whole, options, "")).entries[shorthand]
        else:
            yield name, resolver.section(node, options, "")


@dataclass(frozen=True, slots=True)
class _PathOption:
    """What an option takes: a path that follows the `rules`, or one of the words."""

    words: frozenset[str]
    rules: tuple[PathRule, ...]


def _options(section: type[BaseModel]) -> Iterator[tuple[str, _PathOption]]:
    """The options that take a path, by name; `study:NAME` is among the words where that is taken."""
    for name, option in options_of(section).items():
        if Path in option.types:
            titles = (form.title for form in option.forms if form.title is not None)
            yield name, _PathOption(frozenset((*option.words, *titles)), option.path_rules)


class _Resolver:
    """Makes paths absolute, and notes those that lead nowhere."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self.problems: list[Fault] = []
        self._folders = folders

    def section(
        self, node: Node, options: Mapping[str, _PathOption], name_key: str, *, keeps_name: bool = False
    ) -> Node:
        """The section, or the choice of sections, with the values of its path options made absolute.

        A file of code that the file has as a label, `{my_module.py:build: {...}}`, stays one, so that the names of
        parameters stay as they are written; its place is said below it. Above a choice, whose categories stay too, it
        is not said (`keeps_name`).
        """
        match node:
            case Scalar(str(value)) if file_and_function(value):
                return replace(node, value=self._code(value, node.place))
            case ListNode(items):
                return replace(
                    node,
                    items=tuple(self.section(item, options, name_key, keeps_name=keeps_name) for item in items),
                )
            case Table(entries, spelling=spelling):
                absolute: dict[str, Node] = {}
                label = None if spelling is None or "choice" not in entries else spelling.label
                keeps_name = keeps_name or (label is not None and file_and_function(label) is not None)
                for key, child in entries.items():
                    if key in options:
                        absolute[key] = self._words(child, partial(self._absolute, key, options[key]))
                    elif keeps_name and spelling is not None and key == spelling.hidden:
                        absolute[key] = child
                    elif key == name_key:
                        absolute[key] = self._words(child, self._code)
                        if spelling is not None and spelling.form != "word" and _is_code(child):
                            spelling = replace(spelling, hidden=None)
                    else:
                        absolute[key] = self.section(child, options, name_key, keeps_name=keeps_name)
                return replace(node, entries=absolute, spelling=spelling)
        return node

    def _words(self, node: Node, change: Callable[[str, Place], str]) -> Node:
        """A word with a change made, or a choice among words, be it a list or a mapping."""
        match node:
            case Scalar(str(value)):
                return replace(node, value=change(value, node.place))
            case ListNode(items):
                return replace(node, items=tuple(self._words(item, change) for item in items))
            case Table({"choice": Table(entries, place, key_places) as alternatives}):
                places = {key: key_places.get(key, place) for key in entries}
                words = {key: change(key, places[key]) for key in entries}
                alternatives = replace(
                    alternatives,
                    entries={words[key]: below for key, below in entries.items()},
                    key_places={words[key]: places[key] for key in entries},
                )
                return replace(node, entries={**node.entries, "choice": alternatives})
            case Table({"choice": alternatives}):
                return replace(node, entries={**node.entries, "choice": self._words(alternatives, change)})
        return node

    def _code(self, name: str, place: Place) -> str:
        """`my_module.py:build` with the place of its file."""
        code = file_and_function(name)
        if code is None:
            return name
        file, function = code
        with suppress(RuntimeError, ValueError, OSError):
            path = (folder_of(place, self._folders) / Path(file).expanduser()).resolve()
            if path.is_file():
                return f"{path}:{function}"
        rule = "code is in a file that exists"
        self.problems.append(Fault(rule, format_value(name), "its path is relative to the space file", place=place))
        return name

    def _absolute(self, name: str, option: _PathOption, value: str, place: Place) -> str:
        words = option.words
        if value in words or study_of(value) is not None or ("://" in value and not option.rules):
            return value
        received, remedy = format_value(value), suggest(value, sorted(words))
        with suppress(RuntimeError, ValueError, OSError):  # no such user, no path at all, or one that is too long
            path = (folder_of(place, self._folders) / Path(value).expanduser()).resolve()
            if not all(rule.must_exist for rule in option.rules):
                return str(path)
            if path.exists():
                reason = next((why for rule in option.rules if (why := rule.why_not(path)) is not None), None)
                if reason is None:
                    return str(path)
                received, remedy = f"{received}: {reason}", None
        rule = f"it is {', '.join([*sorted(words), 'or a path that exists' if words else 'a path that exists'])}"
        self.problems.append(Fault(rule, received, remedy, place=place, subject=name))
        return value


def _is_code(name: Node) -> bool:
    return isinstance(name, Scalar) and isinstance(name.value, str) and file_and_function(name.value) is not None
