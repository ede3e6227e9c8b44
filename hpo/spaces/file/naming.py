"""The sections that say what they are, `data` and `model`, in the several ways in which a file may write them.

`vgg16`, `{family: vgg16}` and `{vgg16: {}}` are one; `hpo.spaces.sections.section.single_key` is this for plain values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from hpo.catalog import UnknownNameError, UnusableEntryError
from hpo.errors import Place
from hpo.spaces.sections.keys import KEYS, SECTION_NAMES
from hpo.spaces.sections.section import Section
from hpo.spaces.space.rendering import flow
from hpo.spaces.space.template import parameter_kind
from hpo.spaces.spec.hints import choice_hint
from hpo.spaces.text.source import KeyPath, ListNode, Node, Scalar, Table, plain_value


def is_nothing(node: Node | None) -> bool:
    """Whether it is a key's value that was left out."""
    return isinstance(node, Scalar) and node.value is None


def spell_out(section: str, node: Node) -> Node:
    """Write a section as `{family: NAME, ...}`; a parameter, or what does not say what it is, comes back as it is."""
    key = SECTION_NAMES.get(section)
    if key is None:
        return node
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return Table({key: node}, node.place, {key: node.place})
    name = single_name(section, node)
    if name is None or not isinstance(node, Table):
        return node
    options, place = node.entries[name], node.key_places.get(name, node.place)
    below = options if isinstance(options, Table) else Table({}, options.place)
    if key in below.entries:
        return below
    return Table({key: Scalar(name, place), **below.entries}, below.place, {key: place, **below.key_places})


def hint_of_alternative(hint: str, name: str, node: Node) -> str:
    """`write {family: ...}` as `write NAME: {family: ...}`, where the name is a key below which its options stand."""
    alternatives = node.entries.get("choice", node) if isinstance(node, Table) else node
    said = re.fullmatch(r"write \{(\w+: .+)\}", hint)
    if said is None or not isinstance(alternatives, Table) or name not in alternatives.entries:
        return hint
    options = plain_value(alternatives.entries[name])
    return f"write {name}: {{{said[1]}{f', {flow(options)[1:-1]}' if options else ''}}}"


def choice_of_names(root: Table, path: KeyPath) -> tuple[Place, str | None] | None:
    """Where a choice of names stands that are not all registered, and what was meant by all of them; None for others.

    Args:
        root: the file.
        path: of the name of a section.
    """
    section, key = path if len(path) == 2 else ("", "")  # noqa: PLR2004 - a section, and the key of its name
    own = root.entries.get(section)
    node = own.entries.get(key) if isinstance(own, Table) and SECTION_NAMES.get(section) == key else None
    registry = KEYS[section].registry if section in KEYS else None
    choice = node.entries.get("choice") if isinstance(node, Table) else None
    if registry is None or not (isinstance(own, Table) and isinstance(node, Table) and isinstance(choice, ListNode)):
        return None
    names = plain_value(choice)
    hint = choice_hint(names, registry, key, is_whole=False)
    if hint is None and len(own.entries) == 1:
        return own.place, choice_hint(names, registry, key, is_whole=True)
    return node.place, hint


def write_like(section: str, node: Table, example: Node) -> Table:
    """What `spell_out` gave, below the example's single key if it has one, so that parameters keep their names."""
    name = single_name(section, example)
    if name is None or not isinstance(example, Table):
        return node
    key, options = SECTION_NAMES[section], example.entries[name]
    if not (isinstance(options, Table) and key in options.entries):
        node = replace(node, entries={each: child for each, child in node.entries.items() if each != key})
    return replace(example, entries={name: node})


def single_name(section: str, node: Node) -> str | None:
    """The one key of `{NAME: {...}}` or `{ANY: {family: NAME, ...}}`; None for any other node."""
    key, registry = SECTION_NAMES.get(section, ""), KEYS[section].registry
    if not key or registry is None or not isinstance(node, Table) or len(node.entries) != 1 or key in node.entries:
        return None
    ((name, options),) = node.entries.items()
    if not is_nothing(options) and (not isinstance(options, Table) or parameter_kind(options) is not None):
        return None
    names_itself = isinstance(options, Table) and key in options.entries
    return name if names_itself or name in registry else None


def named_classes(section: str, node: Node) -> Iterator[type[Section]]:
    """What every registered name stands for that is in a section, whichever way it is written."""
    registry = KEYS[section].registry
    for word in _words(node, SECTION_NAMES[section]):
        with suppress(UnknownNameError, UnusableEntryError):  # reported where the section is read
            found = None if registry is None else registry.get(word)
            if isinstance(found, type) and issubclass(found, Section):
                yield found


def _words(node: Node, key: str) -> Iterator[str]:
    match node:
        case Scalar(str(value)):
            yield value
        case ListNode(items):
            for item in items:
                yield from _words(item, key)
        case Table(entries) if key in entries:
            yield from _words(entries[key], key)
        case Table(entries):
            yield from entries
            for child in entries.values():
                if isinstance(child, Table | ListNode):
                    yield from _words(child, key)
