"""Causes of failed trials, told by what engines raise."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from hpo.training.failures import cause_of, cause_of_death, impossible_architecture


def raised(name: str, message: str, parent: type[Exception] = RuntimeError) -> Exception:
    """An exception as an engine that is not installed here would raise it."""
    return type(name, (parent,), {})(message)


OUT_OF_MEMORY = {
    "TensorFlow, its own type": (
        raised(
            "ResourceExhaustedError",
            "Graph execution error:\n\nDetected at node a/b defined at (most recent call last):\n  File x\n"
            "OOM when allocating tensor with shape[64,224,224,64] and type float on "
            "/job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc",
        ),
        "on the GPU, where 822 MB more were asked for",
    ),
    "TensorFlow on a CPU": (
        raised(
            "ResourceExhaustedError",
            "OOM when allocating tensor with shape[1024,62,62,64] and type half on "
            "/job:localhost/replica:0/task:0/device:CPU:0 by allocator mklcpu",
        ),
        "on the host, where 504 MB more were asked for",
    ),
    "TensorFlow, through a Keras layer": (
        RuntimeError(
            "Exception encountered when calling Conv2D.call().\n\nOOM when allocating tensor with shape[64,64,224,224]"
        ),
        "on the device, where 822 MB more were asked for",
    ),
    "TensorFlow, from CUDA": (
        raised(
            "InternalError",
            "failed to allocate 32.00M (33554432 bytes) from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        ),
        "on the GPU, where 33.6 MB more were asked for",
    ),
    "JAX": (
        raised("XlaRuntimeError", "RESOURCE_EXHAUSTED: Out of memory allocating 8589934592 bytes."),
        "on the device, where 8.59 GB more were asked for",
    ),
    "JAX, newer": (
        raised("JaxRuntimeError", "RESOURCE_EXHAUSTED: Failed to allocate request for 8.00GiB on device ordinal 0"),
        "on the GPU, where 8.59 GB more were asked for",
    ),
    "XLA, without a code": (
        RuntimeError("Out of memory while trying to allocate 3.68GiB."),
        "on the device, where 3.95 GB more were asked for",
    ),
    "XLA, a constant": (
        raised("XlaRuntimeError", "INTERNAL: Failed to allocate 98697216 bytes for new constant"),
        "on the device, where 98.7 MB more were asked for",
    ),
    "PyTorch on a GPU": (
        raised(
            "OutOfMemoryError", "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 4 GiB"
        ),
        "on the GPU, where 21 MB more were asked for",
    ),
    "PyTorch on a CPU": (
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
            "allocate 4000000000000 bytes. Error code 12 (Cannot allocate memory)"
        ),
        "on the host, where 4 TB more were asked for",
    ),
    "cuBLAS": (
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        "on the GPU",
    ),
    "cuDNN": (raised("InternalError", "Failed to create cuDNN handle: CUDNN_STATUS_ALLOC_FAILED"), "on the GPU"),
    "cuDNN, newer": (RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"), "on the GPU"),
    "C++": (RuntimeError("std::bad_alloc"), "on the host"),
    "Python": (MemoryError(), "on the host"),
}


@pytest.mark.parametrize(("error", "where"), OUT_OF_MEMORY.values(), ids=OUT_OF_MEMORY.keys())
def test_every_engine_s_lack_of_memory_is_recognized_with_where_and_how_much(error: Exception, where: str):
    cause = cause_of(error)
    assert cause.kind == "out_of_memory"
    assert cause.message.startswith(f"{where}: ")
    assert "Detected at node" not in cause.message


@pytest.mark.parametrize(("uses_gpu", "where"), [(True, "on the GPU"), (False, "on the host")])
def test_where_an_error_of_xla_does_not_say_the_place_it_is_where_the_engine_computes(uses_gpu: bool, where: str):
    error = RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 10 bytes.")
    assert cause_of(error, uses_gpu=uses_gpu).message.startswith(f"{where}, where")
    assert cause_of(MemoryError("no room"), uses_gpu=True).message == "on the host: no room"


LIMITED = """\
import resource, sys
import numpy as np
from hpo.training.failures import cause_of
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
try:
    np.ones((2**14, 2**14))
except MemoryError as error:
    print(cause_of(error))
"""


def test_a_process_that_may_take_no_more_memory_says_so():
    output = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, check=True).stdout
    assert output.startswith(
        "out_of_memory: on the host, where 2.15 GB more were asked for: Unable to allocate 2.00 GiB"
    )


@pytest.mark.parametrize(
    ("event", "kills", "cause"),
    [
        ("worker 1 died (signal 9, SIGKILL)", 1, "out_of_memory: on the host: the kernel ended the process"),
        ("worker 1 died (signal 9, SIGKILL; the machine may be out of memory): nothing", 0, "worker_died: worker 1"),
        ("worker 1 died (signal 11, SIGSEGV)", 1, "worker_died: worker 1"),
        (
            "worker 1 died (signal 6, SIGABRT): OOM when allocating tensor with shape[1000,1000] on device:CPU:0",
            0,
            "out_of_memory: on the host, where 4 MB more were asked for: worker 1 died",
        ),
        ("worker 1 died (signal 6, SIGABRT): cuda out of memory", 0, "out_of_memory: on the GPU: worker 1"),
    ],
)
def test_a_worker_that_memory_ended_is_told_from_one_that_died_otherwise(event: str, kills: int, cause: str):
    assert str(cause_of_death(event, kills)).startswith(cause)


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
    assert cause_of(MemoryError()).message == "on the host: MemoryError"


def test_a_cause_reads_kind_first():
    cause = impossible_architecture(ValueError("no pixels left"))
    assert cause.kind == "impossible_architecture"
    assert str(cause) == "impossible_architecture: no pixels left"
