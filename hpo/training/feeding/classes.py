"""What a recipe says of classes, held against those that a data set has."""

from __future__ import annotations

from collections.abc import Sequence

from hpo.errors import Fault
from hpo.spaces import Recipe
from hpo.vocabulary import suggest

_NAMED = 10
"""How many classes a message names."""


def check_classes(recipe: Recipe, classes: Sequence[str]) -> None:
    """Hold that what a recipe says of classes can be said of these.

    Args:
        recipe: may weight classes by their names, and count the most likely ones.
        classes: the names of all classes of the data set.

    Raises:
        ValueError: it weights a class that does not exist, or all classes are among the `top_k` most likely.
    """
    if "top_k_accuracy" in recipe.metrics and recipe.top_k >= len(classes):
        rule = "for top_k_accuracy it is below the number of classes"
        received, remedy = f"{recipe.top_k} for {len(classes)} classes", "lower it, or leave the metric out"
        raise ValueError(Fault(rule, received, remedy, subject="training.top_k"))
    for name in recipe.class_weights if isinstance(recipe.class_weights, dict) else ():
        if name not in classes:
            rule = "classes are weighted by their names"
            there = f"the classes are {', '.join(classes[:_NAMED])}{' and others' if len(classes) > _NAMED else ''}"
            remedy = suggest(name, list(classes)) or there
            raise ValueError(Fault(rule, repr(name), remedy, subject="training.class_weights"))
