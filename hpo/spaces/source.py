"""YAML text to a tree that knows where everything stands.

Parsing, scanning and tag resolution are ruamel.yaml's (YAML 1.2, so `1e-4` is a number and `on` a word); only the
composed nodes are read, so no tag can construct an object.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode as YamlMapping
from ruamel.yaml.nodes import ScalarNode as YamlScalar
from ruamel.yaml.nodes import SequenceNode as YamlSequence

from hpo.errors import Place, Problem, SpaceError

MAX_BYTES = 1_000_000
"""A space file is a page of text; a larger one is some other file."""
MAX_NODES = 50_000
"""Bounds what aliases can expand to."""

ScalarValue = None | bool | int | float | str


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf of the file."""

    value: ScalarValue
    place: Place


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of the file."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping of the file; keys are text, in the order of the file, each with its own place."""

    entries: Mapping[str, Node]
    place: Place
    key_places: Mapping[str, Place] = field(default_factory=dict)


Node = Scalar | Sequence | Table


def parse(text: str, file: str) -> Table:
    """Read one YAML document whose root is a mapping.

    Args:
        text: the document.
        file: the name that error messages give it.

    Raises:
        SpaceError: with every problem of the document's form: syntax, duplicate keys, tags, a root that is no mapping.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise SpaceError(
            [
                Problem(
                    Place(file, 1, 1),
                    "",
                    f"a space file has at most {MAX_BYTES:,} bytes",
                    f"{len(text):,} characters",
                    "is this the right file?",
                )
            ]
        )
    reader = _Reader(file)
    root = reader.read(text)
    if not isinstance(root, Table):
        place = root.place if root is not None else Place(file, 1, 1)
        received = "an empty file" if root is None else describe(root)
        reader.problems.append(
            Problem(
                place,
                "",
                "a space file is a mapping of sections",
                received,
                "begin with `data:`, `model:` and `training:`",
            )
        )
    if reader.problems or not isinstance(root, Table):
        raise SpaceError(reader.problems)
    return root


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


def describe(node: Node) -> str:
    """What a node is, in the words of an error message."""
    match node:
        case Scalar(None):
            return "nothing"
        case Scalar(value):
            return repr(value)
        case Sequence(items):
            return f"a list of {len(items)}"
        case Table(entries):
            return f"a mapping with {', '.join(list(entries)[:4])}{', ...' if len(entries) > 4 else ''}"  # noqa: PLR2004


class _Reader:
    """Turns composed YAML nodes into places and plain values, collecting problems as it goes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._count = 0

    def read(self, text: str) -> Node | None:
        try:
            composed = YAML(typ="rt", pure=True).compose(io.StringIO(text))
            return None if composed is None else self._node(composed, ancestors=())
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file, 1, 1)
            self.problems.append(_syntax_problem(place, error))
        except (YAMLError, ValueError) as error:
            self.problems.append(
                Problem(Place(self.file, 1, 1), "", "a space file is YAML text", str(error).splitlines()[0])
            )
        except RecursionError:
            self.problems.append(
                Problem(
                    Place(self.file, 1, 1), "", "a space file nests at most a few levels deep", "hundreds of levels"
                )
            )
        return None

    def _node(self, node: object, ancestors: tuple[int, ...]) -> Node:
        place = self._place(node)
        self._count += 1
        if id(node) in ancestors or self._count > MAX_NODES:
            raise MarkedYAMLError(
                problem=f"aliases may not refer to themselves, nor expand to over {MAX_NODES:,} values",
                problem_mark=node.start_mark,  # type: ignore[attr-defined]
            )
        ancestors = (*ancestors, id(node))
        if isinstance(node, YamlMapping):
            return self._mapping(node, place, ancestors)
        if isinstance(node, YamlSequence):
            return Sequence(tuple(self._node(item, ancestors) for item in node.value), place)
        return Scalar(self._scalar(node, place), place)

    def _mapping(self, node: YamlMapping, place: Place, ancestors: tuple[int, ...]) -> Table:
        entries: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        key_places: dict[str, Place] = {}
        for key_node, value_node in node.value:
            key_place = self._place(key_node)
            value = self._node(value_node, ancestors)
            if not isinstance(key_node, YamlScalar):
                self.problems.append(Problem(key_place, "", "a key is a word", "a list or a mapping"))
            elif str(key_node.tag).endswith(":merge"):
                for source in value.items if isinstance(value, Sequence) else (value,):
                    if isinstance(source, Table):
                        merged = {**source.entries, **merged}
                        key_places = {**source.key_places, **key_places}
                    else:
                        self.problems.append(Problem(key_place, "<<", "a merge takes a mapping", describe(source)))
            elif key_node.value in entries:
                first = key_places[key_node.value]
                self.problems.append(
                    Problem(
                        key_place,
                        key_node.value,
                        "a key stands once in a mapping",
                        f"it again; it is first on line {first.line}",
                        "remove one of the two",
                    )
                )
            else:
                entries[key_node.value] = value
                key_places[key_node.value] = key_place
        return Table({**merged, **entries}, place, key_places)

    def _scalar(self, node: object, place: Place) -> ScalarValue:
        assert isinstance(node, YamlScalar)  # noqa: S101 - YAML has three kinds of node
        tag = str(node.tag).removeprefix("tag:yaml.org,2002:")
        text: str = node.value
        construct = _CONSTRUCTORS.get(tag)
        if construct is None:
            self.problems.append(
                Problem(place, "", "tags are not part of the language", f"!{tag.lstrip('!')}", "write the plain value")
            )
            return text
        return construct(text)

    def _place(self, node: object) -> Place:
        mark = node.start_mark  # type: ignore[attr-defined]
        return Place(self.file, mark.line + 1, mark.column + 1)


def _integer(text: str) -> int:
    digits = text.replace("_", "").lower()
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    for prefix, radix in (("0x", 16), ("0o", 8), ("0b", 2)):
        if digits.startswith(prefix):
            return sign * int(digits[2:], radix)
    return sign * int(digits)


def _floating(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


_CONSTRUCTORS: Mapping[str, Callable[[str], ScalarValue]] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": _integer,
    "float": _floating,
    "str": lambda text: text,
    "timestamp": lambda text: text,
}


def _syntax_problem(place: Place, error: MarkedYAMLError) -> Problem:
    problem = (error.problem or str(error)).strip()
    if "cannot start any token" in problem and "\\t" in problem:
        return Problem(place, "", "indentation is made of spaces", "a tab", "replace it by spaces")
    if "another document" in problem:
        return Problem(place, "", "a space file holds one document", "a second one after `---`", "split the file")
    if problem.startswith("aliases may not"):
        return Problem(place, "", problem, "more", "write the values out")
    return Problem(place, "", "a space file is YAML", problem, "look at this line and the one above it")
