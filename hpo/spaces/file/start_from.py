"""Configs to try first: what `start_from` of a file says, as parameters of its space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hpo.errors import Fault, RuleError
from hpo.spaces.constraints.constraints import Constraint
from hpo.spaces.constraints.names import values_by_name
from hpo.spaces.sections.canonical import rewrite_section
from hpo.spaces.sections.keys import SECTIONS
from hpo.spaces.space.parameters import Choice, Int, Parameter, category_of
from hpo.spaces.space.priors import ROUNDING
from hpo.spaces.space.search_space import Params, SearchSpace
from hpo.spaces.space.template import add_key, add_label, children, longest, parameter_kind
from hpo.spaces.spec.named_studies import study_of
from hpo.spaces.spec.wording import one_of, values_of
from hpo.spaces.text.source import (
    KeyPath,
    ListNode,
    Node,
    Scalar,
    ScalarValue,
    Table,
    describe,
    format_value,
    is_nothing,
    plain_value,
)
from hpo.vocabulary import suggest

MAX_STARTS = 200
"""Each is checked against every constraint."""


def read_starts(
    root: Table, names: Mapping[KeyPath, str], space: SearchSpace, constraints: Sequence[Constraint]
) -> tuple[tuple[Params, ...], list[Fault]]:
    """Read the configs to try first: those of the file, and the priors of its parameters as one more.

    Returns:
        The configs, less those of other studies, which the file names alone; and the mistakes.
    """
    node = root.entries.get("start_from", Scalar(None, root.place))
    is_study = isinstance(node, Scalar) and study_of(node.value)
    if not (isinstance(node, ListNode) or is_study or is_nothing(node)):
        rule, remedy = "start_from is a list of configs, or study:NAME", "begin each config with `- `"
        return (), [Fault(rule, describe(node), remedy, place=node.place, subject="start_from")]
    items = node.items if isinstance(node, ListNode) else ()
    items = tuple(item for item in items if not (isinstance(item, Scalar) and study_of(item.value)))
    if len(items) > MAX_STARTS:
        rule = f"start_from has at most {MAX_STARTS} configs"
        return (), [Fault(rule, f"{len(items):,}", place=node.place, subject="start_from")]
    reader = StartReader(root, names, space)
    starts = [reader.read(item) for item in items]
    if reader.problems:
        return tuple(starts), reader.problems
    sources = [(item.place, "start_from", "a config to start from meets the constraints") for item in items]
    if guess := space.guess():
        starts.append(guess)
        sources.append(
            (root.place, "prior", "the priors of all parameters, a config to start from, meet the constraints")
        )
    problems = []
    for (place, subject, rule), params in zip(sources, starts, strict=True):
        values = values_by_name(space, params)  # what the sampler draws may still mend the rest
        broken = "; ".join(constraint.text for constraint in constraints if constraint.excess(values) > 0)
        if broken:
            problems.append(Fault(rule, broken, "change one of the two", place=place, subject=subject))
    return tuple(starts), problems


class StartReader:
    """Reads configs against a space; mistakes go to `problems`.

    A config names parameters, as reports do (`optimizer.sgd.momentum: 0.9`), or is nested, as a file is. What it leaves
    out is drawn. Choosing what a parameter depends on may be left out too, where only one choice is possible.
    """

    def __init__(self, root: Table, names: Mapping[KeyPath, str], space: SearchSpace) -> None:
        self.problems: list[Fault] = []
        self._remedies: dict[str, str] = {}
        self._paths = {name: path for path, name in names.items()}
        self._names = names
        self._parameters = {parameter.name: parameter for parameter in space.parameters()}
        self._conditions = {parameter.name: conditions for parameter, conditions in space.conditions()}
        self._nodes = {
            path: below for key in SECTIONS if key in root.entries for path, below in _below(root.entries[key], (key,))
        }

    def read(self, node: Node) -> Params:
        """The parameters that one config gives."""
        if not isinstance(node, Table):
            self._refuse(node, "", "a config to start from is a mapping of parameters", describe(node))
            return {}
        given: dict[str, Node] = {}
        params: Params = {}
        for key, child in node.entries.items():
            path = self._path_of(key, child, node)
            if path is not None:
                self._walk(child, path, params, given)
        self._add_what_is_implied(params, given)
        return params

    def _path_of(self, key: str, child: Node, holder: Table) -> KeyPath | None:
        if key in self._paths:
            return self._paths[key]
        parts = tuple(key.split("."))
        paths = [parts] if parts[0] in SECTIONS else [(section, *parts) for section in SECTIONS]
        there = [path for path in paths if path in self._nodes]
        if len(there) == 1:
            return there[0]
        place = holder.key_places.get(key, child.place)
        rule = "start_from names parameters of the file"
        if key not in self._remedies:
            names = list(self._parameters)
            close = suggest(key, names) or f"they are {', '.join(names[:8])}" if names else "it has none"
            self._remedies[key] = f"write {' or '.join('.'.join(path) for path in there)}" if there else close
        remedy = self._remedies[key]
        self.problems.append(Fault(rule, repr(key), remedy, place=place, subject="start_from"))
        return None

    def _walk(self, node: Node, path: KeyPath, params: Params, given: dict[str, Node]) -> None:
        name = self._names.get(path, "")
        parameter = self._parameters.get(name)
        value = category_of(plain_value(node))
        if parameter is None:
            self._walk_constant(node, path, params, given)
        elif isinstance(parameter, Choice) and parameter.has(value):
            self._take(name, value, node, params, given)
        elif isinstance(parameter, Choice) and isinstance(node, Table) and len(node.entries) == 1:
            ((key, child),) = node.entries.items()
            if self._take(name, key, node, params, given) and not is_nothing(child):
                self._walk(child, (*path, key), params, given)
        elif isinstance(node, ListNode) and (*path, "0") in self._nodes:
            if self._take(name, len(node.items), node, params, given):
                self._walk_items(node, path, params, given)
        else:
            self._take(name, value, node, params, given)

    def _walk_constant(self, node: Node, path: KeyPath, params: Params, given: dict[str, Node]) -> None:
        constant = self._nodes.get(path)
        if len(path) == 1 and constant is not None:
            section, path = path[0], add_label(path, constant)
            if path in self._names:  # a choice below a name, whose alternatives are written without it
                self._walk(node.entries.get(path[-1], node) if isinstance(node, Table) else node, path, params, given)
                return
            node = _without_label(rewrite_section(section, node), path)
        length = _length(constant)
        if isinstance(node, Table) and isinstance(constant, Table):
            for key, child in node.entries.items():
                self._walk(child, (*path, key), params, given)
        elif isinstance(node, ListNode) and length is not None:
            if len(node.items) == length:
                self._walk_items(node, path, params, given)
            else:
                rule, remedy = f"this list has {length} items", "write {} for one that is drawn"
                self._refuse(node, ".".join(path[1:]), rule, describe(node), remedy)
        elif constant is None or not _says(node, constant):
            held = "" if constant is None else describe(constant) if length is None else f"a list of {length}"
            fixed = f", where the file has {held}" if held else ""
            rule = "start_from fills parameters in; what is none stays as the file has it"
            self._refuse(node, ".".join(path[1:] or path), rule, f"{describe(node)}{fixed}")

    def _walk_items(self, node: ListNode, path: KeyPath, params: Params, given: dict[str, Node]) -> None:
        for index, item in enumerate(node.items):
            self._walk(item, (*path, str(index)), params, given)

    def _take(self, name: str, value: ScalarValue, node: Node, params: Params, given: dict[str, Node]) -> bool:
        """Note a value; False where the parameter cannot have it."""
        try:
            exact = _take_value(self._parameters[name], value)
        except RuleError as error:
            self._refuse(node, name, error.fault.rule, describe(node), error.fault.remedy)
            return False
        if params.get(name, exact) != exact:
            received = f"{format_value(exact)}, and {format_value(params[name])} on line {given[name].place.line}"
            self._refuse(node, name, f"{name} has one value in a config", received, "remove one of the two")
            return False
        params[name], given[name] = exact, node
        return True

    def _add_what_is_implied(self, params: Params, given: dict[str, Node]) -> None:
        for name in list(params):
            for needed, allowed in self._conditions[name].items():
                if needed not in params and len(allowed) == 1:
                    params[needed] = allowed[0]
                elif needed not in params:
                    rule = f"{name} exists only in some configs"
                    self._refuse(given[name], name, rule, f"no {needed}", f"add {needed}, for example {allowed[0]}")
                elif params[needed] not in allowed:
                    words = " or ".join(format_value(value) for value in allowed)
                    rule = f"{name} exists only where {needed} is {words}"
                    self._refuse(given[name], name, rule, f"{needed} = {format_value(params[needed])}")

    def _refuse(self, node: Node, name: str, rule: str, received: str, remedy: str | None = None) -> None:
        subject = f"start_from {name}".strip()
        self.problems.append(Fault(rule, received, remedy, place=node.place, subject=subject))


def _below(node: Node, path: KeyPath) -> Iterator[tuple[KeyPath, Node]]:
    yield path, node
    path = add_label(path, node)
    yield path, node
    for key, child in children(node):
        yield from _below(child, add_key(path, node, key))


def _without_label(node: Node, path: KeyPath) -> Node:
    """What stands below the label of a section that a config repeats without its name."""
    if isinstance(node, Table) and node.spelling is None and len(path) > 1 and list(node.entries) == [path[-1]]:
        return node.entries[path[-1]]
    return node


def _length(constant: Node | None) -> int | None:
    """How many items a list of the file has; None for what is none."""
    if isinstance(constant, ListNode):
        return len(constant.items)
    if isinstance(constant, Table) and parameter_kind(constant) == "repeat":
        return longest(constant.entries["repeat"])
    return None


def _says(node: Node, constant: Node) -> bool:
    """Whether a value is what the file has: a word may have its options beside it, and a list go by its length."""
    value, held = plain_value(node), plain_value(constant)
    if isinstance(constant, Table) and parameter_kind(constant) == "repeat":
        held = _length(constant)
    elif isinstance(node, Table) and isinstance(constant, Scalar):
        words = [name for name, options in node.entries.items() if is_nothing(options)]
        value = words[0] if len(words) == len(node.entries) == 1 else value
    elif isinstance(constant, Table) and len(constant.entries) == 1:
        ((name, options),) = constant.entries.items()
        held = name if is_nothing(options) or isinstance(options, Table) else held
    return value == held and isinstance(value, bool) is isinstance(held, bool)


def _take_value(parameter: Parameter, value: ScalarValue) -> ScalarValue:
    """The value in the parameter's own type.

    Raises:
        RuleError: the parameter cannot have it.
    """
    if isinstance(parameter, Choice):
        if parameter.has(value):
            return parameter.alternative(value).category
        words = [category for category in parameter.categories if isinstance(category, str)]
        rule = one_of([format_value(category) for category in parameter.categories], parameter.name)
        raise RuleError(rule, None, suggest(value, words) if isinstance(value, str) else None)
    own = parameter.take(value) if isinstance(parameter, Int) else parameter.take(value, ROUNDING)
    if own is None:
        kind = "a whole number" if isinstance(parameter, Int) else "a number"
        raise RuleError(f"{parameter.name} is {kind} in {values_of(parameter)}", None)
    return own
