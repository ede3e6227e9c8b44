"""YAML text to a tree that knows where everything stands.

Parsing, scanning and tag resolution are ruamel.yaml's (YAML 1.2, so `1e-4` is a number and `on` a word); only the
composed nodes are read, so no tag can construct an object.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode as YamlMapping
from ruamel.yaml.nodes import ScalarNode as YamlScalar
from ruamel.yaml.nodes import SequenceNode as YamlSequence
from ruamel.yaml.reader import ReaderError

from hpo.errors import Fault, Place, SpaceError
from hpo.shown import hide_password
from hpo.spaces.text.syntax import character_problem, syntax_problem

MAX_BYTES = 200_000
"""A space file is a page of text; a larger one is some other file."""
MAX_NODES = 5_000
"""Bounds what is composed, and what aliases and lists that repeat can expand to."""
MAX_DEPTH = 40
"""No section nests a tenth as deep; reading is recursive."""

ScalarValue = None | bool | int | float | str
KeyPath = tuple[str, ...]
"""Where a value stands in a file: the keys that lead to it, items of lists by their index, from 0."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf of the file."""

    value: ScalarValue
    place: Place


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list of the file."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a file writes a section which is `{family: NAME, OPTION: ...}` to whoever reads it.

    Attributes:
        label: the key above the section, which is a part of its parameters' names; None where there is none.
        hidden: the key of the section's name, where label, word or a choice around it say the name already.
        form: what the file has: a `mapping` of options; the name alone (`word`); `nothing`, where there are no
            options; the content of its only `option`, whose name is an alternative of a choice.
    """

    label: str | None = None
    hidden: str | None = None
    form: Literal["mapping", "word", "nothing", "option"] = "mapping"


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping of the file; keys are text, in the order of the file, each with its own place.

    A section that the file writes in another way than `{family: NAME, ...}` has the `spelling` of it.
    """

    entries: Mapping[str, Node]
    place: Place
    key_places: Mapping[str, Place] = field(default_factory=dict)
    spelling: Spelling | None = None

    def as_written(self) -> Node:
        """What the file has: the same where it is spelled as it is read."""
        if self.spelling is None:
            return self
        options = {key: node for key, node in self.entries.items() if key != self.spelling.hidden}
        node: Node = Table(options, self.place, self.key_places)
        if self.spelling.form == "word":
            node = self.entries[self.spelling.hidden or ""]
        elif self.spelling.form == "nothing" and not options:
            node = Scalar(None, self.place)
        elif self.spelling.form == "option":
            (node,) = options.values()
        return node if self.spelling.label is None else Table({self.spelling.label: node}, self.place)


Node = Scalar | ListNode | Table


def is_nothing(node: Node | None) -> bool:
    """Whether it is a key's value that was left out."""
    return isinstance(node, Scalar) and node.value is None


