"""Where hyperparameters of another tool stand in a space file, and which of them have no counterpart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hpo.foreign.conversion.foreign import Hyperparameter, ParentCondition
from hpo.foreign.conversion.writing import Entry, Group, shown
from hpo.spaces.text.source import KeyPath

FAMILY_PATH: KeyPath = ("model", "family")
"""Where the model family is named, which says what options `model` has."""
DATA_SET: KeyPath = ("data", "dataset")
"""Where the name of the data set stands, which is no option but says which there are."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A hyperparameter without a counterpart, and why."""

    hyperparameter: Hyperparameter
    reason: str


@dataclass(frozen=True, slots=True)
class Placed:
    """What stands at `path` of a config for some hyperparameters: mostly for one.

    `alternative` names that one of a choice, such as `optimizer`, below which it stands.
    """

    hyperparameters: tuple[Hyperparameter, ...]
    path: KeyPath
    entry: Entry | Group
    alternative: str | None = None


def origin(names: Iterable[str], key: str) -> tuple[str, ...]:
    """What says where an entry comes from, unless it has the same name there."""
    found = [shown(name, 60) for name in names]
    if found == [key]:
        return ()
    return (f"from {found[0]}" + (f" to {found[-1]}" if len(found) > 1 else ""),)


def condition_notes(tool: str, conditions: Iterable[ParentCondition]) -> tuple[str, ...]:
    """What says that conditions are dropped."""
    return tuple(
        f"in {tool} only where {shown(each.parent, 60)} is {_listed(each)}; here always" for each in conditions
    )


def _listed(condition: ParentCondition) -> str:
    return shown(" or ".join(shown(value, 40) for value in condition.values[:5]), 80)
