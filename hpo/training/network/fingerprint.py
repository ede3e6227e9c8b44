"""Tells networks that compute the same from others, whatever their layers are called."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import keras

from hpo.models.foreign import own_compilation
from hpo.spaces import Config
from hpo.spaces.spec.config import MIXING, POLICIES
from hpo.training.network.graph import Call, calls_of
from hpo.training.network.model import BuiltModel


def network_fingerprint(built: BuiltModel, config: Config) -> str:
    """A SHA-256 that is the same for models that compute the same: names, and the freezing of nothing, are left out.

    Args:
        built: the model, with or without values in its weights; it is left frozen as in its last phase.
        config: has what the model does not show: the values that it begins with, what it is fitted to, and what
            happens to images before they reach it.
    """
    calls = describe_calls(calls_of(built.model), built.model.inputs)
    augmentation = getattr(config.data, "augmentation", None)
    on_host = {name: getattr(augmentation, name, None) for name in (*MIXING, *POLICIES)}
    unseen = [
        {name: options.model_dump(mode="json") for name, options in on_host.items() if options is not None},
        getattr(config.model, "weights", None),
        getattr(config.data, "normalization", None),
        own_compilation(built.model),
    ]
    frozen = [[not weight.trainable for weight in model.weights] for model in built.as_in_phases(config.training)]
    return hashlib.sha256(json.dumps([calls, frozen, unseen], default=str, sort_keys=True).encode()).hexdigest()


def describe_calls(calls: Sequence[Call], inputs: Sequence[keras.KerasTensor]) -> list[object]:
    """Describe what calls compute of inputs, but for the values of weights: kinds, options, shapes, what goes where.

    What an operation is called with besides tensors is there as well, as the 2 of `2 * x`.
    """
    tensors = {id(tensor): position for position, tensor in enumerate(inputs)}
    described: list[object] = []
    for call in calls:
        operation = call.operation
        options = operation.get_config() if hasattr(operation, "get_config") else {}
        options = {key: value for key, value in options.items() if key not in ("name", "trainable")}
        weights = [tuple(weight.shape) for weight in getattr(operation, "weights", ())]
        sources = [f"tensor {tensors.get(id(tensor), -1)}" for tensor in call.inputs]
        arguments = call.arguments.fill_in(dict(zip(map(id, call.arguments.keras_tensors), sources, strict=True)))
        given = keras.tree.map_structure(_describe_argument, arguments)
        for tensor in call.outputs:
            tensors.setdefault(id(tensor), len(tensors))
        outputs = [tuple(tensor.shape) for tensor in call.outputs]
        described.append([type(operation).__name__, options, weights, given, outputs])
    return described


def _describe_argument(value: object) -> object:
    """Say in JSON what an operation was called with; what Keras cannot say may be another each time."""
    try:
        described: object = keras.saving.serialize_keras_object(value)
    except Exception:  # what it raises depends on the object
        return repr(value)
    return described
