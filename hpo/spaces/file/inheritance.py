"""`base: FILE`: a file that starts from another one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from hpo.spaces.sections.canonical import section_classes
from hpo.spaces.sections.keys import KEYS, SECTION_NAMES, Key
from hpo.spaces.space.template import parameter_kind
from hpo.spaces.text.source import Node, Table, is_nothing, plain_value


def merge_base(own: Table, base: Table) -> Table:
    """A file with what it takes over from its base.

    The sections `data`, `model`, `training` and `search` are taken over key by key, and a key of the file replaces the
    base's with all that stands below it; a key with nothing after it drops the base's, if it has one. A section that
    is a parameter, or that names another model family or data set, replaces the base's section, and so do all other
    keys. It does not matter in which way either file writes the name; the base's way stays, and with it the names of
    its parameters.
    """
    inherited = {key: node for key, node in base.entries.items() if key not in KEYS or KEYS[key].is_inherited}
    entries: dict[str, Node] = {}
    for key, node in own.entries.items():
        if key in KEYS and KEYS[key].merges and not is_nothing(node):
            entries[key] = _section(KEYS[key], node, inherited.get(key))
        elif key != "base" and not (is_nothing(node) and (key in inherited or _is_option(key))):
            entries[key] = node
    entries |= {key: node for key, node in inherited.items() if key not in own.entries}
    return replace(own, entries=entries, key_places={**base.key_places, **own.key_places})


def _is_option(key: str) -> bool:
    """Whether a file can do without it."""
    return key in KEYS and KEYS[key].is_inherited and key not in SECTION_NAMES


def _section(key: Key, own: Node, base: Node | None) -> Node:
    if not isinstance(own, Table) or parameter_kind(own) is not None:
        return own
    if not isinstance(base, Table) or parameter_kind(base) is not None or _names_another(key, own, base):
        return _without_nothing(key, own, {})
    spelling = None if base.spelling is None or base.spelling.label is None else replace(base.spelling, form="mapping")
    both = replace(
        own,
        entries={**base.entries, **own.entries},
        key_places={**base.key_places, **own.key_places},
        spelling=spelling,
    )
    return _without_nothing(key, both, base.entries)


def _names_another(key: Key, own: Table, base: Table) -> bool:
    """Whether a section says for itself what it is, and that is not what the base says."""
    return key.name_key in own.entries and _name(key, own) != _name(key, base)


def _name(key: Key, section: Table) -> object:
    return plain_value(section.entries[key.name_key]) if key.name_key in section.entries else key.default_name


def _without_nothing(key: Key, section: Table, inherited: Collection[str]) -> Table:
    """The section without the options that have nothing after them; what is no option stays, to be refused."""
    classes = (
        section_classes(key.name, section) if key.name in SECTION_NAMES else (key.section_class(_name(key, section)),)
    )
    options = {*inherited, *(option for cls in classes for option in cls.model_fields)} - {key.name_key}
    entries = {name: node for name, node in section.entries.items() if not (is_nothing(node) and name in options)}
    return replace(section, entries=entries)
