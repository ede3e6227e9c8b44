"""The devices that an engine trains on, how much memory they have, and how much of it a worker may use."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hpo.errors import UserError
from hpo.fleet.gpus import find_gpus
from hpo.processes.machine import machine_memory
from hpo.spaces import Engine, Resources

GPU_SHARE = "HPO_GPU_SHARE"
"""Variable of a worker: the share of its GPU that it has where nobody limits it, since others are on the same GPU."""
GPU_MEMORY, GPU_TOTAL, HOST_MEMORY = "HPO_GPU_MEMORY", "HPO_GPU_TOTAL", "HPO_MEMORY"
"""Variables of a worker: bytes that it may use of its GPU, bytes that this has, and bytes of the machine's memory."""
_OWN_SHARE = 0.9
"""Of a share of a GPU's memory, what an engine may allocate: CUDA and its libraries need some for each process, which
no engine's limit counts."""


def import_engine() -> None:
    """Import what training takes, without searching half a million new objects for cycles meanwhile.

    The searches took a fifth of the time of the imports. They are not frozen here: a process that is
    more than a worker has garbage of its own to collect.
    """
    with _without_collection():
        import_tools()
        if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow" and not find_gpus().gpus:
            _let_threads_sleep()
        import hpo.training.trial.trial  # noqa: F401 - and Keras with its engine


def import_tools() -> None:
    """Import what training takes besides its engine: nothing of it but NumPy's BLAS has threads (`EarlyProcess`)."""
    with _without_collection():
        import hpo.search.optuna.search
        import hpo.studies.store.sqlite.storage  # noqa: F401


def _let_threads_sleep() -> None:
    """Have TensorFlow's threads wait for work asleep; by themselves they look for it for a while (docs/performance.md).

    TensorFlow takes such a setting from whoever enables eager execution, which it does by itself, so it is disabled
    first. What has used TensorFlow already, a plug-in of it or somebody's own code, leaves its threads as they are.
    """
    if "tensorflow" in sys.modules:
        return
    import tensorflow as tf

    config = tf.compat.v1.ConfigProto()
    config.experimental.disable_thread_spinning = True
    tf.compat.v1.disable_eager_execution()
    try:
        tf.compat.v1.enable_eager_execution(config)
    except (AttributeError, ValueError):  # AttributeError: TensorFlow 2.20 fails to word the ValueError
        tf.compat.v1.disable_eager_execution()
        tf.compat.v1.enable_eager_execution()


@contextmanager
def _without_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def describe_device(engine: Engine) -> str:
    """Name the devices that the engine sees, such as `cpu` or `gpu: NVIDIA H100`. Imports the engine."""
    names = accelerators(engine)
    return f"gpu: {', '.join(names)}" if names else "cpu"


def device_memory(engine: Engine, resources: Resources) -> int | None:
    """Look up the bytes that a trial may use, of a GPU where the engine sees one, else of the machine.

    Imports the engine. None where it cannot be found out: see `gpu_memory`.
    """
    if resources.gpus == 0 or not accelerators(engine):
        return min(machine_memory(), resources.memory or machine_memory())
    total = gpu_memory()
    return None if total is None else share_memory(total, resources.gpus or 1)


def gpu_share(engine: Engine, resources: Resources) -> float:
    """Give the share of a GPU that a trial has here; 0 where it trains on the CPU. Imports the engine."""
    if resources.gpus == 0 or not accelerators(engine):
        return 0.0
    return resources.gpus or float(os.environ.get(GPU_SHARE, "1"))


def gpu_memory() -> int | None:
    """Look up all the bytes that the smallest visible GPU has, whoever uses them; None where NVML cannot tell."""
    return min((gpu.memory for gpu in find_gpus().gpus), default=None)


def share_memory(total: int, share: float) -> int:
    """Compute the bytes that an engine may allocate of a GPU that has so many, by a trial's share of it."""
    return total if share >= 1 else int(total * share * _OWN_SHARE)


def limit_variables(memory: int, total: int, engine: Engine) -> dict[str, str]:
    """Give the variables by which a worker knows that it has a GPU, and how many of its bytes it may use.

    JAX reads its limit from one; the other engines are told by `limit_memory`.
    """
    variables = {GPU_MEMORY: str(memory), GPU_TOTAL: str(total)}
    if engine == "jax" and memory < total:
        # JAX 0.10 refuses the old name beside the new one; an empty one counts as unset.
        variables |= {"XLA_CLIENT_MEM_FRACTION": f"{memory / total:.4f}", "XLA_PYTHON_CLIENT_MEM_FRACTION": ""}
    return variables


def limit_memory(engine: Engine) -> None:
    """Hold the engine to what its worker may use of the GPU, before anything is computed. Imports the engine.

    Raises:
        UserError: the worker has a GPU, and the engine does not see it.
    """
    if GPU_MEMORY not in os.environ:
        return
    if not accelerators(engine):
        raise UserError(
            f"resources.gpus: a trial trains on a GPU. Received one that {engine} does not see, though NVML does: it "
            f"may be installed without CUDA. `hpo doctor --engines` tells what to install; "
            "`--set resources.gpus=0` trains on the CPU."
        )
    memory, total = int(os.environ[GPU_MEMORY]), int(os.environ[GPU_TOTAL])
    if memory >= total:
        return
    if engine == "tensorflow":
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):
            limit = tf.config.LogicalDeviceConfiguration(memory_limit=memory / 2**20)
            tf.config.set_logical_device_configuration(gpu, [limit])
    elif engine == "torch":
        import torch

        torch.cuda.set_per_process_memory_fraction(memory / total)


def limit_host_memory(status: Path = Path("/proc/self/status")) -> None:
    """Hold this process to the machine's memory that its worker may use: more raises `MemoryError`, or ends it.

    The kernel counts what is reserved, used or not (`RLIMIT_DATA`), so what the engine has reserved by now and does not
    use is allowed on top.
    """
    if HOST_MEMORY not in os.environ or not status.is_file():
        return
    import resource

    sizes = {name: int(size) * 1024 for name, size in re.findall(r"(VmData|RssAnon):\s+(\d+) kB", status.read_text())}
    unused = max(0, sizes.get("VmData", 0) - sizes.get("RssAnon", 0))
    with suppress(ValueError, OSError):  # a lower limit is set already
        resource.setrlimit(resource.RLIMIT_DATA, (int(os.environ[HOST_MEMORY]) + unused, resource.RLIM_INFINITY))


def accelerators(engine: Engine) -> list[str]:
    """The names of the devices that the engine sees besides the CPU."""
    if engine == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    if engine == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform != "cpu"]
    import torch

    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
