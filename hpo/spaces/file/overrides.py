"""`--set path=value`: changes to a file from the command line, parameters included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hpo.errors import Fault, Place, SpaceError
from hpo.spaces.file.elsewhere import place_of
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.sections.keys import SECTIONS, file_keys
from hpo.spaces.space.parameters import KINDS
from hpo.spaces.space.template import add_label, children, parameter_kind
from hpo.spaces.text.source import KeyPath, ListNode, Node, Scalar, Table, describe, is_nothing, parse_value
from hpo.vocabulary import suggest

_SWITCHED = (("tracking",), ("alerts",), ("search", "stop"))
"""Where what has no options may stand as `true`."""


def apply_override(root: Table, text: str) -> Table:
    """A copy of `root` with the change `path=value` made.

    `path` is `section.key...`, or leaves the section out, as the names of parameters do; `training.phases.0.epochs`
    leads into the first item of a list. `value` is YAML, so `{int: [1, 4]}` makes a parameter. Sections and keys on
    the way are added where the file has none.

    Raises:
        SpaceError: the text has no such form, or the path leads through a constant or to an item that a list has not.
    """
    path, equals, value = text.partition("=")
    where = f"--set {path}"
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise SpaceError([Fault("it takes path=value", repr(text), "write --set training.epochs=5", subject="--set")])
    whole = _put(root, _full_path(root, keys, where), parse_value(value, where), where, ())
    assert isinstance(whole, Table)  # noqa: S101 - what is put into a table is one
    return rewrite_sections(whole)


def _full_path(root: Table, keys: list[str], where: str) -> list[str]:
    if keys[0] in file_keys():
        return keys
    keys_of = {section: _own_keys(root.entries[section]) for section in SECTIONS if section in root.entries}
    holders = [section for section in keys_of if keys[0] in keys_of[section]]
    if len(holders) == 1:
        return [holders[0], *keys]
    rule = f"a path begins with {', '.join(file_keys())}, or with a key that stands in one section of the file"
    words = [*file_keys(), *(key for section in keys_of.values() for key in section)]
    remedy = suggest(keys[0], words)
    if holders:
        remedy = f"write {' or '.join(f'{section}.{keys[0]}' for section in holders)}"
    elif remedy is None and (place := place_of(keys[0], root)) is not None:
        remedy = f"write {'.'.join((*place, *keys[1:]))}"
    raise SpaceError([Fault(rule, repr(keys[0]), remedy, subject=where)])


def _own_keys(section: Node) -> list[str]:
    """The keys by which a path may lead into a section: its options, its alternatives, or the label above it."""
    return [*add_label((), section), *(key for key, _ in children(section))]


def _put(node: Node | None, keys: list[str], value: Node, where: str, above: KeyPath) -> Node:
    place = Place(where, 1, 1)
    if node is None or is_nothing(node) or (isinstance(node, Scalar) and _is_switched(above)):
        node = Table({}, place)
    if isinstance(node, Scalar) and node.value == keys[0] and len(keys) > 1:  # `adam`, on the way to an option of it
        node = Table({keys[0]: replace(node, value=None)}, node.place, {keys[0]: node.place})
    if isinstance(node, Table) and keys[0] not in node.entries and add_label((), node) == (keys[0],):
        label, rest = keys[0], keys[1:]
        return _put(node, rest, value, where, (*above, label)) if rest else Table({label: value}, place, {label: place})
    if isinstance(node, Table) and node.spelling is not None and node.spelling.form == "option":
        option = next(key for key in node.entries if key != node.spelling.hidden)
        return replace(node, entries={**node.entries, option: _put(node.entries[option], keys, value, where, above)})
    kind = parameter_kind(node)
    if kind == "choice" and keys[0] != "choice":
        keys = ["choice", *keys]
    if isinstance(node, ListNode):
        return _put_item(node, keys, value, where, above)
    as_a_whole = f"set {'.'.join(above)}={{{keys[0]}: ...}}" if keys[0] in KINDS else None
    if not isinstance(node, Table):
        rule = f"{keys[0]!r} can only be set in a mapping"
        raise SpaceError([Fault(rule, describe(node), as_a_whole, subject=where)])
    if kind is None and node.spelling is not None and as_a_whole is not None:
        rule = "a section is made a parameter as a whole"
        raise SpaceError([Fault(rule, repr(keys[0]), as_a_whole, subject=where)])
    if kind == "repeat" and keys[0] not in ("repeat", "of"):
        rule = "the items of a repeat are alike, and are not set one by one"
        item = ".".join([*above, "of", *keys[1:]])
        raise SpaceError([Fault(rule, repr(keys[0]), f"set {item}, or write the list out", subject=where)])
    key, rest = keys[0], keys[1:]
    spelling = node.spelling
    if spelling is not None and (spelling.form == "word" or key == spelling.hidden):
        spelling = None if spelling.form == "word" else replace(spelling, hidden=None)
    child = _put(node.entries.get(key), rest, value, where, (*above, key)) if rest else value
    key_places = node.key_places if key in node.entries else {**node.key_places, key: place}
    return replace(node, entries={**node.entries, key: child}, key_places=key_places, spelling=spelling)


def _is_switched(path: KeyPath) -> bool:
    return any(path[: len(place)] == place for place in _SWITCHED)


def _put_item(node: ListNode, keys: list[str], value: Node, where: str, above: KeyPath) -> ListNode:
    if not (keys[0].isdecimal() and int(keys[0]) < len(node.items)):
        rule = "an item of a list is named by its number, from 0, and must be there"
        remedy = f"set {'.'.join(above)} as a whole to add to it"
        raise SpaceError([Fault(rule, f"{keys[0]!r} in {describe(node)}", remedy, subject=where)])
    items, index = list(node.items), int(keys[0])
    items[index] = _put(items[index], keys[1:], value, where, (*above, keys[0])) if keys[1:] else value
    return replace(node, items=tuple(items))


def folder_of(place: Place, folders: Mapping[str, Path]) -> Path:
    """What a relative path that stands at `place` is relative to: its file, or the working directory."""
    return Path.cwd() if place.is_option else folders[place.file]
