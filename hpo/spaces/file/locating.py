"""Where in a file a rule is broken that a config was held to, and what helps there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hpo.errors import Fault, Place
from hpo.spaces.file.elsewhere import place_hint
from hpo.spaces.sections.keys import KEYS, SECTION_NAMES
from hpo.spaces.space.parameters import category_of
from hpo.spaces.space.rendering import flow
from hpo.spaces.space.template import add_key, add_label, child, parameter_kind, parameter_nodes
from hpo.spaces.spec.hints import choice_hint
from hpo.spaces.text.source import KeyPath, ListNode, Node, ScalarValue, Table, plain_value


@dataclass(frozen=True, slots=True)
class Spot:
    """What a fault is about.

    Attributes:
        place: of the key or the value, or of what should have held it.
        path: by which the file writes it.
        node: what stands there; None for what is missing.
    """

    place: Place
    path: KeyPath
    node: Node | None


class FaultLocator:
    """Finds what stands at a path of a config.

    Args:
        root: the file.
        names: of its parameters, by the paths at which the file has them.
    """

    def __init__(self, root: Table, names: Mapping[KeyPath, str]) -> None:
        self._root = root
        self._names = names

    def locate(self, config_path: KeyPath, params: Mapping[str, ScalarValue], *, is_key: bool) -> Spot:
        """Find a path of the config that the file gives where `params` are drawn.

        Args:
            config_path: from the top of the config down.
            params: the values of its parameters.
            is_key: whether the place of the key is asked for, not that of what stands there.
        """
        path: KeyPath = ()
        holder: Node = self._root
        node: Node | None = self._root
        for index, key in enumerate(config_path):
            above = holder
            node = child(above, key)
            if node is None:
                return Spot(above.place, (*path, *config_path[index:]), None)
            spelling = above.spelling if isinstance(above, Table) else None
            is_hidden = spelling is not None and key == spelling.hidden
            path = path[:1] if is_hidden else add_key(path, above, key)
            holder, path = self._choose(node, path, params)
        if is_key and isinstance(above, Table):
            return Spot(above.key_places.get(config_path[-1], holder.place), path, node)
        return Spot(holder.place, path, node)

    def _choose(self, node: Node, path: KeyPath, params: Mapping[str, ScalarValue]) -> tuple[Node, KeyPath]:
        """What stands for a choice where `params` are drawn, and its path; any other node is itself."""
        path = add_label(path, node)
        name = self._names.get(path, "")
        if parameter_kind(node) != "choice" or not isinstance(node, Table) or name not in params:
            return node, path
        category, alternatives = params[name], node.entries["choice"]
        if isinstance(alternatives, ListNode):
            item = next(item for item in alternatives.items if category_of(plain_value(item)) == category)
            return item, add_label(path, item)
        if isinstance(alternatives, Table):
            places, key = alternatives.key_places, str(category)
            alternative = alternatives.entries[key]
            if isinstance(alternative, Table) and alternative.spelling is not None:
                return alternative, (*path, key)
            return Table({key: alternative}, places.get(key, node.place), places), path
        return node, path

    def remedy(self, fault: Fault, spot: Spot) -> tuple[Place, str | None]:
        """What helps, and where to write it; not the value of one config in the place of a parameter."""
        remedy, node = fault.remedy, spot.node
        varies = isinstance(node, Table) and any(path for path, _ in parameter_nodes(node))
        if fault.writes_value and varies:
            remedy = None
        if fault.writes_value and remedy is not None and node is not None and parameter_kind(node) in ("int", "float"):
            option = re.match(r"write \{(\w+): [^{}]+\}$", remedy)
            remedy = None if option is None else f"write {flow({option[1]: plain_value(node)})}"
        if remedy is None and fault.about_key and node is not None:
            remedy = place_hint(fault.path[-1], plain_value(node), self._root)
        if remedy is not None and remedy.startswith("write "):
            return self._choice_of_names(fault.path) or (spot.place, self._below_its_name(remedy, fault, spot))
        return spot.place, remedy

    def _below_its_name(self, hint: str, fault: Fault, spot: Spot) -> str:
        """`write {family: ...}` as `write NAME: {family: ...}`, where the name is a key below which options stand."""
        match = re.fullmatch(r"write \{(\w+: .+)\}", hint)
        section, name = fault.path[0], str(fault.received).strip("'")
        holder = self._root.entries.get(section)
        if match is None or fault.path not in ((section,), (section, SECTION_NAMES.get(section))):
            return hint
        alternatives = holder.entries.get("choice", holder) if isinstance(holder, Table) else holder
        if not isinstance(alternatives, Table) or name not in alternatives.entries:
            return hint
        options = plain_value(alternatives.entries[name])
        return f"write {name}: {{{match[1]}{f', {flow(options)[1:-1]}' if options else ''}}}"

    def _choice_of_names(self, path: KeyPath) -> tuple[Place, str | None] | None:
        """Where a choice of names stands that are not all registered, and what was meant by all of them."""
        section, key = path if len(path) == 2 else ("", "")  # noqa: PLR2004 - a section, and the key of its name
        own, registry = self._root.entries.get(section), KEYS[section].registry if section in SECTION_NAMES else None
        if registry is None or not isinstance(own, Table) or key != SECTION_NAMES[section]:
            return None
        node = own.entries.get(key)
        choice = node.entries.get("choice") if isinstance(node, Table) else None
        if node is None or not isinstance(choice, ListNode):
            return None
        names = plain_value(choice)
        hint = choice_hint(names, registry, key, is_whole=False)
        if hint is None and len(own.entries) == 1:
            return own.place, choice_hint(names, registry, key, is_whole=True)
        return node.place, hint


def subject_of(path: KeyPath) -> str:
    """What an error calls a path: without its section, but for an item of a list that a section is."""
    is_item = len(path) > 1 and path[1].isdigit()
    return ".".join(path if is_item else path[1:] or path)
