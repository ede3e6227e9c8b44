"""What tells a network from another that computes something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.engine

PAIRS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "a factor": (lambda ops, x: 2 * x, lambda ops, x: 3 * x),
    "the order": (lambda ops, x: x - 1, lambda ops, x: 1 - x),
    "an exponent": (lambda ops, x: ops.power(x, 2.0), lambda ops, x: ops.power(x, 3.0)),
    "a limit": (lambda ops, x: ops.clip(x, 0, 6), lambda ops, x: ops.clip(x, 0, 1)),
    "a threshold": (lambda ops, x: ops.maximum(x, 0.0), lambda ops, x: ops.maximum(x, 0.5)),
    "a part": (lambda ops, x: x[:, :2], lambda ops, x: x[:, 2:]),
    "an array": (lambda ops, x: x + np.arange(4.0), lambda ops, x: x + np.arange(1.0, 5.0)),
    "a tensor": (lambda ops, x: ops.where(x > 0, x, ops.ones(4)), lambda ops, x: ops.where(x > 0, x, ops.zeros(4))),
    "what goes where": (lambda ops, x: ops.subtract(x, ops.relu(x)), lambda ops, x: ops.subtract(ops.relu(x), x)),
}


def describe(compute: Callable[[Any, Any], Any]) -> str:
    import keras

    from hpo.training.network.fingerprint import describe_calls
    from hpo.training.network.graph import calls_of

    numbers = keras.Input((4,))
    model = keras.Model(numbers, compute(keras.ops, numbers))
    return json.dumps(describe_calls(calls_of(model), model.inputs))


@pytest.mark.parametrize("name", PAIRS)
def test_networks_that_differ_in_what_an_operation_is_called_with_are_told_apart(name: str):
    one, other = PAIRS[name]
    assert describe(one) == describe(one)
    assert describe(one) != describe(other)
