"""The devices that an engine trains on, and how much memory they have."""

from __future__ import annotations

import os
from pathlib import Path

from hpo.processes.cgroups import MEMBERSHIP, MOUNTED, memory_limits
from hpo.spaces import Engine


def describe_device(engine: Engine) -> str:
    """Name the devices that the engine sees, such as `cpu` or `gpu: NVIDIA H100`. Imports the engine."""
    names = _accelerators(engine)
    return f"gpu: {', '.join(names)}" if names else "cpu"


def device_memory(engine: Engine) -> int | None:
    """Bytes that training may use, of a GPU where the engine sees one, else of the machine. Imports the engine.

    None where it cannot be found out: see `gpu_memory`.
    """
    return gpu_memory() if _accelerators(engine) else machine_memory()


def machine_memory(cgroup: Path = MEMBERSHIP, mounted: Path = MOUNTED) -> int:
    """Bytes of the machine's memory, or of what this process may use of it: a container's or a batch job's limit.

    Args:
        cgroup: says in which control groups the process is.
        mounted: where control groups are.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([memory, *memory_limits(cgroup, mounted)])


def gpu_memory() -> int | None:
    """All the bytes that the smallest visible GPU has, whatever others use of them now; None where NVML cannot tell."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        return min((pynvml.nvmlDeviceGetMemoryInfo(gpu).total for gpu in _visible_gpus()), default=None)
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()


def _accelerators(engine: Engine) -> list[str]:
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


def _visible_gpus() -> list[object]:
    """NVML's handles of the GPUs that CUDA_VISIBLE_DEVICES leaves: by index, or by UUID (parts of a GPU have one)."""
    import pynvml

    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = [name.strip() for name in visible.split(",")] if visible else map(str, range(pynvml.nvmlDeviceGetCount()))
    return [
        pynvml.nvmlDeviceGetHandleByIndex(int(name)) if name.isdigit() else pynvml.nvmlDeviceGetHandleByUUID(name)
        for name in names
    ]
