"""What a model costs before it is trained: numbers to store, operations to compute, memory to train in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import keras
from keras import layers

from hpo.training.network.graph import Call, bytes_in, calls_of, item_bytes, numbers_in

_MOVES_NUMBERS = (
    layers.Concatenate,
    layers.Cropping2D,
    layers.Flatten,
    layers.Identity,
    layers.Permute,
    layers.RepeatVector,
    layers.Reshape,
    layers.UpSampling2D,
    layers.ZeroPadding2D,
)
_ONLY_IN_TRAINING = (
    layers.ActivityRegularization,
    layers.AlphaDropout,
    layers.Dropout,
    layers.GaussianDropout,
    layers.GaussianNoise,
    layers.RandomBrightness,
    layers.RandomContrast,
    layers.RandomErasing,
    layers.RandomFlip,
    layers.RandomHue,
    layers.RandomRotation,
    layers.RandomSaturation,
    layers.RandomTranslation,
    layers.RandomZoom,
    layers.SpatialDropout2D,
)
_SCALES_AND_SHIFTS = (layers.BatchNormalization, layers.Normalization, layers.Rescaling)
_NORMALIZES = (
    layers.GroupNormalization,
    layers.LayerNormalization,
    layers.RMSNormalization,
    layers.UnitNormalization,
)
_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
_ELEMENTWISE_WEIGHTS = (layers.PReLU,)
_ADDS = (layers.Add, layers.Average, layers.AveragePooling2D, layers.GlobalAveragePooling2D, layers.Subtract)
_IN_PLACE = (layers.Activation, layers.Dropout, layers.Flatten, layers.Identity, layers.ReLU, layers.Reshape)
_KNOWN_BY_OUTPUT = (
    None,  # of a layer that has no such attribute: ReLU, dropout
    keras.activations.elu,
    keras.activations.linear,
    keras.activations.relu,
    keras.activations.selu,
    keras.activations.sigmoid,
    keras.activations.softmax,
    keras.activations.tanh,
)
"""Activations whose gradient follows from what they gave."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a model costs.

    Attributes:
        parameters: how many numbers its network holds.
        flops: floating-point operations that one image's prediction takes.
        memory: bytes that training it is estimated to take at its peak.
    """

    parameters: int
    flops: int
    memory: int


def cost_of(model: keras.Model, batch_size: int, slots: int) -> Cost:
    """Count what a model costs, in a few milliseconds; no weight needs a value.

    The count is the same on every engine. Operations come within 3 % of TensorFlow's own count. Memory is an estimate:
    what the model needs, and not what the engine takes besides for its code, its plans and its scratch space. On a CPU
    (`benchmarks/training/memory.py`), models of 150 MB and more took 0.8 to 1.3 times as much on TensorFlow, 1.3 to 1.5
    times with nearly all layers frozen; 1.4 to 2.7 times as much on PyTorch, and 1.9 to 2.6 times on JAX.

    Args:
        model: a functional or sequential model, for images of known size.
        batch_size: how many images it is trained on at once.
        slots: how many numbers the optimizer keeps for each one that is trained.
    """
    calls = calls_of(model)
    return Cost(
        parameters=int(model.count_params()),
        flops=sum(map(flops_of, calls)),
        memory=_memory(model, calls, batch_size, slots),
    )


def flops_of(call: Call) -> int:
    """Operations of one call for one image. A multiplication and an addition are two.

    - A weight of a kernel (dense, convolution of any kind) is used once at each position of what comes out, or of what
      goes in where the convolution is transposed; a bias is added to each number that comes out.
    - Batch normalization scales and shifts: 2 a number. Other normalizations measure first: 5 a number, as in fvcore.
    - Pooling takes one a number of its window; an activation one a number, whatever its formula.
    - What only moves numbers, or acts in training alone, is free. All else: one a number that goes in.

    Unknown layers are counted as a convolution would be, by their weights.
    """
    operation, outputs = call.operation, numbers_in(call.outputs)
    if isinstance(operation, _MOVES_NUMBERS + _ONLY_IN_TRAINING) or _changes_type_alone(operation):
        return 0
    if isinstance(operation, _SCALES_AND_SHIFTS):
        return 2 * outputs
    if isinstance(operation, _NORMALIZES):
        return 5 * outputs
    if isinstance(getattr(operation, "pool_size", None), tuple | list):
        return int(math.prod(operation.pool_size)) * outputs
    weights: list[tuple[int, ...]] = [tuple(weight.shape) for weight in getattr(operation, "weights", ())]
    kernels = sum(math.prod(shape) for shape in weights if len(shape) > 1)
    if not kernels or isinstance(operation, _ELEMENTWISE_WEIGHTS):
        return numbers_in(call.inputs)
    applied_to = call.inputs[0] if isinstance(operation, _TRANSPOSED) else call.outputs[0]
    flops = 2 * kernels * _positions(operation, applied_to)
    has_bias = any(len(shape) == 1 for shape in weights)
    is_activated = getattr(operation, "activation", None) not in (None, keras.activations.linear)
    return flops + (has_bias + is_activated) * outputs


def training_flops(model: keras.Model) -> int:
    """Operations of one image's training step, the optimizer's left out.

    The forward pass, gradients of weights that are trained, and gradients of what lies above such weights.
    """
    return sum(flops_of(call) * (1 + trains + is_above) for call, trains, is_above in _walk(calls_of(model)))


def _walk(calls: list[Call]) -> Iterator[tuple[Call, bool, bool]]:
    """Each call, whether it has weights that are trained, and whether what goes in depends on such weights."""
    tensors: set[int] = set()
    for call in calls:
        trains = bool(getattr(call.operation, "trainable_weights", ()))
        is_above = any(id(tensor) in tensors for tensor in call.inputs)
        if trains or is_above:
            tensors |= {id(tensor) for tensor in call.outputs}
        yield call, trains, is_above


def model_megabytes(model: keras.Model) -> float:
    """What a model's weights take as they are stored, in 10^6 bytes."""
    return sum(map(_weight_bytes, model.weights)) / 1e6


