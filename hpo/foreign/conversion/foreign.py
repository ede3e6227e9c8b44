"""What another tool's file says, in words that both tools share: its hyperparameters and how they were searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    whole: bool
    step: float | None = None
    log: bool = False


@dataclass(frozen=True, slots=True)
class ValueList:
    """One of these; a single one is a constant."""

    items: tuple[Value, ...]


Domain: TypeAlias = NumberRange | ValueList


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
class Setting:
    """What a space file says outside of its parameters; `path` leads there from the top of the file."""

    path: KeyPath
    value: Value
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignSearch:
    """Another tool's file, read.

    Attributes:
        tool: whose it is.
        kind: what it is, after "a".
        hyperparameters: in the order of the file.
        settings: how it searched, in the words of a space file.
        remarks: what else it says, by key.
    """

    tool: str
    kind: str
    hyperparameters: tuple[Hyperparameter, ...]
    settings: tuple[Setting, ...]
    remarks: Mapping[str, Value]
