"""GPUs, cores and memory of this machine, as far as trials may use them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil

from hpo.doctor.diagnosis import Diagnosis
from hpo.fleet.gpus import VISIBLE, Gpu, GpuInventory
from hpo.fleet.reservations import Reservation
from hpo.processes.machine import core_count, machine_memory

_GB = 1e9
_LITTLE_MEMORY = 4e9
_TAKEN = 0.5
"""A GPU with less of its memory free is one that others use."""
_PCI = Path("/sys/bus/pci/devices")


def examine_hardware(inventory: GpuInventory, held: Reservation, pci: Path = _PCI) -> Iterator[Diagnosis]:
    """Say what trials may use.

    Args:
        inventory: what NVML finds.
        held: what runs of hpo hold now.
        pci: where Linux lists the devices of the machine.
    """
    yield from _examine_gpus(inventory, pci)
    cores, all_cores = core_count(), os.cpu_count() or 1
    limit = f" of the machine's {all_cores}: a container, a batch job or taskset sets a limit"
    yield Diagnosis("cores", "ok", f"{cores}{limit if cores < all_cores else ''}")
    memory, free = machine_memory(), psutil.virtual_memory().available
    text = f"{memory / _GB:.1f} GB, of which {min(memory, free) / _GB:.1f} GB are free"
    if memory < _LITTLE_MEMORY:
        yield Diagnosis("memory", "warning", f"{text}; an engine takes about 1 GB", "run one worker, on small images")
    else:
        yield Diagnosis("memory", "ok", text)
    if held != Reservation():
        parts = [f"{sum(held.gpus.values()):g} GPUs"] if held.gpus else []
        parts += [f"{len(held.cores)} cores"] if held.cores else []
        parts += [f"{held.memory / _GB:.1f} GB of memory"] if held.memory else []
        yield Diagnosis("runs", "ok", f"other runs of hpo hold {', '.join(parts)}")


def _examine_gpus(inventory: GpuInventory, pci: Path) -> Iterator[Diagnosis]:
    if inventory.driver is None:
        yield _without_nvml(inventory, pci)
        return
    if inventory.gpus or inventory.hidden:
        text = f"NVIDIA {inventory.driver}, which runs CUDA up to {inventory.cuda}"
    else:
        text = f"NVIDIA {inventory.driver}, and no GPU: trials train on the CPU"
    yield Diagnosis("driver", "ok", text)
    yield from (_examine_gpu(gpu) for gpu in inventory.gpus)
    for problem in inventory.problems:
        is_divided = "MIG" in problem
        remedy = "make instances (nvidia-smi mig), or turn MIG off" if is_divided else "see dmesg; restart the machine"
        yield Diagnosis("gpus", "warning", problem, remedy)
    visible = os.environ.get(VISIBLE, "")
    if inventory.hidden:
        text = f"{VISIBLE}={visible!r} leaves out {len(inventory.hidden)} of them"
        if inventory.gpus:
            yield Diagnosis("gpus", "ok", text)
        else:
            yield Diagnosis("gpus", "warning", text, f"unset it, or name GPUs by index or UUID: {VISIBLE}=0")
    is_mixed = len({gpu.name for gpu in (*inventory.gpus, *inventory.hidden)}) > 1
    has_index = any(name.strip().isdigit() for name in visible.split(","))
    if has_index and is_mixed and os.environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID":
        text = f"{VISIBLE} names GPUs by index, which CUDA counts from the fastest and NVML by their place"
        yield Diagnosis("gpus", "warning", text, "export CUDA_DEVICE_ORDER=PCI_BUS_ID, or name them by UUID")


def _examine_gpu(gpu: Gpu) -> Diagnosis:
    kind = "mig on gpu" if gpu.is_instance else "gpu"
    text = f"{gpu.name}, {gpu.memory / _GB:.0f} GB, {gpu.uuid}"
    if gpu.free < _TAKEN * gpu.memory:
        used = f"{text}; other processes use {(gpu.memory - gpu.free) / _GB:.0f} GB of it"
        remedy = "see by nvidia-smi who does; trials may run out of memory"
        return Diagnosis(f"{kind} {gpu.index}", "warning", used, remedy)
    return Diagnosis(f"{kind} {gpu.index}", "ok", text)


def _without_nvml(inventory: GpuInventory, pci: Path) -> Diagnosis:
    why = "; ".join(inventory.problems)
    if not inventory.has_no_driver:
        remedy = "restart the machine after an update of the driver, or install the driver again"
        return Diagnosis("gpus", "error", f"NVIDIA's driver is there and does not work: {why}", remedy)
    if _has_nvidia_device(pci):
        remedy = "install NVIDIA's driver; in a container, start it with `--gpus all`"
        return Diagnosis("gpus", "warning", f"the machine has one of NVIDIA's, and no driver for it: {why}", remedy)
    return Diagnosis("gpus", "ok", f"none of NVIDIA's: trials train on the CPU ({why})")


def _has_nvidia_device(pci: Path) -> bool:
    """Whether a display controller or accelerator of NVIDIA's is in the machine."""
    for device in pci.glob("*"):
        try:
            vendor, kind = (device / "vendor").read_text().strip(), (device / "class").read_text().strip()
        except OSError:
            continue
        if vendor == "0x10de" and kind.startswith("0x03"):
            return True
    return False
