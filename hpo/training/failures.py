"""What an exception inside a trial means for it, whichever engine raised it."""

from __future__ import annotations

import math
import re

from hpo.training.outcome import Cause

_OUT_OF_MEMORY_TYPES = ("MemoryError", "OutOfMemoryError", "ResourceExhaustedError")
_OUT_OF_MEMORY = re.compile(
    r"resource[_ ]exhausted|out of memory|out_of_memory|oom when allocating|memoryallocation"
    r"|(can't|cannot|unable to|failed to) allocate|status_alloc_failed|allocation_failed|bad_alloc",
    re.IGNORECASE,
)
"""TensorFlow, JAX and XLA; CUDA; PyTorch, NumPy and the C library; cuBLAS, cuDNN and C++."""
_ON_GPU = re.compile(r"\b(gpu|cuda|cudnn|cublas|hip|rocm)|gpu_|on device ordinal", re.IGNORECASE)
_ON_HOST = re.compile(r"cpuallocator|device:cpu|allocator \w*cpu|bad_alloc|host_allocation|cuda_?host", re.IGNORECASE)
_ASKED_FOR = re.compile(
    r"allocat(?:e|ing)(?: request for)? (?P<number>\d+(?:\.\d*)?) ?(?P<unit>bytes|[KMGT]i?B?\b)", re.IGNORECASE
)
_SHAPE = re.compile(r"tensor (?:with|of) shape ?\[(?P<shape>[\d,]+)\](?: and type (?P<type>\w+))?")
_UNITS = {"b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_BYTES = {"double": 8, "int64": 8, "half": 2, "bfloat16": 2, "uint8": 1, "bool": 1}
"""Of TensorFlow's types, those that do not take 4."""
_LONGEST = 500


def cause_of(error: BaseException, *, uses_gpu: bool | None = None) -> Cause:
    """Give the cause to record for an exception that ended a trial.

    Engines are recognized by the names of their exceptions and by their messages, so that none has to be imported:
    TensorFlow raises `ResourceExhaustedError`, JAX a runtime error with `RESOURCE_EXHAUSTED`, PyTorch
    `OutOfMemoryError` on a GPU and a `RuntimeError` on a CPU, NumPy a `MemoryError`; cuBLAS and cuDNN have a status.

    Args:
        error: what was raised.
        uses_gpu: whether the engine computes on a GPU: XLA's errors do not say where memory was asked for.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    if "TimeIsUp" in names:  # of `hpo.training.trial.checkpointer`, which imports an engine
        return Cause("timeout", str(error))
    if names & set(_OUT_OF_MEMORY_TYPES) or is_out_of_memory(str(error)):
        return _out_of_memory(error, is_on_host="MemoryError" in names, uses_gpu=uses_gpu)
    return Cause("error", f"{type(error).__name__}: {_one_line(error)}")


def impossible_architecture(error: Exception) -> Cause:
    """Give the cause to record when the network of a config cannot be built."""
    return Cause("impossible_architecture", _one_line(error))


def cause_of_death(event: str, oom_kills: int = 0) -> Cause:
    """Give the cause to record for a trial whose worker's process ended by itself.

    Memory that a CPU does not have ends many a process: engines check for it in threads of their own, where nobody can
    catch what they raise, and the kernel kills without a word.

    Args:
        event: how it ended, with what it said last.
        oom_kills: how many processes around it the kernel has killed meanwhile; see `hpo.processes.cgroups`.
    """
    if oom_kills and "SIGKILL" in event:
        return Cause("out_of_memory", f"on the host: the kernel ended the process, which had no memory left: {event}")
    if is_out_of_memory(event.replace("the machine may be out of memory", "")):
        place = "on the GPU" if _ON_GPU.search(event) and not _ON_HOST.search(event) else "on the host"
        return Cause("out_of_memory", f"{place}{_asked_for(event)}: {event}")
    return Cause("worker_died", event)


def is_out_of_memory(text: str) -> bool:
    """Tell whether what an engine says is that memory ran out."""
    return _OUT_OF_MEMORY.search(text) is not None


def _out_of_memory(error: BaseException, *, is_on_host: bool, uses_gpu: bool | None) -> Cause:
    text = str(error)
    if is_on_host or _ON_HOST.search(text):
        place = "on the host"
    elif _ON_GPU.search(text) or type(error).__name__ == "OutOfMemoryError":
        place = "on the GPU"
    else:
        place = {True: "on the GPU", False: "on the host", None: "on the device"}[uses_gpu]
    # What TensorFlow raises begins with the stack of calls, which may be long.
    said = next((line for line in text.splitlines() if _OUT_OF_MEMORY.search(line)), None)
    return Cause("out_of_memory", f"{place}{_asked_for(text)}: {_shorten(said.strip()) if said else _one_line(error)}")


def _asked_for(text: str) -> str:
    """Say how much memory was asked for, where the text has it."""
    if match := _ASKED_FOR.search(text):
        number = float(match["number"]) * _UNITS[match["unit"][0].lower()]
    elif match := _SHAPE.search(text):
        number = math.prod(map(int, match["shape"].split(","))) * _BYTES.get(match["type"] or "", 4)
    else:
        return ""
    unit, name = next(
        ((size, name) for size, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")) if number >= size), (1e3, "kB")
    )
    return f", where {number / unit:.3g} {name} more were asked for"


def _one_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return _shorten(" ".join(lines) or type(error).__name__)


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
