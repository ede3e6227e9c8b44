"""The numbers of a model, of its optimizer and of its metrics, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from hpo.training.network.optimizing.accumulation import call_counters, lasting_variables

Arrays = dict[str, NDArray[Any]]


class UnusableCheckpointError(Exception):
    """A checkpoint has other variables than what is to be restored, as another version of Keras may have made it."""


def read_values(
    variables: Sequence[keras.Variable], known: Mapping[int, NDArray[Any]] | None = None
) -> list[NDArray[Any]]:
    """Give the values that variables have now; later ones do not reach these arrays, which may be read-only.

    On TensorFlow they share the variables' memory on a CPU, where what changes a variable afterwards moves it elsewhere
    first: `keras.ops.convert_to_numpy` (3.15) makes two copies. On JAX, `model.jax_state_sync()` has to be called first
    in the middle of an epoch.

    Args:
        variables: are read.
        known: the values of those that have not changed since they were read, by the variable's identity.
    """
    known = known or {}
    return [known[id(variable)] if id(variable) in known else _read(variable) for variable in variables]


def _read(variable: keras.Variable) -> NDArray[Any]:
    # Python's buffers have no name for bfloat16
    if keras.backend.backend() != "tensorflow" or variable.dtype == "bfloat16":
        array: NDArray[Any] = keras.ops.convert_to_numpy(variable)
        return array
    import tensorflow as tf

    return np.asarray(tf.convert_to_tensor(variable.value))


def read_beside(model: keras.Model, part: keras.Model) -> dict[int, NDArray[Any]]:
    """Read what a model has besides a part of it, by the variable's identity: what fitting the part does not change."""
    if part is model:
        return {}
    fitted = set(map(id, part.variables))
    variables = [variable for variable in model.variables if id(variable) not in fitted]
    return dict(zip(map(id, variables), read_values(variables), strict=True))


def write_values(variables: Sequence[keras.Variable], arrays: Sequence[NDArray[Any]]) -> None:
    """Give variables the values that `read_values` gave, where those are not in the same memory still."""
    for variable, now, array in zip(variables, read_values(variables), arrays, strict=True):
        if _address(now) != _address(array):
            variable.assign(array)


def _address(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


@contextmanager
def keep_values(model: keras.Model) -> Iterator[None]:
    """Undo what a model does to its own variables: some layers draw or count whatever they are called for."""
    values = read_values(model.variables)
    try:
        yield
    finally:
        write_values(model.variables, values)


def is_finite(model: keras.Model) -> bool:
    """Say whether the loss of the epoch so far, and all that is trained, are numbers."""
    losses = [keras.ops.convert_to_numpy(metric.result()) for metric in model.metrics if metric.name == "loss"]
    return all(bool(np.isfinite(array).all()) for array in (*losses, *read_values(model.trainable_variables)))


def read_variables(variables: Sequence[keras.Variable], known: Mapping[int, NDArray[Any]] | None = None) -> Arrays:
    """Read values by their variables' place in the order: names differ between processes (`conv2d_7`)."""
    return {f"{index:04}": array for index, array in enumerate(read_values(variables, known))}


def write_variables(variables: Sequence[keras.Variable], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Give variables the values that `read_variables` gave.

    Raises:
        UnusableCheckpointError: there are more or fewer, or they have other shapes.
    """
    shapes, wanted = [array.shape for array in arrays.values()], [tuple(variable.shape) for variable in variables]
    if shapes != wanted:
        raise UnusableCheckpointError("has other variables than the training")
    for variable, array in zip(variables, arrays.values(), strict=True):
        variable.assign(array)


def read_optimizer(optimizer: keras.optimizers.Optimizer, steps: int) -> Arrays:
    """Copy the values of an optimizer between two steps, as they are in however many parts batches are computed."""
    variables = lasting_variables(optimizer, steps)
    counters = {id(counter) for counter in call_counters(optimizer, steps)}
    arrays = zip(variables, read_variables(variables).items(), strict=True)
    return {name: array // steps if id(variable) in counters else array for variable, (name, array) in arrays}


def write_optimizer(optimizer: keras.optimizers.Optimizer, steps: int, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Give an optimizer that is built the values that `read_optimizer` gave, of whatever number of parts.

    Raises:
        UnusableCheckpointError: it has other variables.
    """
    write_variables(lasting_variables(optimizer, steps), arrays)
    for counter in call_counters(optimizer, steps):
        counter.assign(counter * steps)


def join(groups: Mapping[str, Mapping[str, NDArray[Any]]]) -> Arrays:
    """Put groups of arrays into one, each name behind the name of its group."""
    return {f"{group}/{name}": array for group, arrays in groups.items() for name, array in arrays.items()}


def group(arrays: Mapping[str, NDArray[Any]], name: str) -> Arrays:
    """Take one of the groups out that `join` has put together."""
    prefix = f"{name}/"
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}


def join_repeats(repeats: Sequence[Mapping[str, NDArray[Any]]]) -> Arrays:
    """Put the arrays of a trial's repeats into one group; those of the first have the names that they have alone."""
    later = join({f"repeat{number}": arrays for number, arrays in enumerate(repeats[1:], start=2)})
    return {**repeats[0], **later}


def split_repeats(arrays: Mapping[str, NDArray[Any]], repeats: int) -> list[Arrays]:
    """Take the arrays of each repeat out that `join_repeats` has put together."""
    later = [group(arrays, f"repeat{number}") for number in range(2, repeats + 1)]
    return [{name: array for name, array in arrays.items() if not name.startswith("repeat")}, *later]
