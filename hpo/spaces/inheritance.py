"""`base: FILE`: a file that starts from another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hpo.catalog import DATASETS, MODELS, Registry
from hpo.spaces.config import SECTIONS
from hpo.spaces.source import Node, Scalar, Table, plain_value
from hpo.spaces.template import parameter_kind

_MERGED = (*SECTIONS, "search")
_OWN = ("base", "study")
"""Every file is its own study, whatever its base calls itself."""
_NAMED: Mapping[str, tuple[str, Registry]] = {"data": ("dataset", DATASETS), "model": ("family", MODELS)}


def merged(own: Table, base: Table) -> Table:
    """A file with what it takes over from its base.

    The sections `data`, `model`, `training` and `search` are taken over key by key, and a key of the file replaces the
    base's with all that stands below it; a key with nothing after it drops the base's. A section that is a word or a
    parameter, or that names another model family or data set, replaces the base's section, and so do all other keys.
    """
    inherited = {key: node for key, node in base.entries.items() if key not in _OWN}
    entries: dict[str, Node] = {key: node for key, node in own.entries.items() if key != "base"}
    for key, node in inherited.items():
        if key not in entries:
            entries[key] = node
        elif _is_nothing(entries[key]):
            del entries[key]
        elif key in _MERGED:
            entries[key] = _section(key, entries[key], node)
    return replace(own, entries=entries, key_places={**base.key_places, **own.key_places})


def _section(key: str, own: Node, base: Node) -> Node:
    if not (_is_open(own) and _is_open(base)) or _names_another(key, own, base):
        return own
    assert isinstance(own, Table)  # noqa: S101 - open nodes are
    assert isinstance(base, Table)  # noqa: S101 - open nodes are
    entries = {**base.entries, **own.entries}
    for name, node in own.entries.items():
        if name in base.entries and _is_nothing(node):
            del entries[name]
    return replace(own, entries=entries, key_places={**base.key_places, **own.key_places})


def _is_open(node: Node) -> bool:
    return isinstance(node, Table) and parameter_kind(node) is None


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _names_another(key: str, own: Node, base: Node) -> bool:
    """Whether a section says for itself what it is, and that is not what the base says."""
    if key not in _NAMED or not isinstance(own, Table) or not isinstance(base, Table):
        return False
    name, registry = _NAMED[key]
    if name in own.entries:
        return name not in base.entries or plain_value(own.entries[name]) != plain_value(base.entries[name])
    return len(own.entries) == 1 and next(iter(own.entries)) in registry.names()
