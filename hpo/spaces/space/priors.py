"""The prior of a parameter, as its node in the file has it."""

from __future__ import annotations

import re
from dataclasses import replace

from hpo.errors import RuleError
from hpo.spaces.space.parameters import Choice, Int, Parameter, category_of
from hpo.spaces.text.source import Table, describe, is_nothing, plain_value
from hpo.vocabulary import suggest

ROUNDING = 1e-6
"""How far a number may lie from a step, as a share of it: binary numbers are rounded."""
_SHOWN = 8
_NUMBER = re.compile(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?")


def add_prior(parameter: Parameter, node: Table) -> Parameter:
    """Give a parameter the guess that its node has.

    Raises:
        RuleError: the parameter cannot have that value.
    """
    written = node.entries.get("prior")
    if written is None or is_nothing(written):
        return parameter
    value = category_of(plain_value(written))
    quoted = f"write {value} without quotes" if isinstance(value, str) else None
    if isinstance(parameter, Choice):
        if parameter.has(value):
            return replace(parameter, prior=parameter.alternative(value).category)
        words = [str(category) for category in parameter.categories]
        remedy = suggest(str(value), words) or f"write one of {', '.join(words[:_SHOWN])}"
        remedy = quoted if quoted and value in words else remedy
        raise RuleError("prior is an alternative of the choice, a guess of a good one", describe(written), remedy)
    guess = parameter.take(value) if isinstance(parameter, Int) else parameter.take(value, ROUNDING)
    if guess is None:
        in_steps = "" if parameter.step in (None, 1) else f" in steps of {parameter.step}"
        rule = f"prior is a value in [{parameter.low}, {parameter.high}]{in_steps}, a guess of a good one"
        remedy = "change prior, or the range"
        if quoted and _NUMBER.fullmatch(str(value)):
            remedy = quoted
        elif isinstance(value, str) and "log" in value and not parameter.log:
            remedy = "write log: true for a logarithmic scale"
        raise RuleError(rule, describe(written), remedy)
    return replace(parameter, prior=guess)  # type: ignore[arg-type]
