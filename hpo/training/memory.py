"""Where engines compute, what they keep there of a finished trial, and how a worker gets it back."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def free_memory_afterwards() -> Iterator[None]:
    """Free what the block leaves in the engine: Keras' global state, and the graphs that TensorFlow holds on to.

    Each `fit` on TensorFlow registers gradient functions (`CustomGradient-...`) that hold its graphs and that
    `keras.backend.clear_session` does not take out again: about 10 MB a trial of a small CNN.
    """
    before = set(_gradient_registry())
    try:
        yield
    finally:
        registry = _gradient_registry()
        for name in [name for name in registry if name not in before and name.startswith("CustomGradient-")]:
            del registry[name]
        keras.backend.clear_session(free_memory=False)
        gc.collect()


def uses_gpu() -> bool:
    """Tell whether the engine computes on something else than the CPU."""
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            return bool(tf.config.list_logical_devices("GPU"))
        case "jax":
            import jax

            return bool(jax.default_backend() != "cpu")
        case _:
            import torch

            return bool(torch.cuda.is_available())


def _gradient_registry() -> dict[str, object]:
    """TensorFlow's registry of gradient functions; empty with other engines, or where TensorFlow keeps it elsewhere."""
    if keras.backend.backend() != "tensorflow":
        return {}
    from tensorflow.python.framework import ops

    registry: dict[str, object] = getattr(getattr(ops, "gradient_registry", None), "_registry", {})
    return registry
