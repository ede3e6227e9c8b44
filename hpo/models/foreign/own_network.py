"""Networks that somebody else's code makes: how it is called, and what is checked of them."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from hpo import own_code
from hpo.errors import HpoError
from hpo.models.family import ImpossibleArchitectureError, ModelFamily, Shape

if TYPE_CHECKING:
    import keras

_OWN_COMPILATION = "own_compilation"
"""The attribute of a network in which optimizer, loss and metrics stand that its code has given it, as JSON."""
PROBABILITIES = "probabilities_in_float32"
"""The layer that is put behind a network whose own output has fewer bits."""

_SAVED: set[frozenset[type]] = set()


class OwnNetworkFamily(ModelFamily):
    """A family whose networks somebody else's code makes."""

    may_compile: ClassVar[bool] = False
    """Whether the code may compile its networks: optimizer, loss and metrics are its own then."""

    @property
    @abstractmethod
    def code(self) -> str:
        """What the file calls that code."""

    @abstractmethod
    def call(self, shape: Shape, classes: int) -> object:
        """Call the code; see `ModelFamily.build` for what it is given. Whatever it raises is translated."""

    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network; see `ModelFamily.build`."""
        return self._build(shape, classes, is_saved=False)

    def untrained(self, shape: Shape, classes: int) -> keras.Model:
        """Make the network, and hold that it can be saved; see `ModelFamily.untrained`."""
        with _optimizers_with_values():
            return self._build(shape, classes, is_saved=True)

    def base_layers(self, network: keras.Model) -> list[keras.layers.Layer]:
        """See `ModelFamily.base_layers`; what was put behind the network is not of it."""
        base = super().base_layers(network)
        is_added = bool(base) and network.layers[-1].name == PROBABILITIES and base[-1] is network.layers[-2]
        return base[:-1] if is_added else base

    def _build(self, shape: Shape, classes: int, *, is_saved: bool) -> keras.Model:
        with _name_errors(self.code):
            network = self.call(shape, classes)
        compilation = _compilation_of(network)
        if compilation is not None and not self.may_compile:
            raise TypeError(
                f"{self.code}: it returns a model that is not compiled, since `training` says how it is trained. "
                "Received a compiled one. Remove compile(), or see `hpo models keras_tuner`."
            )
        network = _check_network(network, shape, classes, self.code, is_saved=is_saved)
        return _with_compilation(_with_float32_output(network), compilation)


@contextmanager
def _name_errors(name: str) -> Iterator[None]:
    """Let errors of somebody else's code say what a file calls the code, and which of its lines raised them.

    Raises:
        ValueError: the code raised one: this config gives no network.
        RuntimeError: the code raised anything else, whatever the config.
    """
    try:
        yield
    except ValueError as error:  # which may be Keras' own, of a model without weights
        kind = ImpossibleArchitectureError if isinstance(error, ImpossibleArchitectureError) else ValueError
        raise kind(f"{name}: {own_code.describe_error(error)}") from error
    except (HpoError, MemoryError):
        raise
    except Exception as error:
        raise RuntimeError(f"{name} raised {own_code.describe_error(error)}") from error


def _check_network(network: Any, shape: Shape, classes: int, name: str, *, is_saved: bool) -> keras.Model:  # noqa: ANN401
    """Hold that it is a network from images of a shape to class probabilities.

    Where it `is_saved`, hold as well that it can be saved and loaded again.

    Returns:
        The network; a subclass of `keras.Model`, whose graph nobody knows, as the one layer of a model that is one.

    Raises:
        ImpossibleArchitectureError: it takes images of another shape, which a config may decide.
        TypeError: it is no such network, whatever the config.
    """
    import keras

    if not isinstance(network, keras.Model):
        raise TypeError(f"{name}: it returns a Keras model. Received {type(network).__name__}. Is a `return` missing?")
    network = _unwrap_lists(network)
    inputs = keras.Input(shape, name="images")
    expected = getattr(network, "input_shape", None) if network.built else None
    if expected is not None and not _fits(expected, shape):
        raise ImpossibleArchitectureError(
            f"{name}: the network takes the images of the data set, {_describe_shape(shape)}. "
            f"Received one that takes {_describe_shape(expected[1:] if isinstance(expected, tuple) else expected)}. "
            "Make its input of the shape that the function is given, or set data.image_size."
        )
    try:
        output = network(inputs)
    except Exception as error:
        raise ImpossibleArchitectureError(
            f"{name}: the network takes images of {_describe_shape(shape)}. Received {own_code.describe_error(error)}"
        ) from error
    output_shape = getattr(output, "shape", None)
    if output_shape is None or tuple(output_shape[1:]) != (classes,):
        received = "several outputs" if output_shape is None else f"one of {_describe_shape(tuple(output_shape[1:]))}"
        raise TypeError(f"{name}: the network has one output, {classes} class probabilities. Received {received}.")
    last = network.layers[-1] if network.layers else None
    if isinstance(last, keras.layers.Dense) and last.activation is keras.activations.linear:
        raise TypeError(
            f"{name}: the network gives class probabilities. Received scores: its last layer, {last.name}, has no "
            "activation. Add activation='softmax'."
        )
    if is_saved:
        _check_saving(network, name)
    is_graph = isinstance(network, keras.Sequential) or hasattr(network, "operations")
    return network if is_graph else keras.Model(inputs, output, name=f"{network.name}_on_images")


@contextmanager
def _optimizers_with_values() -> Iterator[None]:
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


def _compilation_of(network: object) -> str | None:
    """Say what code has compiled its model with, as JSON; None where it has not, or it is no model."""
    import keras

    if not (isinstance(network, keras.Model) and network.compiled):
        return None
    try:
        return json.dumps(network.get_compile_config())
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"what a model is compiled with can be saved. Received {own_code.describe_error(error)}. Decorate losses, "
            "metrics and schedules of your own by @keras.saving.register_keras_serializable()."
        ) from error


def _with_compilation(network: keras.Model, compilation: str | None) -> keras.Model:
    """Make the network carry what it is to be compiled with, uncompiled: see `own_compilation`.

    A compiled model inside of another would be saved with its optimizer, which nothing has trained.
    """
    import keras

    if compilation is None:
        return network
    for layer in network.layers:
        if isinstance(layer, keras.Model):  # a subclass of `keras.Model`, see `_check_network`
            layer.compiled = False
    # Tensors, not lists of one, which it would give back; `network.output` of a Sequential is that of its first call.
    carrying = keras.Model(network.inputs[0], network.outputs[0], name=network.name)
    setattr(carrying, _OWN_COMPILATION, compilation)
    return carrying


def own_compilation(model: keras.Model) -> str | None:
    """Say what the network in a model is to be compiled with, as JSON, if the code that built it says so."""
    values = (getattr(layer, _OWN_COMPILATION, None) for layer in model.layers)
    return next((compilation for compilation in values if compilation), None)


def _with_float32_output(network: keras.Model) -> keras.Model:
    """Give the network probabilities in float32 where mixed precision has made them shorter."""
    import keras

    if network.outputs[0].dtype == "float32":
        return network
    output = keras.layers.Activation("linear", dtype="float32", name=PROBABILITIES)(network.outputs[0])
    return keras.Model(network.inputs[0], output, name=network.name)


def _check_saving(network: keras.Model, name: str) -> None:
    """Make it anew from its configuration; once a process for the same kinds of layers, since that takes a while."""
    import keras

    kinds = frozenset(map(type, _walk_layers(network)))
    if kinds in _SAVED:
        return
    try:
        configuration = keras.saving.serialize_keras_object(network)
        configuration.pop("compile_config", None)  # it would ask for the values of weights
        keras.saving.deserialize_keras_object(configuration, safe_mode=True)
    except Exception as error:
        raise TypeError(
            f"{name}: the network can be saved and loaded again. Received {own_code.describe_error(error)[:200]} "
            "Decorate layers and functions of your own by @keras.saving.register_keras_serializable(), give layers a "
            "get_config, and use no Lambda."
        ) from error
    _SAVED.add(kinds)


def _walk_layers(network: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in network.layers:
        yield layer
        yield from _walk_layers(layer) if hasattr(layer, "layers") else ()


def _unwrap_lists(network: keras.Model) -> keras.Model:
    """Give the network a tensor as its input and one as its output, where its code says `[inputs], [outputs]`."""
    import keras

    is_listed = any(isinstance(getattr(network, end, None), list) for end in ("input", "output"))
    if not is_listed or len(network.inputs) != 1 or len(network.outputs) != 1:
        return network
    return keras.Model(network.inputs[0], network.outputs[0], name=network.name)


def _fits(expected: object, shape: Shape) -> bool:
    if not isinstance(expected, tuple) or len(expected) != len(shape) + 1:
        return False
    return all(side in (None, given) for side, given in zip(expected[1:], shape, strict=True))


def _describe_shape(shape: object) -> str:
    if isinstance(shape, tuple):
        return " x ".join("any" if side is None else str(side) for side in shape) or "a number"
    return f"several inputs, {shape}"
