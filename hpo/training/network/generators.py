"""The generators of random numbers that a whole process shares: Python's, NumPy's and PyTorch's, as arrays."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

_MERSENNE_TWISTER = 3
"""The version of the state that Python's generator gives."""


def read_generators() -> dict[str, NDArray[Any]]:
    """Read the states of the generators, by name.

    Layers of Keras have generators of their own, which are variables of the model; on PyTorch, dropout draws from the
    one that the process shares.
    """
    _, python, python_gauss = random.getstate()
    numpy = np.random.get_state(legacy=False)
    states = {
        "python": np.array(python, np.uint32),
        "python_gauss": np.array([] if python_gauss is None else [python_gauss]),
    }
    if numpy["bit_generator"] == "MT19937":  # NumPy's own; the user's code may have put another in its place
        states["numpy"] = np.array([*numpy["state"]["key"], numpy["state"]["pos"]], np.uint32)
        states["numpy_gauss"] = np.array([numpy["gauss"]] if numpy["has_gauss"] else [])
    if keras.backend.backend() == "torch":
        import torch

        states["torch"] = torch.get_rng_state().numpy().copy()
        if torch.cuda.is_initialized():
            for index, state in enumerate(torch.cuda.get_rng_state_all()):
                states[f"cuda{index}"] = state.numpy().copy()
    return states


def write_generators(states: Mapping[str, NDArray[Any]]) -> None:
    """Bring the generators into the states that `read_generators` gave."""
    gauss = states["python_gauss"].tolist()
    random.setstate((_MERSENNE_TWISTER, tuple(states["python"].tolist()), gauss[0] if gauss else None))
    if "numpy" in states:
        gauss = states["numpy_gauss"].tolist()
        np.random.set_state(("MT19937", states["numpy"][:-1], int(states["numpy"][-1]), len(gauss), *(gauss or [0.0])))
    if keras.backend.backend() == "torch":
        import torch

        torch.set_rng_state(torch.from_numpy(states["torch"].copy()))
        for index in range(torch.cuda.device_count()):
            if f"cuda{index}" in states:
                torch.cuda.set_rng_state(torch.from_numpy(states[f"cuda{index}"].copy()), index)
