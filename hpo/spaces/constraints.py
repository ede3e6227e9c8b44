"""Which configs count: comparisons over a config's values and its network's cost, evaluated by simpleeval."""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from simpleeval import DEFAULT_OPERATORS, EvalWithCompoundTypes, InvalidExpression

from hpo.catalog import suggestion
from hpo.spaces.parameters import Choice, Repeat, Template, Tree, Value
from hpo.spaces.search_space import SearchSpace
from hpo.spaces.source import ScalarValue, shown

MEASURES = ("parameters", "flops", "memory")
"""What is known of a network once it is built: see `hpo.spaces.Objective` for what they are."""
MAX_LENGTH = 300
_WORDS: Mapping[str, str] = {"true": "True", "false": "False", "none": "None"}
_KEPT = ("and", "or", "not", "in", "True", "False", "None")
_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\w.]*|[A-Za-z_]\w*(?:\.\w+)*")
_ALLOWED: tuple[type[ast.AST], ...] = (
    *(ast.Expr, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple),
    *(ast.And, ast.Or, ast.Not, ast.USub, ast.UAdd, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn),
)
_EXAMPLE = "write a comparison, such as parameters <= 20e6"
_INCOMPUTABLE = (ArithmeticError, TypeError, InvalidExpression, RecursionError)