def parse(text: str, file: str, minor: list[Fault] | None = None) -> Table:
    """Read one YAML document whose root is a mapping.

    Args:
        text: the document.
        file: the name that error messages give it.
        minor: takes the problems that leave the rest readable, such as a key that stands twice; they are raised where
            it is not given.

    Raises:
        SpaceError: with every problem of the document's form: syntax, duplicate keys, tags, a root that is no mapping.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise too_large(file, f"{len(text):,} characters")
    reader = _Reader(file)
    root = reader.read(text)
    if not isinstance(root, Table) and not reader.problems:
        is_empty = root is None or (isinstance(root, Scalar) and root.value is None)
        reader.problems.append(
            Fault(
                "a space file is a mapping of sections",
                "an empty file" if root is None or is_empty else describe(root),
                "begin with `data:`, `model:` and `training:`",
                place=Place(file, 1, 1) if root is None or is_empty else root.place,
            )
        )
    if not isinstance(root, Table) or (reader.problems and minor is None):
        raise SpaceError(reader.problems)
    if minor is not None:
        minor += reader.problems
    return root


def too_large(file: str, received: str) -> SpaceError:
    """The error for a file that cannot be a space file; its length is enough to know."""
    rule = f"a space file has at most {MAX_BYTES:,} bytes"
    return SpaceError([Fault(rule, received, "is this the right file?", place=Place(file, 1, 1))])


def parse_value(text: str, file: str) -> Node:
    """Read the YAML value of a command-line override, such as `3` or `{int: [1, 4]}`.

    Raises:
        SpaceError: the text is not YAML.
    """
    reader = _Reader(file)
    node = reader.read(text)
    if reader.problems:
        raise SpaceError(reader.problems)
    return node if node is not None else Scalar(None, Place(file, 1, 1))


def parse_json(text: str, place: str) -> Table:
    """Read one JSON object; everything in it stands at line 1.

    JSON is not quite a part of YAML: the two spell characters beyond the first 65,536 differently.

    Raises:
        SpaceError: the text is no JSON object.
    """
    start = Place(place, 1, 1)
    try:
        root = node_of(json.loads(text), start)
    except (ValueError, RecursionError) as error:
        raise SpaceError([Fault("a stored space is JSON", str(error), place=start)]) from error
    if not isinstance(root, Table):
        raise SpaceError([Fault("a stored space is a JSON object", describe(root), place=start)])
    return root


def node_of(value: object, place: Place) -> Node:
    """Plain values as nodes, all of which stand at one place."""
    if isinstance(value, Mapping):
        entries = {key: node_of(item, place) for key, item in value.items()}
        return Table(entries, place, dict.fromkeys(entries, place))
    if isinstance(value, list):
        return ListNode(tuple(node_of(item, place) for item in value), place)
    return Scalar(value, place)  # type: ignore[arg-type]


def plain_value(node: Node) -> Any:  # noqa: ANN401 - plain values of any shape
    """What the file has at a node, as YAML's plain values."""
    match node:
        case Scalar(value):
            return value
        case ListNode(items):
            return [plain_value(item) for item in items]
        case Table(entries, spelling=None):
            return {key: plain_value(child) for key, child in entries.items()}
    return plain_value(node.as_written())


