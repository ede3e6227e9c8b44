"""The generators of random numbers that a whole process shares: Python's, NumPy's and PyTorch's, as arrays."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from hpo.training.trial.variables import Arrays

_MERSENNE_TWISTER = 3
"""The version of the state that Python's generator gives."""


def read_generators() -> Arrays:
    """Read the states of the generators, by name.

    Layers of Keras have generators of their own, which are variables of the model; on PyTorch, dropout draws from the
    one that the process shares.
    """
    _, python, python_gauss = random.getstate()
    _, numpy, position, has_gauss, numpy_gauss = np.random.get_state()
    states = {
        "python": np.array(python, np.uint32),
        "python_gauss": np.array([] if python_gauss is None else [python_gauss]),
        "numpy": np.array([*numpy, position], np.uint32),
        "numpy_gauss": np.array([numpy_gauss] if has_gauss else []),
    }
    if keras.backend.backend() == "torch":
        import torch

        states["torch"] = torch.get_rng_state().numpy().copy()
        if torch.cuda.is_initialized():
            for index, state in enumerate(torch.cuda.get_rng_state_all()):
                states[f"cuda{index}"] = state.numpy().copy()
    return states


def write_generators(states: Mapping[str, NDArray[Any]]) -> None:
    """Bring the generators into the states that `read_generators` gave."""
    python_gauss, numpy_gauss = (states[name].tolist() for name in ("python_gauss", "numpy_gauss"))
    random.setstate((_MERSENNE_TWISTER, tuple(states["python"].tolist()), python_gauss[0] if python_gauss else None))
    *_, position = states["numpy"].tolist()
    gauss = (1, numpy_gauss[0]) if numpy_gauss else (0, 0.0)
    np.random.set_state(("MT19937", states["numpy"][:-1], position, *gauss))
    if keras.backend.backend() == "torch":
        import torch

        torch.set_rng_state(torch.from_numpy(states["torch"].copy()))
        for index in range(torch.cuda.device_count()):
            if f"cuda{index}" in states:
                torch.cuda.set_rng_state(torch.from_numpy(states[f"cuda{index}"].copy()), index)
