"""The nodes of a file to a template: which mappings are parameters, and what each is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import cast

from hpo.errors import Fault, RuleError, SpaceError
from hpo.spaces.space.foreign_parameters import guess_parameter
from hpo.spaces.space.parameters import (
    KINDS,
    MAX_REPEAT,
    Alternative,
    Choice,
    Float,
    Int,
    Parameter,
    Repeat,
    SectionTemplate,
    Template,
    Tree,
    Value,
    as_whole,
    category_of,
)
from hpo.spaces.space.priors import add_prior
from hpo.spaces.space.rendering import flow
from hpo.spaces.text.source import (
    MAX_NODES,
    KeyPath,
    ListNode,
    Node,
    Scalar,
    Spelling,
    Table,
    describe,
    plain_value,
)
from hpo.vocabulary import suggest

_OPTIONS: dict[str, tuple[str, ...]] = {
    "int": ("step", "log", "prior"),
    "float": ("step", "log", "prior"),
    "choice": ("prior",),
    "repeat": ("of",),
}

MAX_PARAMETERS = 300
"""Samplers lose their way long before; every extreme value of each is checked when a file is read."""
MAX_ALTERNATIVES = 1_000
"""Each is checked with all others at their first and at their last."""


def parameter_kind(node: Node) -> str | None:
    """`int`, `float`, `choice` or `repeat` where the node is a parameter, else None."""
    if isinstance(node, Table):
        return next((kind for kind in KINDS if kind in node.entries), None)
    return None


def parameter_nodes(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node]]:
    """Every parameter at a node and below it, by the path at which the file has it, in the order of the file."""
    path = add_label(path, node)
    if parameter_kind(node) is not None:
        yield path, node
    for key, child in children(node):
        yield from parameter_nodes(child, add_key(path, node, key))


def add_label(path: KeyPath, node: Node) -> KeyPath:
    """The path of what stands below a node's label, if it has one."""
    spelling = node.spelling if isinstance(node, Table) else None
    return path if spelling is None or spelling.label is None else (*path, spelling.label)


def add_key(path: KeyPath, node: Node, key: str) -> KeyPath:
    """The path at which the file has what stands below a node under one key, the node's own being `path`."""
    is_option = isinstance(node, Table) and node.spelling is not None and node.spelling.form == "option"
    return path if is_option else (*path, key)


def children(node: Node) -> Iterator[tuple[str, Node]]:
    """What stands below a node, by the key that it has in the config: a choice is transparent, a repeat a list."""
    match node:
        case Table(entries) if parameter_kind(node) == "repeat":
            if "of" in entries:
                yield from ((str(index), entries["of"]) for index in range(longest(entries["repeat"])))
        case Table(entries) if parameter_kind(node) == "choice":
            alternatives = entries["choice"]
            if isinstance(alternatives, Table):
                yield from alternatives.entries.items()
        case Table(entries) if parameter_kind(node) is None:
            yield from entries.items()
        case ListNode(items):
            yield from ((str(index), item) for index, item in enumerate(items))


def child(node: Node, key: str) -> Node | None:
    """What stands below a node under one key; see `children`."""
    match node:
        case Table(entries) if parameter_kind(node) == "choice":
            alternatives = entries["choice"]
            return alternatives.entries.get(key) if isinstance(alternatives, Table) else None
        case Table(entries) if parameter_kind(node) is None:
            return entries.get(key)
        case ListNode(items):
            return items[int(key)] if key.isdecimal() and int(key) < len(items) else None
    return dict(children(node)).get(key)


def longest(count: Node) -> int:
    """The longest list that a `repeat` with this count makes; 1 where the count is none."""
    match count:
        case Table(entries) if parameter_kind(count) in ("int", "choice"):
            bounds = entries[parameter_kind(count) or ""]
            values = (
                [item.value for item in bounds.items if isinstance(item, Scalar)]
                if isinstance(bounds, ListNode)
                else []
            )
        case Scalar(value):
            values = [value]
        case _:
            values = []
    lengths = [value for value in map(as_whole, values) if isinstance(value, int) and not isinstance(value, bool)]
    return min(MAX_REPEAT, max(lengths, default=1))


def parameter_names(paths: list[KeyPath]) -> dict[KeyPath, str]:
    """A parameter's name is its path without the section; one that would not be unique keeps its section."""
    short = {path: ".".join(path[1:] or path) for path in paths}
    counts = Counter(short.values())
    return {path: name if counts[name] == 1 else ".".join(path) for path, name in short.items()}