def _changes_type_alone(operation: keras.Operation) -> bool:
    return isinstance(operation, layers.Rescaling) and (operation.scale, operation.offset) == (1, 0)


def _positions(operation: keras.Operation, tensor: keras.KerasTensor) -> int:
    """At how many places a tensor has a vector of channels."""
    channels = tensor.shape[1 if getattr(operation, "data_format", None) == "channels_first" else -1]
    return numbers_in([tensor]) // (channels or 1)


def _memory(model: keras.Model, calls: list[Call], batch_size: int, slots: int) -> int:
    """Bytes of weights, their gradients and the optimizer's numbers, and of a batch's images and activations.

    An activation is kept from the forward to the backward pass where a gradient is computed from it: never before the
    first layer that is trained. To those that are kept come the numbers (forward), or their gradients (backward), that
    go in and out of the largest layer, and the images themselves.
    """
    stored = sum(map(_weight_bytes, model.weights))
    trained = sum(map(_weight_bytes, model.trainable_weights))
    activations: dict[int, int] = {}  # bytes of those that are kept
    largest = 0
    for call, trains, is_above in _walk(calls):
        if not isinstance(call.operation, _IN_PLACE):
            largest = max(largest, bytes_in([*call.inputs, *call.outputs]))
        if trains or is_above:
            activations |= {id(tensor): bytes_in([tensor]) for tensor in _needed_by_gradient(call)}
    an_image = bytes_in(model.inputs) + sum(activations.values()) + largest
    return stored + (1 + slots) * trained + batch_size * an_image


def _weight_bytes(weight: keras.Variable) -> int:
    """What a weight takes as it is stored."""
    return int(math.prod(weight.shape)) * item_bytes(weight.dtype)


def _needed_by_gradient(call: Call) -> list[keras.KerasTensor]:
    """The tensors that the backward pass of a call computes with."""
    operation, activation = call.operation, getattr(call.operation, "activation", None)
    if isinstance(operation, _MOVES_NUMBERS + _ADDS):
        return []
    if isinstance(operation, _IN_PLACE):
        return [*call.outputs] if activation in _KNOWN_BY_OUTPUT else [*call.inputs, *call.outputs]
    if activation is keras.activations.linear:  # a convolution or dense layer alone
        return [*call.inputs]
    return [*call.inputs, *call.outputs]
