"""Which configs count: comparisons over a config's values and its network's cost, evaluated by simpleeval."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from simpleeval import DEFAULT_OPERATORS, EvalWithCompoundTypes, InvalidExpression

from hpo.errors import RuleError
from hpo.spaces.constraints.grammar import MAX_LENGTH, Clause, Grammar, Joined, condition
from hpo.spaces.constraints.names import KnownNames
from hpo.spaces.space.parameters import Choice, Float, Int, Parameter, Value, category_of
from hpo.spaces.text.source import ScalarValue, format_value

MEASURES = ("parameters", "flops", "memory")
"""What is known of a network once it is built: see `hpo.spaces.Objective` for what they are."""
_INCOMPUTABLE = (ArithmeticError, TypeError, InvalidExpression, RecursionError)
_ORDER: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    **{ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}
}


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition that a config has to meet before it is trained.

    Attributes:
        text: as the file has it, on one line.
        measures: what it asks of the network's cost; without any, a config's values decide it alone.
    """

    text: str
    measures: frozenset[str]
    _condition: Clause = field(repr=False, compare=False)
    _names: Mapping[str, str] = field(repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """What it speaks of, as `values_by_name` calls it."""
        return tuple(self._names.values())

    def excess(self, values: Mapping[str, ScalarValue]) -> float:
        """By how much a config breaks it: above 0 where it does, 0 or below where it holds.

        A comparison of two numbers gives their difference, relative to the larger one, so that constraints on different
        scales can be added up; any other gives 0 or 1. An `and` gives the largest of its operands, an `or` the
        smallest. A comparison holds where it speaks of what `values` do not have, below `not` too; so a config that
        is known in part breaks a constraint only if no values of the rest could mend it. It is broken where it
        cannot be computed; as in Python, what stands behind an operand that decides is not.

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
            RuleError: it compares a number with a text, or divides by zero.
        """
        try:
            self._excess(values)
        except _INCOMPUTABLE as error:
            used = {name: values[name] for name in self.names if name in values}
            given = ", ".join(f"{name} = {format_value(value)}" for name, value in used.items())
            rule = "a constraint compares numbers with numbers and texts with texts"
            raise RuleError(rule, f"{self.text!r} where {given}", f"it says: {error}") from error

    def _excess(self, values: Mapping[str, ScalarValue]) -> float:
        given = {variable: values[name] for variable, name in self._names.items() if name in values}
        evaluator = EvalWithCompoundTypes(operators=_OPERATORS)
        evaluator.functions.clear()
        evaluator.names = given  # simpleeval 1.0.3 takes an empty mapping for none

        def value(node: ast.expr) -> Any:  # noqa: ANN401 - any value of the language
            return evaluator.eval(self.text, node)

        def excess(part: Clause) -> float:
            if isinstance(part, Joined):
                return _join(map(excess, part.parts), is_all=part.is_all)
            if not part.variables <= given.keys():
                return 0.0
            node = part.node
            if isinstance(node, ast.Compare) and type(node.ops[0]) in _ORDER:
                left, right = value(node.left), value(node.comparators[0])
                if isinstance(left, int | float) and isinstance(right, int | float):
                    return _difference(left, right, type(node.ops[0]))
            return 0.0 if value(node) else 1.0

        return excess(self._condition)


class ConstraintReader:
    """Reads constraints over the names of one file.

    Args:
        names: those that they may use beside `MEASURES`.
    """

    def __init__(self, names: KnownNames) -> None:
        self._names = names
        self._grammar = Grammar(names, MEASURES)

    def read(self, text: str) -> Constraint:
        """Read one.

        Args:
            text: an expression of comparisons, `and`, `or`, `not`, arithmetic and texts in quotes, over names. It may
                run over several lines.

        Raises:
            RuleError: it is none, names what is not known, or holds a name to what it never is.
        """
        if len(text) > MAX_LENGTH:
            raise RuleError(f"a constraint has at most {MAX_LENGTH} characters", f"{len(text)}")
        text = re.sub(r"\s*\n\s*", " ", text).strip()
        expression, names = self._grammar.parse(text)
        for variable, constant in _comparisons(expression):
            _check_constant(names[variable], self._names.get(names[variable]), constant)
        measures = frozenset(name for name in names.values() if name in MEASURES and name not in self._names)
        return Constraint(
            text, measures, condition(expression), {key: self._own_name(name) for key, name in names.items()}
        )

    def _own_name(self, name: str) -> str:
        """The name that values have: parameters may be called by their whole path too."""
        meant = self._names.get(name)
        return meant.name if isinstance(meant, Parameter) else name


def _comparisons(expression: ast.expr) -> Iterator[tuple[str, Any]]:
    """Each variable that is held to be the same as a constant, or not, with the constant."""
    for node in ast.walk(expression):
        if not isinstance(node, ast.Compare):
            continue
        for left, op, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            pairs: list[tuple[ast.expr, ast.expr]] = []
            if isinstance(op, ast.Eq | ast.NotEq):
                pairs = [(left, right), (right, left)]
            elif isinstance(op, ast.In | ast.NotIn) and isinstance(right, ast.List | ast.Tuple):
                pairs = [(left, item) for item in right.elts]
            for name, constant in pairs:
                if isinstance(name, ast.Name):
                    with suppress(ValueError):  # it is computed
                        yield name.id, ast.literal_eval(constant)


def _check_constant(name: str, meant: Parameter | Sequence[ScalarValue] | None, constant: Any) -> None:  # noqa: ANN401
    """Hold that what a name is compared with is something that it can be; nobody would see that it never is.

    What is constant is left alone: it may have been a parameter before `base` or `--set` made it one.
    """
    constant = list(constant) if isinstance(constant, tuple) else constant
    if meant is None or isinstance(meant, Int | Float):
        if not isinstance(constant, int | float):
            remedy = "write it without quotes" if _is_number(constant) else None
            raise RuleError(f"{name} is a number", _format_constant(constant), remedy)
        return
    values = meant.categories if isinstance(meant, Choice) else tuple(dict.fromkeys(meant))
    if len(values) > 1 and constant not in values:
        spellings = {_bare(value): _format_constant(value) for value in values}
        bare = _bare(category_of(constant))
        close = [bare] if bare in spellings else get_close_matches(bare, spellings, n=1, cutoff=0.5)
        remedy = f"write {spellings[close[0]]}" if close else None
        raise RuleError(f"{name} is one of {', '.join(spellings.values())}", _format_constant(constant), remedy)


def _format_constant(value: Value) -> str:
    """A value as constraints have it."""
    return "none" if value is None else format_value(value)


def _bare(value: ScalarValue) -> str:
    return value if isinstance(value, str) else _format_constant(value)


def _is_number(literal: object) -> bool:
    try:
        return isinstance(literal, str) and math.isfinite(float(literal))
    except ValueError:
        return False


def _join(excesses: Iterator[float], *, is_all: bool) -> float:
    """The largest of all, or the smallest of some; what follows one that decides need not be computable."""
    seen: list[float] = []
    for excess in excesses:
        seen.append(excess)
        if (excess > 0) is is_all:
            with suppress(*_INCOMPUTABLE):
                seen += excesses
            break
    return max(seen) if is_all else min(seen)


def _restrict_to_numbers(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator, for numbers only: Python would multiply texts and lists, and fill gigabytes."""

    def compute_numbers(left: object, right: object) -> object:
        if isinstance(left, int | float) and isinstance(right, int | float):
            return compute(left, right)
        raise TypeError(f"arithmetic is for numbers, and this is {format_value(left)} and {format_value(right)}")

    return compute_numbers


_ARITHMETIC = {
    **{ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul},
    **{ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod},
}
_OPERATORS = DEFAULT_OPERATORS | {node: _restrict_to_numbers(compute) for node, compute in _ARITHMETIC.items()}


def _difference(left: float, right: float, order: type[ast.cmpop]) -> float:
    holds = _ORDER[order](left, right)
    scale = max(abs(left), abs(right)) or 1.0
    difference = ((left - right) if order in (ast.Lt, ast.LtE) else (right - left)) / scale
    if not math.isfinite(difference):
        return 0.0 if holds else 1.0
    return min(difference, 0.0) if holds else max(difference, 1e-9)
