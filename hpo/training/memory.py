"""Where engines compute, what they keep there of a finished trial, and how a worker gets it back."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import keras


@contextmanager
def free_memory_afterwards(keeps_functions: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Free what the block leaves in the engine: Keras' global state, and the graphs that TensorFlow holds on to.

    Each `fit` on TensorFlow registers gradient functions (`CustomGradient-...`) that hold its graphs and that
    `keras.backend.clear_session` does not take out again: about 10 MB a trial of a small CNN.

    Args:
        keeps_functions: is asked at the end whether all functions that were compiled will be called again; see
            `keep_kernels`.
    """
    before = set(_gradient_registry())
    with keep_kernels():
        keras.backend.clear_session(free_memory=False)  # names of layers are counted anew, so they are always the same
    try:
        yield
    finally:
        registry = _gradient_registry()
        for name in [name for name in registry if name not in before and name.startswith("CustomGradient-")]:
            del registry[name]
        with keep_kernels() if keeps_functions() else nullcontext():
            keras.backend.clear_session(free_memory=False)
        gc.collect()


def keep_kernels() -> AbstractContextManager[None]:
    """Have what is done in the block leave TensorFlow's cache of kernels alone: it is cleared only where it is eager.

    Keras (3.15) clears it with its session, and TensorFlow (2.21) with each seed that it gets, to begin its own
    generators anew. Every function that was compiled has to be prepared again then: 0.3 s for a small CNN.
    """
    if keras.backend.backend() != "tensorflow":
        return nullcontext()
    from tensorflow.python.eager import context

    graph_mode: AbstractContextManager[None] = context.graph_mode()
    return graph_mode


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
