"""What an exception inside a trial means for it, whichever engine raised it."""

from __future__ import annotations

from hpo.training.outcome import Cause

_OUT_OF_MEMORY_TYPES = ("MemoryError", "OutOfMemoryError", "ResourceExhaustedError")
_OUT_OF_MEMORY_WORDS = (
    "resource_exhausted",
    "out of memory",
    "oom when allocating",
    "can't allocate memory",
    "status_alloc_failed",
)
_LONGEST = 500


def cause_of(error: BaseException) -> Cause:
    """The cause to record for an exception that ended a trial.

    Engines are recognized by the names of their exceptions and by their messages, so that none has to be imported:
    TensorFlow raises `ResourceExhaustedError`, JAX a runtime error with `RESOURCE_EXHAUSTED`, PyTorch
    `OutOfMemoryError` on a GPU and a `RuntimeError` on a CPU, NumPy a `MemoryError`; cuBLAS and cuDNN have a status.
    """
    text = _first_lines(error)
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & set(_OUT_OF_MEMORY_TYPES) or any(words in str(error).lower() for words in _OUT_OF_MEMORY_WORDS):
        return Cause("out_of_memory", text)
    return Cause("error", f"{type(error).__name__}: {text}")


def impossible_architecture(error: Exception) -> Cause:
    """The cause to record when the network of a config cannot be built."""
    return Cause("impossible_architecture", _first_lines(error))


def _first_lines(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines) or type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
