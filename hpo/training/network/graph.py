"""A Keras model as the list of what it computes: nested models flattened, shapes known."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from hpo.training.network.symbolic import without_weights

if TYPE_CHECKING:
    from keras import KerasTensor


@dataclass(frozen=True, slots=True)
class Call:
    """One operation (a layer, or one of `keras.ops`) and the tensors that go in and come out.

    What one call gives and another takes is the same object, also where a nested model lies between them.

    Attributes:
        arguments: Keras' record of how the operation was called, in which nested models have inputs of their own.
    """

    operation: keras.Operation
    inputs: Sequence[KerasTensor]
    outputs: Sequence[KerasTensor]
    arguments: Any

    def repeat(self, values: dict[int, KerasTensor]) -> None:
        """Call the operation once more, on the tensors that `values` has by the identity of the earlier ones.

        What comes out is added to them.
        """
        inner = zip(self.arguments.keras_tensors, self.inputs, strict=True)
        args, kwargs = self.arguments.fill_in({id(tensor): values[id(outer)] for tensor, outer in inner})
        outputs = keras.tree.flatten(self.operation(*args, **kwargs))
        values.update(zip(map(id, self.outputs), outputs, strict=True))


def calls_of(model: keras.Model) -> list[Call]:
    """All that a functional or sequential model computes, in an order in which it can be computed.

    A layer that is called twice is there twice. Layers inside other layers, and in models that are neither functional
    nor sequential, are not seen: the outer one is there.
    """
    return _flatten(model, model.inputs)[0]


def numbers_in(tensors: Sequence[KerasTensor]) -> int:
    """How many numbers tensors hold for one image. An unknown dimension counts as 1."""
    return sum(math.prod(size or 1 for size in tensor.shape[1:]) for tensor in tensors)


def bytes_in(tensors: Sequence[KerasTensor]) -> int:
    """How many bytes tensors take for one image."""
    return sum(numbers_in([tensor]) * item_bytes(tensor.dtype) for tensor in tensors)


def item_bytes(dtype: str) -> int:
    """Bytes of one number of a Keras dtype; NumPy does not know all of them."""
    bits = re.search(r"\d+", dtype)
    return int(bits[0]) // 8 if bits else 1


def _flatten(model: keras.Model, inputs: Sequence[KerasTensor]) -> tuple[list[Call], list[KerasTensor]]:
    """The calls of a model that is given `inputs`, and what comes out."""
    outer = dict(zip(map(id, model.inputs), inputs, strict=True))  # a tensor of the model to the one in its place
    calls: list[Call] = []
    for _, nodes in sorted(_graph(model).items(), reverse=True):
        for node in nodes:
            if node.is_input:
                continue
            tensors = [outer.get(id(tensor), tensor) for tensor in node.input_tensors]
            nested = _fit_shapes(node.operation, tensors) if _graph(node.operation) else None
            if nested is None:
                calls.append(Call(node.operation, tensors, node.outputs, node.arguments))
            else:
                inner, outputs = _flatten(nested, tensors)
                calls += inner
                outer.update(zip(map(id, node.outputs), outputs, strict=True))
    return calls, [outer.get(id(tensor), tensor) for tensor in model.outputs]


def _graph(operation: keras.Operation) -> dict[int, list[Any]]:
    """A model's calls by their distance from its output; empty for anything else.

    Keras (3.15) has no public name for it, and its own `clone_model(call_function=...)`, which would do, computes all
    shapes anew: a hundred times as slow.
    """
    functional = getattr(operation, "_functional", operation)  # what a Sequential wraps
    graph: dict[int, list[Any]] = getattr(functional, "_nodes_by_depth", {})
    return graph


def _fit_shapes(model: keras.Model, inputs: Sequence[KerasTensor]) -> keras.Model | None:
    """A nested model whose shapes are those of its inputs: it may have been made for images of any size.

    None where it cannot be made for them, as where a layer of the user's own has no `get_config`: it is then one
    operation, counted by its weights.
    """
    shapes = [tuple(tensor.shape[1:]) for tensor in inputs]
    if shapes == [tuple(tensor.shape[1:]) for tensor in model.inputs]:
        return model
    images = [keras.Input(shape, dtype=tensor.dtype) for shape, tensor in zip(shapes, inputs, strict=True)]
    structure = keras.tree.pack_sequence_as(model.input, images)
    try:
        return without_weights(lambda: keras.models.clone_model(model, input_tensors=structure))
    except Exception:  # whatever a layer of the user's raises, its cost is no reason not to train it
        return None
