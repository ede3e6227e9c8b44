"""A model cut in two: a part that computes the same in every epoch, and a head that is trained on what it gives."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import keras
from keras import KerasTensor, layers

from hpo.data import is_augmentation
from hpo.models.foreign import own_compilation
from hpo.training.network.cost import flops_of
from hpo.training.network.graph import Call, bytes_in, calls_of

_NEVER_FIXED = (layers.Embedding, layers.Lambda, layers.Masking, layers.TFSMLayer, layers.Wrapper)
"""Layers that pass on more than what they give, or whose code is another's."""


@dataclass(frozen=True)
class Cut:
    """The two parts of a model, which have its layers and so its weights.

    Attributes:
        inputs: the images that the model takes, alone.
        calls: what the base computes of them: nothing in it is trained, or random, or moves with training.
        feature: what comes out, `[batch, ...]`.
        head: from that to class probabilities; it is not compiled.
    """

    inputs: Sequence[KerasTensor]
    calls: Sequence[Call]
    feature: KerasTensor
    head: keras.Model

    @cached_property
    def base(self) -> keras.Model:
        """A model from images to features: made when it is asked for, since that takes 5 ms a layer."""
        values = dict(zip(map(id, self.inputs), self.inputs, strict=True))
        for call in self.calls:
            call.repeat(values)
        return keras.Model(*self.inputs, values[id(self.feature)], name="base")

    @property
    def flops(self) -> int:
        """Operations of the base for one image."""
        return sum(map(flops_of, self.calls))

    @property
    def feature_bytes(self) -> int:
        """Bytes that the features of one image take."""
        return bytes_in([self.feature])

    @property
    def variables(self) -> list[keras.Variable]:
        """The weights of the base, in the order of its calls."""
        weights = chain.from_iterable(getattr(call.operation, "weights", ()) for call in self.calls)
        return list({id(weight): weight for weight in weights}.values())

    @property
    def random_states(self) -> list[keras.Variable]:
        """The states of the generators that layers of augmentation draw from."""
        weights = set(map(id, self.base.weights))
        return [variable for variable in self.base.variables if id(variable) not in weights]


def cut_model(model: keras.Model, *, through_augmentation: bool = False) -> Cut | None:
    """Cut a model as near to its output as can be, where all that it computes of an image passes through one tensor.

    Args:
        model: frozen as it is to be trained.
        through_augmentation: whether layers of augmentation may lie in the base.

    Returns:
        Its parts; None where there is nothing fixed in it, or the head would not be trained as the whole model is:
        its code compiles it, or its weights would have another order.
    """
    if own_compilation(model) is not None or len(model.inputs) > 1:
        return None
    calls = calls_of(model)
    known = {id(variable) for variable in model.variables}
    if any(id(v) not in known for call in calls for v in getattr(call.operation, "variables", ())):
        return None  # of a nested model that had to be made anew for these shapes
    fixed = _find_fixed(calls, model.inputs, through_augmentation)
    (output,) = _outputs(calls, model)
    for call in reversed(fixed):
        above = _calls_above(calls, output, call.outputs) if len(call.outputs) == 1 else None
        if above:
            return _split(model, calls, call.outputs[0], output, above)
    return None


def _find_fixed(calls: Sequence[Call], inputs: Sequence[KerasTensor], through_augmentation: bool) -> list[Call]:
    """Find the calls that give the same for the same image, whatever is trained: alone, and by all that goes in."""
    tensors, fixed = set(map(id, inputs)), []
    for call in calls:
        operation = call.operation
        is_fixed = _is_fixed(call) or (through_augmentation and is_augmentation(operation))
        if is_fixed and all(id(tensor) in tensors for tensor in call.inputs):
            tensors.update(map(id, call.outputs))
            fixed.append(call)
    return fixed


def _is_fixed(call: Call) -> bool:
    """Tell whether an operation of Keras' own is neither trained, nor random, nor other in training."""
    operation, constants = call.operation, keras.tree.flatten((call.arguments.args, call.arguments.kwargs))
    is_plain = all(isinstance(value, KerasTensor | str | float | int | None) for value in constants)
    if not _is_of_keras(operation) or not is_plain:
        return False
    if not isinstance(operation, layers.Layer):
        return True
    if isinstance(operation, (keras.Model, *_NEVER_FIXED)) or operation.trainable_weights:
        return False
    if len(operation.variables) != len(operation.weights) or getattr(operation, "activity_regularizer", None):
        return False
    if isinstance(operation, layers.BatchNormalization):
        return not operation.trainable
    return "training" not in inspect.signature(operation.call).parameters


def _is_of_keras(operation: keras.Operation) -> bool:
    """Tell whether all code of an operation is Keras' own: a function of another's has a name, and may change."""
    code = [operation, *filter(callable, vars(operation).values())]
    return all(str(getattr(part, "__module__", None)).startswith("keras.src.") for part in code)


def _outputs(calls: Sequence[Call], model: keras.Model) -> list[KerasTensor]:
    """Give what a model gives, by the tensors of its calls."""
    return [calls[-1].outputs[0]] if calls else list(model.outputs)


def _calls_above(calls: Sequence[Call], output: KerasTensor, features: Sequence[KerasTensor]) -> list[Call] | None:
    """Give the calls that lead from a tensor to the output; None where the output needs something else as well."""
    (feature,) = features
    needed, above = {id(output)} - {id(feature)}, []
    for call in reversed(calls):
        if any(id(tensor) in needed for tensor in call.outputs):
            needed -= set(map(id, call.outputs))
            needed |= {id(tensor) for tensor in call.inputs} - {id(feature)}
            above.append(call)
    return None if needed else above[::-1]


def _split(
    model: keras.Model, calls: Sequence[Call], feature: KerasTensor, output: KerasTensor, above: list[Call]
) -> Cut | None:
    entry = keras.Input(feature.shape[1:], dtype=feature.dtype, name="features")
    values = {id(feature): entry}
    for call in above:
        call.repeat(values)
    head = keras.Model(entry, values[id(output)], name=model.name)
    if list(map(id, head.trainable_variables)) != list(map(id, model.trainable_variables)):
        return None  # sums over all weights, as of their gradients' norms, would have other digits
    return Cut(model.inputs, _calls_below(calls, feature), feature, head)


def _calls_below(calls: Sequence[Call], feature: KerasTensor) -> list[Call]:
    """Give the calls that a tensor is computed by."""
    needed: set[int] = {id(feature)}
    below: list[Call] = []
    for call in reversed(calls):
        if any(id(tensor) in needed for tensor in call.outputs):
            needed |= set(map(id, call.inputs))
            below.append(call)
    return below[::-1]
