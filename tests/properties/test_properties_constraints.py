"""Constraints of any shape: what holds does not hang on the order of operands, nor on what is not there."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from hpo.spaces.constraints.constraints import Constraint, ConstraintReader

PRESENT = ("a", "b", "c.d")
ABSENT = ("e", "f-g.h")
NUMBERS = st.integers(-3, 3)
VALUES = st.fixed_dictionaries({name: NUMBERS for name in PRESENT})
Expression = tuple[str, ...]


def comparisons(names: tuple[str, ...]) -> st.SearchStrategy[Expression]:
    operators = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    return st.tuples(st.just("compare"), st.sampled_from(names), operators, NUMBERS.map(str))


def expressions(names: tuple[str, ...]) -> st.SearchStrategy[Expression]:
    return st.recursive(
        comparisons(names),
        lambda inner: st.one_of(
            st.tuples(st.just("not"), inner), st.tuples(st.sampled_from(["and", "or"]), inner, inner)
        ),
        max_leaves=6,
    )


def text(expression: Expression) -> str:
    match expression:
        case ("not", inner):
            return f"not ({text(inner)})"
        case ("and" | "or" as joint, left, right):
            return f"({text(left)}) {joint} ({text(right)})"
    return " ".join(expression[1:])


def swapped(expression: Expression) -> Expression:
    match expression:
        case ("not", inner):
            return ("not", swapped(inner))
        case ("and" | "or" as joint, left, right):
            return (joint, swapped(right), swapped(left))
    return expression


def truth(expression: Expression, values: dict[str, int], *, is_negated: bool = False) -> bool:
    """What the language says: `not` is taken inwards, and what speaks of the absent holds."""
    match expression:
        case ("not", inner):
            return truth(inner, values, is_negated=not is_negated)
        case ("and" | "or" as joint, left, right):
            found = [truth(each, values, is_negated=is_negated) for each in (left, right)]
            return all(found) if (joint == "and") is not is_negated else any(found)
    _, name, operator, number = expression
    if name not in values:
        return True
    one, other = values[name], int(number)
    order = {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}
    return (order | {"==": one == other, "!=": one != other})[operator] is not is_negated


def read(expression: Expression) -> Constraint | None:
    reader = ConstraintReader(dict.fromkeys((*PRESENT, *ABSENT), ()))
    return reader.read(text(expression)) if len(text(expression)) <= 300 else None


@given(expressions((*PRESENT, *ABSENT)), VALUES)
def test_the_order_of_operands_is_no_matter(expression, values):
    one, other = read(expression), read(swapped(expression))
    if one is not None and other is not None:
        assert one.excess(values) == other.excess(values)


@given(expressions((*PRESENT, *ABSENT)), VALUES)
def test_a_constraint_holds_where_the_language_says_so(expression, values):
    constraint = read(expression)
    if constraint is not None:
        excess = constraint.excess(values)
        assert math.isfinite(excess)
        assert (excess <= 0) == truth(expression, values)


@given(expressions(PRESENT), VALUES)
def test_a_constraint_over_what_is_there_is_what_python_says(expression, values):
    constraint = read(expression)
    if constraint is not None:
        assert (constraint.excess(values) <= 0) == truth(expression, values)
        assert constraint.excess(values) <= 0 or constraint.excess({}) <= 0


@given(expressions((*PRESENT, *ABSENT)), VALUES, st.sets(st.sampled_from(PRESENT)))
def test_what_a_part_of_a_config_breaks_the_whole_breaks(expression, values, known):
    constraint = read(expression)
    if constraint is not None and constraint.excess({name: values[name] for name in known}) > 0:
        assert constraint.excess(values) > 0
