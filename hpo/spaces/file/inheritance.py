"""`base: FILE`: a file that starts from another one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from pydantic import BaseModel

from hpo.spaces.file.naming import NAMED, is_nothing, named_classes, spelled_out, written_like
from hpo.spaces.file.overrides import TOP_LEVEL
from hpo.spaces.sections.recipe import Recipe
from hpo.spaces.sections.search import Search
from hpo.spaces.space.template import parameter_kind
from hpo.spaces.spec.config import SECTIONS
from hpo.spaces.text.source import Node, Table, plain_value

_MERGED = (*SECTIONS, "search")
_OWN = ("base", "study")
"""Every file is its own study, whatever its base calls itself."""


def merged(own: Table, base: Table) -> Table:
    """A file with what it takes over from its base.

    The sections `data`, `model`, `training` and `search` are taken over key by key, and a key of the file replaces the
    base's with all that stands below it; a key with nothing after it drops the base's, if it has one. A section that
    is a parameter, or that names another model family or data set, replaces the base's section, and so do all other
    keys. It does not matter in which way either file writes the name; the base's way stays, and with it the names of
    its parameters.
    """
    inherited = {key: node for key, node in base.entries.items() if key not in _OWN}
    entries: dict[str, Node] = {}
    for key, node in own.entries.items():
        if key in _MERGED and not is_nothing(node):
            entries[key] = _section(key, node, inherited.get(key))
        elif key != "base" and not (is_nothing(node) and (key in inherited or _is_option(key))):
            entries[key] = node
    entries |= {key: node for key, node in inherited.items() if key not in own.entries}
    return replace(own, entries=entries, key_places={**base.key_places, **own.key_places})


def _is_option(key: str) -> bool:
    """Whether a file can do without it."""
    return key in TOP_LEVEL and key not in _OWN and key not in NAMED


def _section(key: str, own: Node, base: Node | None) -> Node:
    above, below = (_spelled_out(key, own), None if base is None else _spelled_out(key, base))
    if above is None:
        return own
    if base is None or below is None or _names_another(key, above, below):
        kept = _without_nothing(key, above, {})
        return own if kept == above else written_like(key, kept, own)
    entries = {**below.entries, **above.entries}
    both = replace(above, entries=entries, key_places={**below.key_places, **above.key_places})
    return written_like(key, _without_nothing(key, both, below.entries), base)


def _spelled_out(key: str, node: Node) -> Table | None:
    """The section key by key; None where it is a parameter, or no mapping."""
    node = spelled_out(key, node)
    return node if isinstance(node, Table) and parameter_kind(node) is None else None


def _names_another(key: str, own: Table, base: Table) -> bool:
    """Whether a section says for itself what it is, and that is not what the base says."""
    name = NAMED[key][0] if key in NAMED else ""
    return name in own.entries and (
        name not in base.entries or plain_value(own.entries[name]) != plain_value(base.entries[name])
    )


def _without_nothing(key: str, section: Table, inherited: Collection[str]) -> Table:
    """The section without the options that have nothing after them; what is no option stays, to be refused."""
    known = {*inherited, *(name for each in _classes(key, section) for name in each.model_fields)}
    known -= {NAMED[key][0]} if key in NAMED else set()
    entries = {name: node for name, node in section.entries.items() if not (is_nothing(node) and name in known)}
    return replace(section, entries=entries)


def _classes(key: str, section: Table) -> Collection[type[BaseModel]]:
    if key in NAMED:
        return tuple(named_classes(key, section))
    return (Search,) if key == "search" else (Recipe,)