class TemplateBuilder:
    """Builds templates from nodes; mistakes in parameters go to `problems`, their paths to `broken`."""

    def __init__(self, root: Table) -> None:
        _count_values(root)
        parameters = list(islice(parameter_nodes(root), MAX_PARAMETERS + 1))
        total = 0
        for number, (path, node) in enumerate(parameters, start=1):
            total += _count_alternatives(node)
            if number > MAX_PARAMETERS or total > MAX_ALTERNATIVES:
                most = f"{MAX_PARAMETERS} parameters"
                if number <= MAX_PARAMETERS:
                    most = f"{MAX_ALTERNATIVES:,} alternatives, all its choices taken together"
                raise SpaceError(
                    [Fault(f"a space has at most {most}", "more", place=node.place, subject=".".join(path))]
                )
        self.names = parameter_names([path for path, _ in parameters])
        self.problems: list[Fault] = []
        self.broken: set[KeyPath] = set()
        self._check_names(parameters)

    def build(self, node: Node, path: KeyPath) -> Template:
        """The template of a node that the file has at a path; a broken parameter becomes None."""
        path = add_label(path, node)
        kind = parameter_kind(node)
        if kind is not None and isinstance(node, Table):
            return self._parameter(kind, node, path)
        match node:
            case Scalar(value):
                return value
            case ListNode(items):
                return tuple(self.build(item, (*path, str(index))) for index, item in enumerate(items))
            case Table(entries):
                content = {key: self.build(child, add_key(path, node, key)) for key, child in entries.items()}
                return content if node.spelling is None else SectionTemplate(content, _written_paths(node, path))

    def _check_names(self, parameters: list[tuple[KeyPath, Node]]) -> None:
        first: dict[str, KeyPath] = {}
        for path, node in parameters:
            other = first.setdefault(self.names[path], path)
            if other != path:
                rule = "the names of parameters differ"
                received = f"{'.'.join(path)}, which is called as another one is"
                self.problems.append(
                    Fault(rule, received, "rename an alternative", place=node.place, subject=self.names[path])
                )
                self.broken.add(path)

    def _parameter(self, kind: str, node: Table, path: KeyPath) -> Parameter | Repeat | None:
        name = self.names[path]
        try:
            self._check_keys(kind, name, node)
            makers: dict[str, Callable[[str, Table, KeyPath], Parameter | Repeat]] = {
                "int": self._int,
                "float": self._float,
                "choice": self._choice,
                "repeat": self._repeat,
            }
            parameter = makers[kind](name, node, path)
            return parameter if isinstance(parameter, Repeat) else add_prior(parameter, node)
        except RuleError as error:
            self.problems.append(replace(error.fault, place=node.place, subject=name))
            self.broken.add(path)
            return None

    def _check_keys(self, kind: str, name: str, node: Table) -> None:
        kinds = [key for key in node.entries if key in KINDS]
        if len(kinds) > 1:
            raise RuleError("a parameter is of one kind", " and ".join(kinds), "remove one of them")
        keys = [kind, *_OPTIONS[kind]]
        for key in node.entries:
            if key not in keys:
                rule = f"a parameter of kind {kind} has the keys {', '.join(keys)}"
                place = node.key_places.get(key, node.place)
                self.problems.append(
                    Fault(rule, repr(key), _suggest_option(key, node.entries[key], keys), place=place, subject=name)
                )

    def _int(self, name: str, node: Table, path: KeyPath) -> Int:
        numbers: list[int] = []
        for number in (*self._bounds(node, "int"), self._option(node, "step", 1)):
            whole = as_whole(number)
            if not isinstance(whole, int):
                raise RuleError("an int parameter has whole numbers", repr(number), "use float")
            numbers.append(whole)
        low, high, step = numbers
        return Int(name, low, high, step, bool(self._option(node, "log", False)))

    def _float(self, name: str, node: Table, path: KeyPath) -> Float:
        low, high = self._bounds(node, "float")
        step = self._option(node, "step", None)
        return Float(
            name,
            float(low),
            float(high),
            None if step is None else float(step),
            bool(self._option(node, "log", False)),
        )

    def _bounds(self, node: Table, kind: str) -> tuple[float, float]:
        bounds = node.entries[kind]
        if isinstance(bounds, ListNode) and len(bounds.items) == 2:  # noqa: PLR2004 - low and high
            low, high = (item.value if isinstance(item, Scalar) else None for item in bounds.items)
            if _is_number(low) and _is_number(high):
                return low, high  # type: ignore[return-value]
        rule = f"{kind} takes [low, high], two numbers"
        raise RuleError(rule, describe(bounds), _suggest_parameter(kind, plain_value(node)))

    def _option(self, node: Table, key: str, default: float | None) -> float | bool | None:
        option = node.entries.get(key)
        if option is None:
            return default
        value = option.value if isinstance(option, Scalar) else None
        if key == "log" and isinstance(value, bool):
            return value
        if key == "step" and _is_number(value):
            return value  # type: ignore[return-value]
        raise RuleError("log is true or false" if key == "log" else "step is a number", describe(option))

    def _choice(self, name: str, node: Table, path: KeyPath) -> Choice:
        match node.entries["choice"]:
            case ListNode(items):
                return Choice(name, tuple(self._plain(item, path) for item in items))
            case Table(entries):
                return Choice(name, tuple(self._opening(key, child, (*path, key)) for key, child in entries.items()))
            case other:
                meant = None if other.value is None else f"write {flow(other.value)}"
                raise RuleError("choice takes a list, or a mapping of alternatives", describe(other), meant)

    def _repeat(self, name: str, node: Table, path: KeyPath) -> Repeat:
        if "of" not in node.entries:
            raise RuleError("a repeat says what it repeats", None, "write {repeat: COUNT, of: ...}")
        count, of = node.entries["repeat"], node.entries["of"]
        length: int | Int | Choice
        match count:
            case Scalar(value) if isinstance(value := as_whole(value), int) and not isinstance(value, bool):
                length = value
            case Table() if parameter_kind(count) == "int":
                self._check_keys("int", name, count)
                length = cast("Int", add_prior(self._int(name, count, path), count))
            case Table() if parameter_kind(count) == "choice":
                self._check_keys("choice", name, count)
                length = cast("Choice", add_prior(_with_whole_numbers(self._choice(name, count, path)), count))
            case _:
                rule = "repeat takes a whole number, {int: [low, high]}, or {choice: [...]} of whole numbers"
                raise RuleError(rule, describe(count))
        counts = Repeat(length, ()).counts  # they are checked before so many items are built
        return Repeat(length, tuple(self.build(of, (*path, str(index))) for index in range(counts[-1])))

    def _plain(self, item: Node, path: KeyPath) -> Alternative:
        if any(True for _ in parameter_nodes(item)):
            raise RuleError(
                "an alternative in a list is a constant",
                "a parameter",
                "write the alternatives as a mapping, so that each has a name: {choice: {NAME: {...}}}",
            )
        constant: Value = plain_value(item)
        if isinstance(constant, dict) and not constant:
            raise RuleError("an alternative in a list is a constant", "an empty mapping")
        return Alternative(category_of(constant), self.build(item, path))

    def _opening(self, key: str, child: Node, path: KeyPath) -> Alternative:
        if isinstance(child, Scalar) and child.value is None:
            return Alternative(key, key)
        if not isinstance(child, Table) or parameter_kind(child) is not None:
            raise RuleError(
                f"the alternative {key!r} is followed by nothing, or by a mapping of what it opens",
                "a parameter" if parameter_kind(child) else describe(child),
                "write a list for plain alternatives: {choice: [...]}",
            )
        content = self.build(child, path)
        if child.spelling is not None:  # a section, which says itself what it is
            return Alternative(key, content)
        return Alternative(key, {key: content} if content else key)


