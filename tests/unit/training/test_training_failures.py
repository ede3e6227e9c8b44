"""Causes of failed trials, told by what engines raise."""

from __future__ import annotations

import numpy as np
import pytest

from hpo.training.failures import cause_of, impossible_architecture


def raised(name: str, message: str, parent: type[Exception] = RuntimeError) -> Exception:
    """An exception as an engine that is not installed here would raise it."""
    return type(name, (parent,), {})(message)


OUT_OF_MEMORY = {
    "TensorFlow, its own type": raised(
        "ResourceExhaustedError", "{{function_node __wrapped__AddV2}} OOM when allocating tensor with shape[64,224]"
    ),
    "TensorFlow, through a Keras layer": RuntimeError(
        "Exception encountered when calling Conv2D.call().\n\nOOM when allocating tensor with shape[64,64,224,224]"
    ),
    "TensorFlow, from CUDA": raised("InternalError", "Failed to allocate: CUDA_ERROR_OUT_OF_MEMORY: out of memory"),
    "JAX": raised("XlaRuntimeError", "RESOURCE_EXHAUSTED: Out of memory allocating 8589934592 bytes."),
    "JAX, newer": raised("JaxRuntimeError", "RESOURCE_EXHAUSTED: Failed to allocate request for 8.00GiB on device"),
    "XLA, without a code": RuntimeError("Out of memory while trying to allocate 17179869184 bytes."),
    "PyTorch on a GPU": raised("OutOfMemoryError", "CUDA out of memory. Tried to allocate 20.00 MiB."),
    "PyTorch on a CPU": RuntimeError(
        "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
        "allocate 4000000000000 bytes. Error code 12 (Cannot allocate memory)"
    ),
    "cuBLAS": RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    "cuDNN": raised("InternalError", "Failed to create cuDNN handle: CUDNN_STATUS_ALLOC_FAILED"),
    "Python": MemoryError(),
}


@pytest.mark.parametrize("error", OUT_OF_MEMORY.values(), ids=OUT_OF_MEMORY.keys())
def test_every_engine_s_lack_of_memory_is_recognized(error: Exception):
    assert cause_of(error).kind == "out_of_memory"


def test_numpy_s_lack_of_memory_is_recognized():
    with pytest.raises(MemoryError) as caught:
        np.empty(2**60, np.uint8)
    cause = cause_of(caught.value)
    assert cause.kind == "out_of_memory"
    assert "Unable to allocate" in cause.message


@pytest.mark.parametrize(
    "error",
    [
        ValueError("memory_format is not a known option"),
        RuntimeError("the zoom of the camera allocates too much"),
        KeyError("out"),
        raised("InvalidArgumentError", "Incompatible shapes: [2,3] vs. [3,2]"),
    ],
    ids=repr,
)
def test_other_exceptions_are_errors_with_type_and_message(error: Exception):
    cause = cause_of(error)
    assert cause.kind == "error"
    assert cause.message == f"{type(error).__name__}: {error}"


def test_messages_become_one_line_of_bounded_length():
    cause = cause_of(RuntimeError("first\n\n   second  \n" + "x" * 5000))
    assert cause.message.startswith("RuntimeError: first second xxx")
    assert cause.message.endswith("x...")
    assert len(cause.message) <= len("RuntimeError: ") + 500


def test_an_exception_without_a_message_is_told_by_its_type():
    assert cause_of(ZeroDivisionError()).message == "ZeroDivisionError: ZeroDivisionError"
    assert cause_of(MemoryError()).message == "MemoryError"


def test_a_cause_reads_kind_first():
    cause = impossible_architecture(ValueError("no pixels left"))
    assert cause.kind == "impossible_architecture"
    assert str(cause) == "impossible_architecture: no pixels left"