class ConstraintError(ValueError):
    """A text that is no constraint: the rule that it breaks, what was received, and the remedy."""

    def __init__(self, rule: str, received: str | None, remedy: str | None = None) -> None:
        super().__init__(f"{rule}. Received {received}.")
        self.rule, self.received, self.remedy = rule, received, remedy


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition that a config has to meet before it is trained.

    Attributes:
        text: as the file has it.
        measures: what it asks of the network's cost; without any, a config's values decide it alone.
    """

    text: str
    measures: frozenset[str]
    _expression: ast.Expr = field(repr=False, compare=False)
    _names: Mapping[str, str] = field(repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """What it speaks of."""
        return tuple(self._names.values())

    def excess(self, values: Mapping[str, ScalarValue]) -> float:
        """By how much a config breaks it: above 0 where it does, 0 or below where it holds.

        A comparison of two numbers gives their difference, relative to the larger one, so that constraints on different
        scales can be added up; anything else gives 0 or 1. It holds where it speaks of a parameter that the config does
        not have, and is broken where it cannot be computed.

        Args:
            values: what `values_by_name` gives, and the measures.
        """
        try:
            return self._excess(values)
        except _INCOMPUTABLE:
            return 1.0

    def check(self, values: Mapping[str, ScalarValue]) -> None:
        """Hold that it can be computed.

        Raises:
            ConstraintError: it compares a number with a text, or divides by zero.
        """
        try:
            self._excess(values)
        except _INCOMPUTABLE as error:
            used = {name: values[name] for name in self.names if name in values}
            given = ", ".join(f"{name} = {shown(value)}" for name, value in used.items())
            rule = "a constraint compares numbers with numbers and texts with texts"
            raise ConstraintError(rule, f"{self.text!r} where {given}", f"it says: {error}") from error

    def _excess(self, values: Mapping[str, ScalarValue]) -> float:
        known = _Known({variable: values[name] for variable, name in self._names.items() if name in values})
        evaluator = EvalWithCompoundTypes(operators=_OPERATORS)
        evaluator.functions.clear()
        evaluator.names = known  # simpleeval 1.0.3 takes an empty mapping for none
        compared = self._expression.value
        try:
            if isinstance(compared, ast.Compare) and isinstance(compared.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE):
                sides = [evaluator.eval(self.text, side) for side in (compared.left, *compared.comparators)]
                if len(sides) == 2 and all(isinstance(side, int | float) for side in sides):  # noqa: PLR2004 - a < b
                    holds = bool(evaluator.eval(self.text, self._expression))
                    return _difference(*sides, is_upper=isinstance(compared.ops[0], ast.Lt | ast.LtE), holds=holds)
            return 0.0 if evaluator.eval(self.text, self._expression) else 1.0
        except _InactiveError:
            return 0.0


def parse_constraint(text: str, known: Collection[str]) -> Constraint:
    """Read a constraint.

    Args:
        text: an expression of comparisons, `and`, `or`, `not`, arithmetic and texts in quotes, over names.
        known: the names that it may use beside `MEASURES`.

    Raises:
        ConstraintError: it is none, or names what is not known.
    """
    if len(text) > MAX_LENGTH:
        raise ConstraintError(f"a constraint has at most {MAX_LENGTH} characters", f"{len(text)}")
    variables: dict[str, str] = {}

    def variable(match: re.Match[str]) -> str:
        token = match[0]
        if not (token[0].isalpha() or token[0] == "_") or token in _KEPT:
            return token
        if token in _WORDS:
            return _WORDS[token]
        if token not in known and token not in MEASURES:
            close = suggestion(token, [*known, *MEASURES])
            remedy = close or "name a parameter, a key of the file, or one of these; a text stands in quotes"
            raise ConstraintError(
                f"a constraint is about the file's own names, and {', '.join(MEASURES)}", repr(token), remedy
            )
        return variables.setdefault(token, f"v{len(variables)}")

    expression = _parsed(text, _TOKEN.sub(variable, text), variables.values())
    measures = frozenset(name for name in variables if name in MEASURES and name not in known)
    return Constraint(text, measures, expression, {variable: name for name, variable in variables.items()})


def _parsed(text: str, rewritten: str, names: Collection[str]) -> ast.Expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Python warns of `3or x`, on the terminal of whoever loads the file
            found = ast.parse(rewritten.strip(), mode="exec").body
    except (SyntaxError, ValueError, MemoryError, RecursionError, Warning) as error:
        raise ConstraintError("a constraint is an expression", repr(text), _EXAMPLE) from error
    if len(found) != 1 or not isinstance(found[0], ast.Expr):
        raise ConstraintError("a constraint is one expression", repr(text), _EXAMPLE)
    for node in ast.walk(found[0]):
        if not isinstance(node, _ALLOWED) or not _is_known(node, names):
            rule = "a constraint has comparisons, and, or, not, in, + - * / // %, numbers, quoted texts and names"
            raise ConstraintError(rule, repr(text), _EXAMPLE)
    top = found[0].value
    if not isinstance(top, ast.Compare | ast.BoolOp) and not (
        isinstance(top, ast.UnaryOp) and isinstance(top.op, ast.Not)
    ):
        raise ConstraintError("a constraint is true or false", repr(text), _EXAMPLE)
    return found[0]


def _is_known(node: ast.AST, names: Collection[str]) -> bool:
    """Whether it is no name or constant, or one of the language: Python knows names of other alphabets, `...`, 2j."""
    match node:
        case ast.Name():
            return node.id in names
        case ast.Constant():
            return node.value is None or (isinstance(node.value, bool | int | float | str) and node.value != math.inf)
    return True


def values_by_name(tree: Tree, params: Mapping[str, ScalarValue]) -> dict[str, ScalarValue]:
    """A config's values, as constraints call them: parameters by their names, constants by path.

    A constant's section may be left out where no other section has such a path.
    """
    paths = dict(_leaves(tree, ()))
    short = Counter(path[1:] for path in paths)
    return {
        **{".".join(path[1:]): value for path, value in paths.items() if short[path[1:]] == 1 and len(path) > 1},
        **{".".join(path): value for path, value in paths.items()},
        **params,
    }


def known_names(space: SearchSpace) -> set[str]:
    """The names that constraints may use: every one that `values_by_name` gives, for any config of the space."""
    paths = {path for path in _paths(space.template, ())}
    short = Counter(path[1:] for path in paths)
    return {
        *(".".join(path[1:]) for path in paths if short[path[1:]] == 1 and len(path) > 1),
        *(".".join(path) for path in paths),
        *(parameter.name for parameter in space.parameters()),
    }


def _paths(template: Template, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    match template:
        case Choice():
            for alternative in template.alternatives:
                yield from _paths(alternative.content, path)
        case Repeat():
            yield from _paths(template.items, path)
        case Mapping():
            for key, item in template.items():
                yield from _paths(item, (*path, key))
        case tuple():
            for index, item in enumerate(template):
                yield from _paths(item, (*path, str(index)))
        case _:
            yield path


def _leaves(value: Value, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], ScalarValue]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, str(index)))
    else:
        yield path, value


class _InactiveError(Exception):
    """The config does not have that parameter."""


class _Known(dict[str, Any]):
    def __missing__(self, name: str) -> Any:  # noqa: ANN401 - never returns
        raise _InactiveError(name)


def _of_numbers(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator, for numbers only: Python would multiply texts and lists, and fill gigabytes."""

    def computed(left: object, right: object) -> object:
        if isinstance(left, int | float) and isinstance(right, int | float):
            return compute(left, right)
        raise TypeError(f"arithmetic is for numbers, and this is {shown(left)} and {shown(right)}")

    return computed


_OPERATORS = {
    **DEFAULT_OPERATORS,
    **{ast.Add: _of_numbers(operator.add), ast.Sub: _of_numbers(operator.sub), ast.Mult: _of_numbers(operator.mul)},
    **{ast.Div: _of_numbers(operator.truediv), ast.FloorDiv: _of_numbers(operator.floordiv)},
    **{ast.Mod: _of_numbers(operator.mod)},
}


def _difference(left: float, right: float, *, is_upper: bool, holds: bool) -> float:
    scale = max(abs(left), abs(right)) or 1.0
    difference = ((left - right) if is_upper else (right - left)) / scale
    if not math.isfinite(difference):
        return 0.0 if holds else 1.0
    return min(difference, 0.0) if holds else max(difference, 1e-9)
