"""Names of layers that are the same in every process, also where Keras' applications leave them to a counter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

_NUMBER = re.compile(r"(?:_(\d+))?$")


def strip_number(name: str) -> str:
    """Strip the number that Keras adds to make a name unique: `conv2d` of `conv2d_12`."""
    return _NUMBER.sub("", name, count=1)


def renumber(names: Iterable[str]) -> dict[str, str]:
    """Number names of Keras' as if its counter had begun at them: `conv2d`, `conv2d_1`, ..."""
    of_stem: dict[str, list[tuple[int, str]]] = {}
    for name in dict.fromkeys(names):
        of_stem.setdefault(strip_number(name), []).append((int(name[len(strip_number(name)) + 1 :] or 0), name))
    return {
        name: f"{common}_{position}" if position else common
        for common, numbered in of_stem.items()
        for position, (_, name) in enumerate(sorted(numbered))
    }


def name_layers(model: keras.Model) -> keras.Model:
    """Rename the layers that are called after their class and a counter of the process, which is changed in place."""
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            layer.name = "images"
    unnamed = [layer for layer in model.layers if strip_number(layer.name) == _snake_case(type(layer).__name__)]
    new = renumber(layer.name for layer in unnamed)
    for layer in unnamed:
        layer.name = new[layer.name]
    return model


def _snake_case(name: str) -> str:
    """Write a name as Keras makes names of classes: `re_lu`, `conv2d`, `batch_normalization`."""
    name = re.sub(r"\W+", "", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()
