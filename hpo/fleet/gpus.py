"""The NVIDIA GPUs of this machine that CUDA shows to this process, found by NVML without an engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

VISIBLE = "CUDA_VISIBLE_DEVICES"
_MILLI = 1000


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU; or an instance of one that is divided by MIG, which is a device of its own.

    Attributes:
        index: NVML's number of the GPU; instances of one GPU have the same.
        uuid: by which `CUDA_VISIBLE_DEVICES` names it.
        memory: bytes in all.
        free: bytes that no process uses now.
        is_instance: whether it is a part of a GPU.
    """

    index: int
    uuid: str
    name: str
    memory: int
    free: int
    is_instance: bool = False


@dataclass(frozen=True, slots=True)
class GpuInventory:
    """What NVML finds.

    Attributes:
        gpus: those that processes of this one see, in the order of `CUDA_VISIBLE_DEVICES`.
        hidden: the others, which `CUDA_VISIBLE_DEVICES` leaves out.
        driver: the driver's version; None where NVML does not start.
        cuda: the newest version of CUDA that the driver runs, such as `12.8`.
        problems: why NVML does not start, or what it cannot say of a GPU.
        has_no_driver: whether there is no NVIDIA driver at all.
    """

    gpus: tuple[Gpu, ...] = ()
    hidden: tuple[Gpu, ...] = ()
    driver: str | None = None
    cuda: str | None = None
    problems: tuple[str, ...] = ()
    has_no_driver: bool = False


def hide_gpus(engine: str) -> dict[str, str]:
    """Give the variables by which an engine sees no GPU."""
    return {VISIBLE: "-1"} | ({"JAX_PLATFORMS": "cpu"} if engine == "jax" else {})


def find_gpus() -> GpuInventory:
    """List the GPUs by NVML; what fails is told in the result, since a machine without a GPU is no error."""
    try:
        import pynvml
    except ImportError:
        return GpuInventory(problems=("the package nvidia-ml-py is not installed",))
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        missing = (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
        return GpuInventory(problems=(str(error),), has_no_driver=error.value in missing)
    try:
        problems: list[str] = []
        gpus = [gpu for index in range(pynvml.nvmlDeviceGetCount()) for gpu in _read_gpu(pynvml, index, problems)]
        seen = _select(gpus, os.environ.get(VISIBLE))
        version = int(pynvml.nvmlSystemGetCudaDriverVersion())
        cuda = f"{version // 1000}.{version % 1000 // 10}"
        driver = str(pynvml.nvmlSystemGetDriverVersion())
        hidden = tuple(gpu for gpu in gpus if gpu not in seen)
        return GpuInventory(tuple(seen), hidden, driver, cuda, tuple(problems))
    except pynvml.NVMLError as error:
        return GpuInventory(problems=(str(error),))
    finally:
        pynvml.nvmlShutdown()


def read_energy() -> float | None:
    """Read the joules that the GPUs that this process sees have taken since their drivers were loaded.

    Returns:
        None where it sees no GPU, or NVML does not tell it of each: it does from Volta on, and not of MIG's instances.
    """
    gpus = find_gpus().gpus
    if not gpus or any(gpu.is_instance for gpu in gpus):
        return None
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(gpu.index) for gpu in gpus]
        return sum(int(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)) for handle in handles) / _MILLI
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()


def _read_gpu(pynvml: Any, index: int, problems: list[str]) -> Iterator[Gpu]:  # noqa: ANN401 - a module without types
    """Read a GPU, or its instances; what goes wrong with it keeps no other from being used."""
    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        handles = _instances(pynvml, handle)
        for device in [handle] if handles is None else handles:
            memory = pynvml.nvmlDeviceGetMemoryInfo(device)
            yield Gpu(
                index,
                str(pynvml.nvmlDeviceGetUUID(device)),
                str(pynvml.nvmlDeviceGetName(device)),
                int(memory.total),
                int(memory.free),
                handles is not None,
            )
        if handles == []:
            problems.append(f"GPU {index} is in MIG mode and has no instance, so nothing can run on it")
    except pynvml.NVMLError as error:
        problems.append(f"GPU {index}: {error}")


def _instances(pynvml: Any, handle: object) -> list[object] | None:  # noqa: ANN401 - a module without types
    """List the handles of the MIG instances of a GPU; None where it is not divided."""
    try:
        mode, _ = pynvml.nvmlDeviceGetMigMode(handle)
        if not mode:
            return None
        count = pynvml.nvmlDeviceGetMaxMigDeviceCount(handle)
    except pynvml.NVMLError:  # a GPU that cannot be divided
        return None
    handles = []
    for number in range(count):
        try:
            handles.append(pynvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, number))
        except pynvml.NVMLError:  # so many there could be
            continue
    return handles


def _select(gpus: list[Gpu], visible: str | None) -> list[Gpu]:
    """Choose what `CUDA_VISIBLE_DEVICES` names, as CUDA does: up to the first name that it does not know.

    A GPU that is divided stands for all its instances, of which CUDA itself would show the first alone.
    """
    if visible is None:
        return gpus
    chosen: list[Gpu] = []
    for name in map(str.strip, visible.split(",")):
        if name.isdigit():
            matches = [gpu for gpu in gpus if gpu.index == int(name)]
        else:
            matches = [gpu for gpu in gpus if name.startswith(("GPU-", "MIG-")) and gpu.uuid.startswith(name)]
        if not matches:
            break
        chosen += [gpu for gpu in matches if gpu not in chosen]
    return chosen
