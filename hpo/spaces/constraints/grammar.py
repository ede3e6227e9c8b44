"""The grammar of constraints: a text to an expression of comparisons, and which texts are none."""

from __future__ import annotations

import ast
import keyword
import math
import re
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hpo.errors import RuleError
from hpo.vocabulary import suggest

MAX_LENGTH = 300
_WORDS: Mapping[str, str] = {"true": "True", "false": "False", "none": "None"}
_PYTHON_WORDS = ("and", "or", "not", "in", "True", "False", "None")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
_TOKEN = rf"'[^']*'|\"[^\"]*\"|\d[\w.]*|{_NAME.pattern}"
_ALLOWED: tuple[type[ast.AST], ...] = (
    *(ast.Expr, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple),
    *(ast.And, ast.Or, ast.Not, ast.USub, ast.UAdd, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn),
)
_OPPOSITE: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    **{ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In},
}
_GRAMMAR = "a constraint has comparisons, and, or, not, in, + - * / // %, numbers, quoted texts and names"
_EXAMPLE = "write a comparison, such as parameters <= 20e6"


class Grammar:
    """What can be said of some names.

    Args:
        names: those of the file; any text can be one, since alternatives are called as the file likes.
        measures: names that every file has.
    """

    def __init__(self, names: Collection[str], measures: Collection[str]) -> None:
        self._names = names
        self._measures = measures
        unusual = sorted((name for name in names if not _NAME.fullmatch(name)), key=len, reverse=True)
        # Names that Python would take apart come first, and the longest before what it begins with.
        self._tokens = re.compile("|".join([*(rf"{re.escape(name)}(?![\w.])" for name in unusual), _TOKEN]))

    def parse(self, text: str) -> tuple[ast.expr, dict[str, str]]:
        """The expression, in which variables stand for names, and the names by variable.

        Raises:
            RuleError: it is none, or names what is not known.
        """
        variables: dict[str, str] = {}

        def rewrite(match: re.Match[str]) -> str:
            token = match[0]
            if token in _PYTHON_WORDS or token in _WORDS:
                return _WORDS.get(token, token)
            if token in self._names or token in self._measures:
                return variables.setdefault(token, f"v{len(variables)}")
            if token[0].isalpha() or token[0] == "_":
                raise self._unknown_name(token, is_called=text[match.end() :].lstrip().startswith("("))
            return token

        expression = _expression(text, self._tokens.sub(rewrite, text), variables.values())
        return expression, {variable: name for name, variable in variables.items()}

    def _unknown_name(self, token: str, *, is_called: bool) -> RuleError:
        if keyword.iskeyword(token):
            return RuleError(_GRAMMAR, repr(token), _EXAMPLE)
        if is_called:
            return RuleError(f"{_GRAMMAR}; no functions", repr(token), _EXAMPLE)
        rule = f"a constraint is about the file's own names, and {', '.join(self._measures)}"
        close = suggest(token, [*self._names, *self._measures])
        remedy = close or "name a parameter, a key of the file, or one of these; a text stands in quotes"
        return RuleError(rule, repr(token), remedy)


@dataclass(frozen=True, slots=True)
class Single:
    """A single comparison, or what is true or false itself, with the variables in it."""

    node: ast.expr
    variables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions of which all have to hold, or any."""

    parts: tuple[Clause, ...]
    is_all: bool


Clause: TypeAlias = Single | Joined


def condition(node: ast.expr, *, is_negated: bool = False) -> Clause:
    """The same as `and` and `or` of single comparisons; `not` is taken inwards, and a chain is an `and`.

    So what is to be said of a comparison can be said of each alone, wherever it stands.
    """
    match node:
        case ast.BoolOp(joint, values):
            parts = tuple(condition(value, is_negated=is_negated) for value in values)
            return Joined(parts, isinstance(joint, ast.And) is not is_negated)
        case ast.UnaryOp(ast.Not(), operand):
            return condition(operand, is_negated=not is_negated)
        case ast.Compare(left):
            pairs: list[Clause] = []
            for op, right in zip(node.ops, node.comparators, strict=True):
                pairs.append(_single(ast.Compare(left, [_OPPOSITE[type(op)]() if is_negated else op], [right])))
                left = right
            return pairs[0] if len(pairs) == 1 else Joined(tuple(pairs), not is_negated)
    return _single(ast.UnaryOp(ast.Not(), node) if is_negated else node)


def _single(node: ast.expr) -> Single:
    return Single(node, frozenset(name.id for name in ast.walk(node) if isinstance(name, ast.Name)))


def _expression(text: str, rewritten: str, names: Collection[str]) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Python warns of `3or x`, on the terminal of whoever loads the file
            statements = ast.parse(rewritten.strip(), mode="exec").body
    except (SyntaxError, ValueError, MemoryError, RecursionError, Warning) as error:
        raise RuleError("a constraint is an expression", repr(text), _EXAMPLE) from error
    if len(statements) != 1 or not isinstance(statements[0], ast.Expr):
        raise RuleError("a constraint is one expression", repr(text), _EXAMPLE)
    for node in ast.walk(statements[0]):
        if not isinstance(node, _ALLOWED) or not _is_known(node, names):
            raise RuleError(_GRAMMAR, repr(text), _EXAMPLE)
    top = statements[0].value
    if not isinstance(top, ast.Compare | ast.BoolOp) and not (
        isinstance(top, ast.UnaryOp) and isinstance(top.op, ast.Not)
    ):
        raise RuleError("a constraint is true or false", repr(text), _EXAMPLE)
    return top


def _is_known(node: ast.AST, names: Collection[str]) -> bool:
    """Whether it is no name or constant, or one of the language: Python knows names of other alphabets, `...`, 2j."""
    match node:
        case ast.Name():
            return node.id in names
        case ast.Constant():
            return node.value is None or (isinstance(node.value, bool | int | float | str) and node.value != math.inf)
    return True
