"""Networks that somebody else's code has made: what is asked of them, and told where it is not so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hpo import own_code
from hpo.models.family import ImpossibleArchitectureError, ModelFamily, Shape

if TYPE_CHECKING:
    import keras

OWN_COMPILATION = "own_compilation"
"""The attribute of a network in which optimizer, loss and metrics stand that its code has given it, as JSON."""
PROBABILITIES = "probabilities_in_float32"
"""The layer that is put behind a network whose own output has fewer bits."""

_SAVED: set[frozenset[type]] = set()


class OwnNetworkFamily(ModelFamily):
    """A family whose networks somebody else's code makes."""

    def base_layers(self, network: keras.Model) -> list[keras.layers.Layer]:
        """See `ModelFamily.base_layers`; what was put behind the network is not of it."""
        base = super().base_layers(network)
        return (
            base[:-1] if base and network.layers[-1].name == PROBABILITIES and base[-1] is network.layers[-2] else base
        )


def checked(
    network: Any,  # noqa: ANN401 - whatever the code gave
    shape: Shape,
    classes: int,
    name: str,
    *,
    is_to_be_saved: bool = False,
) -> keras.Model:
    """Hold that it is a network from images of a shape to class probabilities.

    Args:
        network: what the code gave.
        shape: height, width and channels of the images.
        classes: how many classes there are.
        name: how the file calls the code.
        is_to_be_saved: whether to hold as well that the network can be saved and loaded again, for which it is made
            anew from its configuration.

    Returns:
        The network; a subclass of `keras.Model`, whose graph nobody knows, as the one layer of a model that is one.

    Raises:
        ImpossibleArchitectureError: it takes images of another shape, which a config may decide.
        TypeError: it is no such network, whatever the config.
    """
    import keras

    if not isinstance(network, keras.Model):
        raise TypeError(f"{name}: it returns a Keras model. Received {type(network).__name__}. Is a `return` missing?")
    network = _of_tensors(network)
    inputs = keras.Input(shape, name="images")
    taken = getattr(network, "input_shape", None) if network.built else None
    if taken is not None and not _takes(taken, shape):
        raise ImpossibleArchitectureError(
            f"{name}: the network takes the images of the data set, {_shown(shape)}. "
            f"Received one that takes {_shown(taken[1:] if isinstance(taken, tuple) else taken)}. "
            "Make its input of the shape that the function is given, or set data.image_size."
        )
    try:
        output = network(inputs)
    except Exception as error:
        raise ImpossibleArchitectureError(
            f"{name}: the network takes images of {_shown(shape)}. Received {own_code.described(error)}"
        ) from error
    given = getattr(output, "shape", None)
    if given is None or tuple(given[1:]) != (classes,):
        received = "several outputs" if given is None else f"one of {_shown(tuple(given[1:]))}"
        raise TypeError(f"{name}: the network has one output, {classes} class probabilities. Received {received}.")
    last = network.layers[-1] if network.layers else None
    if isinstance(last, keras.layers.Dense) and last.activation is keras.activations.linear:
        raise TypeError(
            f"{name}: the network gives class probabilities. Received scores: its last layer, {last.name}, has no "
            "activation. Add activation='softmax'."
        )
    if is_to_be_saved:
        _check_saving(network, name)
    is_graph = isinstance(network, keras.Sequential) or hasattr(network, "operations")
    return network if is_graph else keras.Model(inputs, output, name=f"{network.name}_on_images")


@contextmanager
def optimizers_with_values() -> Iterator[None]:
    """Let code make optimizers where models are made without values in their weights.

    An optimizer begins with numbers, its learning rate among them, and Keras refuses those there. The scope that says
    so is a thread's, so an optimizer is made in one of its own.
    """
    import keras

    begin = keras.optimizers.Optimizer.__init__

    def begin_elsewhere(self: keras.optimizers.Optimizer, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(begin, self, *arguments, **options).result()

    keras.optimizers.Optimizer.__init__ = begin_elsewhere
    try:
        yield
    finally:
        keras.optimizers.Optimizer.__init__ = begin


def compilation_of(network: object) -> str | None:
    """What code has compiled its model with, as JSON; None where it has not, or it is no model."""
    import keras

    if not (isinstance(network, keras.Model) and network.compiled):
        return None
    try:
        return json.dumps(network.get_compile_config())
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"what a model is compiled with can be saved. Received {own_code.described(error)}. Decorate losses, "
            "metrics and schedules of your own by @keras.saving.register_keras_serializable()."
        ) from error


def with_compilation(network: keras.Model, compilation: str | None) -> keras.Model:
    """The network, not compiled, which carries what it is to be compiled with as its attribute `OWN_COMPILATION`.

    A compiled model inside of another would be saved with its optimizer, which nothing has trained.
    """
    import keras

    if compilation is None:
        return network
    for layer in network.layers:
        if isinstance(layer, keras.Model):  # a subclass of `keras.Model`, see `checked`
            layer.compiled = False
    # Tensors, not lists of one, which it would give back; `network.output` of a Sequential is that of its first call.
    carrying = keras.Model(network.inputs[0], network.outputs[0], name=network.name)
    setattr(carrying, OWN_COMPILATION, compilation)
    return carrying


def with_float32_output(network: keras.Model) -> keras.Model:
    """The network, with probabilities in float32 where mixed precision has made them shorter."""
    import keras

    if network.outputs[0].dtype == "float32":
        return network
    output = keras.layers.Activation("linear", dtype="float32", name=PROBABILITIES)(network.outputs[0])
    return keras.Model(network.inputs[0], output, name=network.name)


def _check_saving(network: keras.Model, name: str) -> None:
    """Make it anew from its configuration; once a process for the same kinds of layers, since that takes a while."""
    import keras

    kinds = frozenset(map(type, _layers(network)))
    if kinds in _SAVED:
        return
    try:
        configuration = keras.saving.serialize_keras_object(network)
        configuration.pop("compile_config", None)  # it would ask for the values of weights
        keras.saving.deserialize_keras_object(configuration, safe_mode=True)
    except Exception as error:
        raise TypeError(
            f"{name}: the network can be saved and loaded again. Received {own_code.described(error)[:200]} "
            "Decorate layers and functions of your own by @keras.saving.register_keras_serializable(), give layers a "
            "get_config, and use no Lambda."
        ) from error
    _SAVED.add(kinds)


def _layers(network: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in network.layers:
        yield layer
        yield from _layers(layer) if hasattr(layer, "layers") else ()


def _of_tensors(network: keras.Model) -> keras.Model:
    """The network with a tensor as its input and one as its output, where its code says `[inputs], [outputs]`."""
    import keras

    is_listed = any(isinstance(getattr(network, each, None), list) for each in ("input", "output"))
    if not is_listed or len(network.inputs) != 1 or len(network.outputs) != 1:
        return network
    return keras.Model(network.inputs[0], network.outputs[0], name=network.name)


def _takes(taken: object, shape: Shape) -> bool:
    return (
        isinstance(taken, tuple)
        and len(taken) == len(shape) + 1
        and all(own in (None, given) for own, given in zip(taken[1:], shape, strict=True))
    )


def _shown(shape: object) -> str:
    if isinstance(shape, tuple):
        return " x ".join("any" if side is None else str(side) for side in shape) or "a number"
    return f"several inputs, {shape}"
