"""Tells networks that compute the same from others, whatever their layers are called."""

from __future__ import annotations

import hashlib
import json

from hpo.models.foreign import own_compilation
from hpo.spaces import Config
from hpo.training.network.graph import calls_of
from hpo.training.network.model import BuiltModel


def network_fingerprint(built: BuiltModel, config: Config) -> str:
    """A SHA-256 that is the same for models that compute the same: names, and the freezing of nothing, are left out.

    Args:
        built: the model, with or without values in its weights; it is left frozen as in its last phase.
        config: has what the model does not show: the values that it begins with, and what it is fitted to.
    """
    tensors = {id(tensor): position for position, tensor in enumerate(built.model.inputs)}
    calls: list[object] = []
    for call in calls_of(built.model):
        operation = call.operation
        options = operation.get_config() if hasattr(operation, "get_config") else {}
        options = {key: value for key, value in options.items() if key not in ("name", "trainable")}
        weights = [tuple(weight.shape) for weight in getattr(operation, "weights", ())]
        inputs = [tensors.get(id(tensor), -1) for tensor in call.inputs]
        for tensor in call.outputs:
            tensors.setdefault(id(tensor), len(tensors))
        outputs = [tuple(tensor.shape) for tensor in call.outputs]
        calls.append([type(operation).__name__, options, weights, inputs, outputs])
    unseen = [
        getattr(config.model, "weights", None),
        getattr(config.data, "normalization", None),
        own_compilation(built.model),
    ]
    frozen = [[not weight.trainable for weight in model.weights] for model in built.as_in_phases(config.training)]
    return hashlib.sha256(json.dumps([calls, frozen, unseen], default=str, sort_keys=True).encode()).hexdigest()
