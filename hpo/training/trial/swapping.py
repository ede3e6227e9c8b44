"""All numbers that a training needs to go on, but for its history: taken out of the model, and put into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from numpy.typing import NDArray

from hpo.training.network.generators import read_generators
from hpo.training.trial.variables import (
    Arrays,
    group,
    join,
    read_optimizer,
    read_variables,
    write_optimizer,
    write_variables,
)


def read_training(
    model: keras.Model,
    *,
    accumulation_steps: int = 1,
    is_in_phase: bool = False,
    is_in_epoch: bool = False,
    head: keras.Model | None = None,
    known: Mapping[int, NDArray[Any]] | None = None,
) -> Arrays:
    """Copy the numbers of a training out of its model, and those of the process's generators.

    Args:
        model: its variables are read; on JAX, see `read_variables`.
        accumulation_steps: in how many parts its batches are computed.
        is_in_phase: whether the phase has begun, so that the optimizer has numbers.
        is_in_epoch: whether the epoch has begun, so that metrics have.
        head: the part that is fitted in the model's place, and so has the metrics.
        known: values of the model's variables that have not changed; see `read_values`.

    Returns:
        The groups `model`, `optimizer`, `metrics` and `generators`; see `join`.
    """
    return join(
        {
            "model": read_variables(model.variables, known),
            "optimizer": read_optimizer(model.optimizer, accumulation_steps) if is_in_phase else {},
            "metrics": read_variables((head or model).metrics_variables) if is_in_epoch else {},
            "generators": read_generators(),
        }
    )


def write_training(model: keras.Model, arrays: Mapping[str, NDArray[Any]], accumulation_steps: int = 1) -> None:
    """Give a compiled model and its optimizer the numbers that `read_training` read; metrics and generators follow.

    Raises:
        UnusableCheckpointError: it has other variables.
    """
    write_variables(model.variables, group(arrays, "model"))
    write_optimizer(model.optimizer, accumulation_steps, group(arrays, "optimizer"))


def make_fresh_optimizer(model: keras.Model, arrays: Mapping[str, NDArray[Any]], accumulation_steps: int) -> Arrays:
    """Add to the numbers of a training those of its optimizer before its first step, in which there may be weights.

    Args:
        model: has the weights, and has just been compiled.
        arrays: of the training.
        accumulation_steps: in how many parts batches are computed.
    """
    fresh = {"model": read_variables(model.variables), "optimizer": read_optimizer(model.optimizer, accumulation_steps)}
    return {**arrays, **join(fresh)}


def group_weights(weights: Sequence[NDArray[Any]]) -> Arrays:
    """Name the weights of the best epoch as a checkpoint has them."""
    return join({"best": {f"{index:04}": array for index, array in enumerate(weights)}})