def _written_paths(section: Table, path: KeyPath) -> dict[str, KeyPath]:
    """Where the file has each entry of a section, from the section down; without a name that it leaves out."""
    spelling = section.spelling or Spelling()
    paths = {key: add_key(path, section, key)[1:] for key in section.entries if key != spelling.hidden}
    return {spelling.hidden or "": path[1:]} if spelling.form == "word" else paths


def _suggest_option(key: str, node: Node, keys: list[str]) -> str | None:
    """`sampling: log` is `log: true`; another key is misspelled."""
    if "log" in keys and isinstance(node, Scalar) and "log" in str(node.value).lower():
        return "write log: true"
    return suggest(key, keys)


def _suggest_parameter(kind: str, written: Tree) -> str | None:
    """The parameter that was meant: more than two values are a choice, and ends may have names or quotes."""
    bounds = written[kind]
    if isinstance(bounds, list) and len(bounds) != 2:  # noqa: PLR2004 - low and high
        meant = guess_parameter({"values": bounds})
    elif isinstance(bounds, dict):
        meant = guess_parameter({**written, **bounds, "type": kind})
    else:
        meant = bounds if isinstance(bounds, int | float) and len(written) == 1 else None
    return None if meant is None else f"write {flow(meant)}"


def _count_values(node: Node) -> int:
    """How many values a node has, lists that repeat written out.

    Raises:
        SpaceError: too many; they are counted without being written out.
    """
    below = node.entries.values() if isinstance(node, Table) else node.items if isinstance(node, ListNode) else ()
    count = 1 + sum(_count_values(item) for item in below)
    if isinstance(node, Table) and parameter_kind(node) == "repeat" and "of" in node.entries:
        count *= longest(node.entries["repeat"])
    if count > MAX_NODES:
        rule = f"a space file has at most {MAX_NODES:,} values, lists that repeat written out"
        raise SpaceError([Fault(rule, f"{count:,}", place=node.place)])
    return count


def _count_alternatives(parameter: Node) -> int:
    match parameter:
        case Table({"choice": ListNode(alternatives) | Table(alternatives)}):
            return len(alternatives)
    return 0


def _with_whole_numbers(choice: Choice) -> Choice:
    return Choice(choice.name, tuple(Alternative(number, number) for number in map(as_whole, choice.categories)))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
