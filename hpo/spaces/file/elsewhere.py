"""Where a key belongs that stands in the wrong section of a file."""

from __future__ import annotations

from collections.abc import Iterator

from hpo.spaces.file.options import place_options
from hpo.spaces.sections.canonical import section_classes
from hpo.spaces.sections.keys import KEYS, SECTION_NAMES
from hpo.spaces.sections.objectives import Objective
from hpo.spaces.sections.section import Section
from hpo.spaces.space.parameters import Value
from hpo.spaces.space.rendering import flow
from hpo.spaces.space.template import child
from hpo.spaces.spec.hints import ValueCheck
from hpo.spaces.text.source import KeyPath, Node, Scalar, Table, is_nothing
from hpo.vocabulary import find_synonym

_LONGEST = 100
_USUAL = ("adam", "sgd")
"""Which of several alternatives with an option is most likely meant; others by how few options they have."""


def place_of(key: str, root: Table, value: Value = None) -> KeyPath | None:
    """The path of the option that a key means, with the alternative that a file has, or the usual one.

    Args:
        key: what was written.
        root: the file.
        value: what stands behind it, which the option takes; None where that is not asked.
    """
    sections = list(_sections(root))
    for section, cls in sections:
        field = find_synonym(key, [name for name in cls.model_fields if name not in SECTION_NAMES.values()])
        if field is not None and (value is None or isinstance(value, dict) or ValueCheck(cls, field, 0).takes(value)):
            return (section, field)
    deeper = [
        option
        for section, cls in sections
        for option in place_options(cls, (section,), SECTION_NAMES.get(section, ""))
        if find_synonym(key, [option.path[-1]], option.path[-2]) is not None
    ]
    paths = [option.path for option in deeper]
    there = [path for path in paths if _stands(root, path[:-1])]
    usual = [path for name in _USUAL for path in paths if name in path]
    return next(iter([*there, *usual, *paths]), None)


def place_hint(key: str, value: Value, root: Table) -> str | None:
    """`write it below training, as ...`, for a key that its own section does not have; None for an unknown one."""
    path = place_of(key, root, value)
    if path is None:
        return None
    if _stands(root, path):
        return f"remove it: {'.'.join(path)} is there too"
    for name in reversed(path[1:]):
        value = {name: value}
    own = root.entries.get(path[0])
    word = None if own is None else own.as_written() if isinstance(own, Table) else own
    name_key = {**SECTION_NAMES, "objective": "metric"}.get(path[0])
    if isinstance(word, Scalar) and word.value is not None and name_key is not None and isinstance(value, dict):
        return f"write {path[0]}: {flow({name_key: word.value, **value})}"
    text = flow(value)[1:-1]
    return f"write it below {path[0]}, as `{text}`" if len(text) <= _LONGEST else f"write it as {'.'.join(path)}"


def _sections(root: Table) -> Iterator[tuple[str, type[Section]]]:
    """The sections that a file has or may have, training first, which most keys are of."""
    for key in sorted(KEYS.values(), key=lambda key: key.name != "training"):
        node = root.entries.get(key.name)
        if key.name in SECTION_NAMES and node is not None and not is_nothing(node):
            yield from ((key.name, section) for section in section_classes(key.name, node))
        elif key.name not in SECTION_NAMES and key.kind in ("config", "section"):
            name = node.entries.get(key.name_key) if isinstance(node, Table) else None
            yield key.name, key.section_class(name.value if isinstance(name, Scalar) else None)
    yield "objective", Objective


def _stands(root: Table, path: KeyPath) -> bool:
    node: Node | None = root
    for key in path:
        node = None if node is None else child(node, key)
    return node is not None
