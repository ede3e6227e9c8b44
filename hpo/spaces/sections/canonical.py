"""The sections that say what they are, `data` and `model`: however a file writes one, it is read as one form.

`vgg16`, `{vgg16: {...}}` and `{net: {family: vgg16, ...}}` become `{family: vgg16, ...}`, and so does each alternative
of a choice. Nodes are rewritten once, as soon as they are parsed; their `Spelling` remembers what the file has, for the
names of parameters and constants, the categories of choices, and the document that a study keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hpo.catalog import Registry
from hpo.errors import Place
from hpo.spaces.sections.keys import KEYS, SECTION_NAMES
from hpo.spaces.sections.section import Section
from hpo.spaces.space.parameters import Tree, Value
from hpo.spaces.space.template import parameter_kind
from hpo.spaces.text.source import ListNode, Node, Scalar, Spelling, Table, is_nothing, node_of, plain_value


def rewrite_sections(root: Table) -> Table:
    """A file, or what is parsed of one, with its sections in their canonical form; what has it already stays."""
    entries = {key: rewrite_section(key, node) for key, node in root.entries.items()}
    return replace(root, entries=entries)


def rewrite_section(key: str, node: Node) -> Node:
    """One section of a file in its canonical form.

    What does not say what it is, since that is left to a base or is a mistake, stays as it is: a single key is a name
    only if it is registered, or if what stands below it names itself.
    """
    registry = KEYS[key].registry if key in SECTION_NAMES else None
    return node if registry is None else _Sections(SECTION_NAMES[key], registry).rewrite(node)


def rewrite_tree(tree: Tree) -> Tree:
    """A config as plain values, which an earlier version may have stored in another form."""
    root = rewrite_sections(Table({key: node_of(value, _NOWHERE) for key, value in tree.items()}, _NOWHERE))
    return {key: _content(node) for key, node in root.entries.items()}


def section_names(key: str, node: Node) -> Iterator[str]:
    """Every name that a canonical section has, or a choice of sections."""
    yield from _names(node, SECTION_NAMES[key])


def section_classes(key: str, node: Node) -> Iterator[type[Section]]:
    """What every registered name stands for that a canonical section, or a choice of sections, has."""
    yield from (cls for name in section_names(key, node) if (cls := KEYS[key].find_class(name)) is not None)


_NOWHERE = Place("", 1, 1)


@dataclass(frozen=True, slots=True)
class _Sections:
    """Sections of one key, which say what they are below `name_key`."""

    name_key: str
    registry: Registry

    def rewrite(self, node: Node) -> Node:
        """A section, or a choice of sections."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return self._with_name(node, Table({}, node.place), Spelling(form="word"))
        if not isinstance(node, Table) or self.name_key in node.entries:
            return node
        if "choice" in node.entries:
            return self._choice(node, None if node.spelling is None else node.spelling.label)
        return node if len(node.entries) != 1 or parameter_kind(node) is not None else self._rewrite_labelled(node)

    def _rewrite_labelled(self, node: Table) -> Node:
        """A section below a key, which is its name or any other word."""
        ((label, below),) = node.entries.items()
        if label not in self.registry and not self._names_itself(below):
            return node
        if isinstance(below, Table) and parameter_kind(below) == "choice":
            return replace(self._choice(below, label), spelling=Spelling(label))
        return self._below(Scalar(label, node.key_places.get(label, node.place)), below, Spelling(label), node)

    def _names_itself(self, node: Node) -> bool:
        """Whether a section, or each one in a list of alternatives, has its name in it."""
        if not isinstance(node, Table):
            return False
        alternatives = node.entries.get("choice")
        if isinstance(alternatives, ListNode):
            return all(map(self._names_itself, alternatives.items))
        return self.name_key in node.entries

    def _below(self, name: Scalar, below: Node, spelling: Spelling, otherwise: Node) -> Node:
        """What stands below a key that is its name, unless it names itself."""
        if is_nothing(below):
            return self._with_name(name, Table({}, below.place), replace(spelling, form="nothing"))
        if not isinstance(below, Table) or parameter_kind(below) is not None:
            return otherwise
        if self.name_key in below.entries:
            return below if below.spelling is not None else replace(below, spelling=spelling)
        return self._with_name(name, below, spelling)

    def _with_name(self, name: Scalar, options: Table, spelling: Spelling) -> Table:
        return Table(
            {self.name_key: name, **options.entries},
            options.place,
            {self.name_key: name.place, **options.key_places},
            replace(spelling, hidden=self.name_key),
        )

    def _choice(self, node: Table, label: str | None) -> Table:
        """A choice of sections, or of the options of one whose name is the label."""
        name = None if label is None else Scalar(label, node.place)
        alternatives = node.entries["choice"]
        if isinstance(alternatives, ListNode):
            alternatives = replace(alternatives, items=tuple(self._item(item, name) for item in alternatives.items))
        elif isinstance(alternatives, Table):
            places = alternatives.key_places
            entries = {
                key: self._alternative(Scalar(key, places.get(key, node.place)), below, name)
                for key, below in alternatives.entries.items()
            }
            alternatives = replace(alternatives, entries=entries)
        return replace(node, entries={**node.entries, "choice": alternatives})

    def _item(self, item: Node, name: Scalar | None) -> Node:
        """An item of a list of sections, or of the options of the one that has the name."""
        return self.rewrite(item) if name is None else self._below(name, item, Spelling(), item)

    def _alternative(self, key: Scalar, below: Node, name: Scalar | None) -> Node:
        if isinstance(below, Table) and below.spelling is not None:
            return below
        if name is None:
            return self._below(key, below, Spelling(), below)
        option = str(key.value)
        if not isinstance(below, Table) or not below.entries or parameter_kind(below) or option == self.name_key:
            return below
        return self._with_name(name, Table({option: below}, below.place, {option: key.place}), Spelling(form="option"))


def _names(node: Node, name_key: str) -> Iterator[str]:
    match node:
        case Table({"choice": ListNode(items)}):
            for item in items:
                yield from _names(item, name_key)
        case Table({"choice": Table(entries)}):
            for section in entries.values():
                yield from _names(section, name_key)
        case Table(entries) if name_key in entries:
            match entries[name_key]:
                case Table({"choice": Table(names)}):
                    yield from names
                case Table({"choice": ListNode(items)}):
                    yield from (name for item in items if isinstance(name := plain_value(item), str))
                case Scalar(str(name)):
                    yield name


def _content(node: Node) -> Value:
    match node:
        case Scalar(value):
            return value
        case ListNode(items):
            return [_content(item) for item in items]
        case Table(entries):
            return {key: _content(below) for key, below in entries.items()}
