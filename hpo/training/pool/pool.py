"""Compiled models that trials have left: the next trial whose network is equal trains one of them again."""

from __future__ import annotations

import hashlib
import json
import math
from collections import OrderedDict

import keras

from hpo.data import TrialData, is_augmentation
from hpo.spaces import Config
from hpo.training.network.graph import calls_of, item_bytes
from hpo.training.network.model import BuiltModel, build_model, build_uncompiled
from hpo.training.network.steps import has_functions

MAX_BYTES = 256 * 10**6
"""What the models of a pool take at most."""
_FUNCTIONS_BYTES = 10**6
"""What the compiled functions of a model take for each of its variables: on TensorFlow (2.21) ten small networks of 14
variables took 13 MB each, two of 29 variables 12 and 29, and five of 266 variables 116."""
_LAYERS_BYTES = 40_000
"""What a variable and its share of the layers take besides its numbers: models of those 266 whose heads of 2 to 4
variables were fitted took 8 to 10 MB each, and 21 where each of them had computed the features."""


class ModelPool:
    """Keeps compiled models, the last used ones, and gives them to trials that would compile an equal one.

    What is used again are the functions that the engine has compiled. All variables, of the model, the optimizer and
    the metrics, get the values that a fresh model has, so the trial gives the same values to the last bit.

    One trial at a time has a model of the pool. The model that `Completed.save_model` writes is the trial's until the
    next one begins.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        """Make an empty pool.

        Args:
            max_bytes: what the models that wait take at most, by an estimate; 0 keeps none.
        """
        self._max_bytes = max_bytes
        self._waiting: OrderedDict[str, BuiltModel] = OrderedDict()
        self._key: str | None = None
        self._has_dropped = False

    def __len__(self) -> int:
        """Count the models that wait."""
        return len(self._waiting)

    def build(self, config: Config, data: TrialData, accumulation_steps: int = 1) -> BuiltModel:
        """Build and compile what a config describes, from the layers of a model that waits if one is equal.

        Args:
            config: see `build_model`, also for the errors.
            data: likewise.
            accumulation_steps: likewise.
        """
        self._key, self._has_dropped = None, True  # until the model is given back
        if not self._max_bytes or keras.backend.backend() != "tensorflow":  # equal bits are shown there alone
            return build_model(config, data, accumulation_steps)
        built = build_uncompiled(config, data, accumulation_steps)
        if built.family.has_resettable_networks:
            self._key = _identify(built.model)
            earlier = self._waiting.pop(self._key, None)
            built.compiled = {}
            if earlier is not None:
                _use_again(earlier, built)
        built.begin(*config.training.each_phase()[0], data.outline)
        return built

    def give_back(self, built: BuiltModel) -> None:
        """Keep the model of a trial that ended well for the next; of the others, the last used that there is room for.

        A model in which something was interrupted is not given back.
        """
        if self._key is None:
            return
        self._waiting[self._key] = built
        self._key, self._has_dropped = None, False
        sizes = {key: _size(waiting) for key, waiting in self._waiting.items()}
        while sum(sizes.values()) > self._max_bytes:
            oldest, _ = self._waiting.popitem(last=False)
            del sizes[oldest]
            self._has_dropped = True

    def load_weights(self, network: keras.Model) -> keras.Model | None:
        """Give the weights of a model to one that waits and predicts in the same way.

        Args:
            network: takes images of the size that trials train on, as that of a saved model does.

        Returns:
            The model that waited, whose functions are compiled; None where there is none.
        """
        weights = _describe_weights(network)
        for model in (waiting.model for waiting in reversed(self._waiting.values())):
            # The weights first: to describe calls takes longer, and networks that never wait may not be described.
            if _describe_weights(model) == weights and _describe_calls(model) == _describe_calls(network):
                for variable, value in zip(model.weights, network.weights, strict=True):
                    variable.assign(value)
                return model
        return None

    def clear(self) -> bool:
        """Drop all models; say whether there were some."""
        had_some = bool(self._waiting)
        self._waiting.clear()
        self._has_dropped |= had_some
        return had_some

    def has_dropped(self) -> bool:
        """Say whether a model has been dropped since this was asked last, so that there is memory to be freed."""
        has_dropped, self._has_dropped = self._has_dropped, False
        return has_dropped


def _use_again(earlier: BuiltModel, fresh: BuiltModel) -> None:
    """Put the layers of an equal model in the place of those of a fresh one, with the values of the fresh one."""
    for variable, value in zip(earlier.model.variables, fresh.model.variables, strict=True):
        variable.assign(value)
    fresh.model, fresh.network, fresh.compiled = earlier.model, earlier.network, earlier.compiled
    del earlier.model  # whoever would save it would save another trial's


def _identify(model: keras.Model) -> str:
    """Digest all of a model but the values of its variables."""
    variables = [[variable.path, list(variable.shape), str(variable.dtype)] for variable in model.variables]
    content = json.dumps([keras.saving.serialize_keras_object(model), variables], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _describe_weights(model: keras.Model) -> list[tuple[str, tuple[int, ...], str]]:
    return [(weight.path, tuple(weight.shape), str(weight.dtype)) for weight in model.weights]


def _describe_calls(model: keras.Model) -> str:
    """Describe what a model computes when it predicts: each operation, and of what."""
    names = {id(tensor): f"input {number}" for number, tensor in enumerate(model.inputs)}
    described: list[object] = []
    for call in calls_of(model):
        taken = [names[id(tensor)] for tensor in call.inputs]
        if is_augmentation(call.operation):  # gives what it takes
            names.update(dict.fromkeys(map(id, call.outputs), taken[0]))
            continue
        made = (f"{call.operation.name} {len(described)} {place}" for place in range(len(call.outputs)))
        names.update(zip(map(id, call.outputs), made, strict=True))
        arguments = call.arguments.fill_in(dict(zip(map(id, call.arguments.keras_tensors), taken, strict=True)))
        described.append([keras.saving.serialize_keras_object(item) for item in (call.operation, *arguments)])
    return json.dumps(described, sort_keys=True)


def _size(built: BuiltModel) -> int:
    """Estimate the bytes that a model takes which waits."""
    model, compiled = built.model, list((built.compiled or {}).values())
    slots = [variable for model in compiled for variable in model.optimizer.variables]
    numbers = sum(math.prod(one.shape) * item_bytes(str(one.dtype)) for one in [*model.variables, *slots])
    # A model without functions has had a head fitted, with all that is trained of it.
    functions = sum(len(one.variables if has_functions(one) else one.trainable_variables) for one in compiled)
    return int(numbers) + _LAYERS_BYTES * len(model.variables) + _FUNCTIONS_BYTES * functions
