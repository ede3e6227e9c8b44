"""What another tool's file says, in words that all tools share: its hyperparameters and how they were searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from hpo.spaces import Value
from hpo.spaces.text.source import KeyPath

LARGEST = 2**63 - 1
"""A whole number in a space file fits in 64 bits."""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Numbers from `low` to `high`, both included; with a `step`, only its multiples from `low`.

    `whole` says that all of them are whole numbers. On a `log` scale `low` is above 0, and there is no step.
    """

    low: float
    high: float
    whole: bool = False
    step: float | None = None
    log: bool = False

    def number(self, number: float) -> int | float:
        """A number of the range, by the type that the range has."""
        return int(number) if self.whole else float(number)

    def to_value(self) -> Value:
        """The parameter that the range is in a space file; a constant where it has room for one value."""
        low, high = self.number(self.low), self.number(self.high)
        if low == high or (self.step is not None and decimal(self.low) + decimal(self.step) > decimal(self.high)):
            return low
        parameter: dict[str, Value] = {"int" if self.whole else "float": [low, high]}
        if self.log:
            parameter["log"] = True
        elif self.step is not None and not (self.whole and self.step == 1):
            parameter["step"] = self.number(self.step)
        return parameter


@dataclass(frozen=True, slots=True)
class ValueList:
    """One of these; a single one is a constant."""

    items: tuple[Value, ...]


Domain: TypeAlias = NumberRange | ValueList
NotedDomain: TypeAlias = tuple[Domain, tuple[str, ...]]
"""A domain, and what it does not say of the hyperparameter."""


@dataclass(frozen=True, slots=True)
class ParentCondition:
    """A hyperparameter exists only where its parent has one of these values."""

    parent: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """A hyperparameter of another tool.

    Attributes:
        name: as its file has it; a nested one has dots.
        domain: the values that it may take, as far as both tools have such a domain.
        source: the plain value of its file, to be shown.
        notes: what the domain does not say of it.
        conditions: all of them hold where it exists.
    """

    name: str
    domain: Domain
    source: Value
    notes: tuple[str, ...] = ()
    conditions: tuple[ParentCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A plain value behind a key of a space file, and comments on it."""

    value: Value
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignSearch:
    """Another tool's file, read.

    Attributes:
        tool: whose it is.
        kind: what it is, after "a".
        hyperparameters: in the order of the file.
        settings: how it searched: entries of a space file by their paths.
        remarks: what else it says, by key.
    """

    tool: str
    kind: str
    hyperparameters: tuple[Hyperparameter, ...]
    settings: Mapping[KeyPath, Entry]
    remarks: Mapping[str, Value]


def decimal(number: float) -> Decimal:
    """A number as it is written, so that steps of 0.1 add up."""
    return Decimal(repr(number))
