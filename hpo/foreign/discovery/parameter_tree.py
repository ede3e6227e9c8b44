"""KerasTuner's hyperparameters as a tree of parameters: what a condition opens stands below its alternative."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from hpo.foreign.search import Domain, Hyperparameter, NumberRange, ParentCondition
from hpo.models.foreign import name_alternative
from hpo.spaces import Tree, Value

Chosen = dict[str, str]
"""The alternatives, by the names of their hyperparameters, below which something stands."""


def parameter_tree(hyperparameters: Iterable[Hyperparameter]) -> Tree:
    """What a file would say below `model` for these hyperparameters.

    One whose condition is on a choice stands below each alternative that opens it; the same name in two alternatives
    is two parameters. A condition on a number is left to the model, which takes no notice of the value elsewhere: a
    number that were a choice would lose its order. So is a condition on a choice that is not among its own.
    """
    hyperparameters = list(hyperparameters)
    choices = {choice.name for choice in hyperparameters if not isinstance(choice.domain, NumberRange)}
    openers = choices & {condition.parent for child in hyperparameters for condition in child.conditions}
    root: Tree = {}
    for hyperparameter in hyperparameters:
        name = hyperparameter.name
        conditions = [condition for condition in hyperparameter.conditions if condition.parent in openers]
        for holder in list(_holders(root, conditions)):
            holder.setdefault(name, _plain(hyperparameter.domain, opens=name in openers))
    return _without_empty(root, openers)


def _holders(root: Tree, conditions: list[ParentCondition]) -> Iterator[Tree]:
    """Where a hyperparameter with these conditions stands."""
    if not conditions:
        yield root
        return
    last = conditions[-1]
    for holder, chosen in _occurrences(root, last.parent, {}):
        if all(chosen[condition.parent] in _names(condition) for condition in conditions if condition.parent in chosen):
            alternatives: Any = holder[last.parent]
            if isinstance(alternatives, dict):
                yield from (alternatives["choice"][name] for name in alternatives["choice"] if name in _names(last))
            elif name_alternative(alternatives) in _names(last):
                yield holder


def _occurrences(tree: Tree, name: str, chosen: Chosen) -> Iterator[tuple[Tree, Chosen]]:
    """Every mapping in which a hyperparameter stands, and what has to be chosen for it."""
    if name in tree:
        yield tree, chosen
    for key, value in tree.items():
        if isinstance(value, dict) and isinstance(alternatives := value.get("choice"), dict):
            for alternative, below in alternatives.items():
                if isinstance(below, dict):
                    yield from _occurrences(below, name, {**chosen, key: alternative})


def _names(condition: ParentCondition) -> set[str]:
    return {name_alternative(value) for value in condition.values}


def _plain(domain: Domain, *, opens: bool) -> Value:
    """A constant or a parameter; one that opens others has its alternatives by name."""
    if isinstance(domain, NumberRange):
        return domain.to_value()
    items = [value for index, value in enumerate(domain.items) if value not in domain.items[:index]]
    if len(items) == 1:
        return items[0]
    return {"choice": {name_alternative(value): {} for value in items} if opens else items}


def _without_empty(tree: Mapping[str, Value], openers: Collection[str]) -> Tree:
    """The tree with nothing after alternatives that open nothing."""
    pruned: Tree = dict(tree)
    for key, value in tree.items():
        alternatives = value.get("choice") if key in openers and isinstance(value, dict) else None
        if isinstance(alternatives, dict):
            below: dict[str, Value] = {
                name: _without_empty(opened, openers) or None
                for name, opened in alternatives.items()
                if isinstance(opened, dict)
            }
            pruned[key] = {"choice": below}
    return pruned