def format_value(value: object) -> str:
    """A plain value as error messages show it, on part of a line."""
    words: dict[object, str] = {None: "nothing", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return words[value]
    if isinstance(value, str):
        value = hide_password(value)
    text = f"[{', '.join(format_value(item) for item in value)}]" if isinstance(value, list) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - what fits a line


def describe(node: Node) -> str:
    """What a node is, in the words of an error message."""
    match node:
        case Scalar(value):
            return format_value(value)
        case ListNode(items):
            return f"a list of {len(items)}"
        case Table(spelling=Spelling()):
            return describe(node.as_written())
        case Table(entries) if not entries:
            return "an empty mapping"
        case Table(entries):
            return f"a mapping with {', '.join(list(entries)[:4])}{', ...' if len(entries) > 4 else ''}"  # noqa: PLR2004


_YAML_ORG = "tag:yaml.org,2002:"
_COLLECTIONS = (f"{_YAML_ORG}map", f"{_YAML_ORG}seq")
_TOO_DEEP = (f"a space file nests at most {MAX_DEPTH} levels deep", None)
_TOO_MANY = (f"a space file has at most {MAX_NODES:,} values, aliases written out", None)


class _RefusedError(Exception):
    """Well-formed YAML that is no space file's."""

    def __init__(self, rule: str, remedy: str | None, node: object) -> None:
        self.rule, self.remedy, self.node = rule, remedy, node
        super().__init__(rule)


class _Composer(Composer):
    """ruamel.yaml's composer, which stops before Python's stack ends, and before seconds of bookkeeping."""

    def __init__(self, loader: object = None) -> None:
        super().__init__(loader)
        self.warn_double_anchors = False
        self._levels = 0
        self._count = 0

    def compose_node(self, parent: object, index: object) -> object:
        is_key = parent is not None and index is None
        self._count += not is_key
        if self._levels > MAX_DEPTH:
            raise _RefusedError(*_TOO_DEEP, self.parser.peek_event())
        if self._count > MAX_NODES:
            raise _RefusedError(*_TOO_MANY, self.parser.peek_event())
        self._levels += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._levels -= 1


class _Reader:
    """Turns composed YAML nodes into places and plain values, collecting problems as it goes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Fault] = []
        self._count = 0

    def read(self, text: str) -> Node | None:
        yaml = YAML(typ="safe", pure=True)
        yaml.Composer = _Composer
        try:
            composed = yaml.compose(io.StringIO(text))
            if yaml.resolver.processing_version != (1, 2):
                raise _RefusedError("a space file is YAML 1.2", "remove the line %YAML", composed)
            return None if composed is None else self._node(composed, ancestors=())
        except _RefusedError as error:
            self.problems.append(Fault(error.rule, None, error.remedy, place=self._place(error.node)))
        except MarkedYAMLError as error:
            self.problems.append(syntax_problem(self.file, error))
        except ReaderError as error:
            self.problems.append(character_problem(self.file, text, error))
        return None

    def _node(self, node: object, ancestors: tuple[int, ...]) -> Node:
        place = self._place(node)
        self._count += 1
        if id(node) in ancestors:
            raise _RefusedError("an alias does not refer to what it is a part of", "write the value out", node)
        if self._count > MAX_NODES:
            raise _RefusedError(*_TOO_MANY, node)
        if len(ancestors) >= MAX_DEPTH:
            raise _RefusedError(*_TOO_DEEP, node)
        ancestors = (*ancestors, id(node))
        if isinstance(node, YamlScalar):
            return Scalar(self._scalar(node, place), place)
        if str(node.tag) not in _COLLECTIONS:  # type: ignore[attr-defined]
            self._refuse_tag(node, place)
        if isinstance(node, YamlMapping):
            return self._mapping(node, place, ancestors)
        assert isinstance(node, YamlSequence)  # noqa: S101 - YAML has three kinds of node
        return ListNode(tuple(self._node(item, ancestors) for item in node.value), place)

    def _mapping(self, node: YamlMapping, place: Place, ancestors: tuple[int, ...]) -> Table:
        entries: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        key_places: dict[str, Place] = {}
        for key_node, value_node in node.value:
            key_place = self._place(key_node)
            value = self._node(value_node, ancestors)
            if isinstance(value_node, YamlScalar) and not value_node.value and value == Scalar(None, value.place):
                value = replace(value, place=key_place)  # YAML places what is not there at the next token
            if not isinstance(key_node, YamlScalar):
                self.problems.append(Fault("a key is a word", "a list or a mapping", place=key_place))
            elif str(key_node.tag).endswith(":merge"):
                for source in value.items if isinstance(value, ListNode) else (value,):
                    if isinstance(source, Table):
                        merged = {**source.entries, **merged}
                        key_places = {**source.key_places, **key_places}
                    else:
                        self.problems.append(
                            Fault("a merge takes a mapping", describe(source), place=key_place, subject="<<")
                        )
            elif key_node.value in entries:
                first = key_places[key_node.value]
                self.problems.append(
                    Fault(
                        "a key stands once in a mapping",
                        f"it again; it is first on line {first.line}",
                        "remove one of the two",
                        place=key_place,
                        subject=key_node.value,
                    )
                )
            else:
                entries[key_node.value] = value
                key_places[key_node.value] = key_place
        return Table({**merged, **entries}, place, key_places)

    def _scalar(self, node: YamlScalar, place: Place) -> ScalarValue:
        text: str = node.value
        construct = _CONSTRUCTORS.get(str(node.tag).removeprefix(_YAML_ORG))
        if construct is None:
            self._refuse_tag(node, place)
            return text
        try:
            return construct(text)
        except (KeyError, ValueError):
            rule = "a number is written in digits, and a whole one fits in 64 bits"
            self.problems.append(Fault(rule, format_value(text), "put it in quotes if it is a text", place=place))
            return text

    def _refuse_tag(self, node: object, place: Place) -> None:
        tag = str(node.tag).replace(_YAML_ORG, "!!")  # type: ignore[attr-defined]
        self.problems.append(Fault("tags are not part of the language", tag, "write the plain value", place=place))

    def _place(self, node: object) -> Place:
        mark = node.start_mark  # type: ignore[attr-defined]
        return Place(self.file, mark.line + 1, mark.column + 1)


def _integer(text: str) -> int:
    digits = text.replace("_", "").lower()
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    radix = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2], 10)
    number = sign * int(digits if radix == 10 else digits[2:], radix)  # noqa: PLR2004 - decimal has no prefix
    if not -(2**63) <= number < 2**63:
        raise ValueError("out of range")
    return number


def _floating(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


_CONSTRUCTORS: Mapping[str, Callable[[str], ScalarValue]] = {
    "null": lambda text: None,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": _integer,
    "float": _floating,
    "str": lambda text: text,
    "timestamp": lambda text: text,
}
