"""The cores and the memory that this process may use: the machine's, or what its control groups leave of them."""

from __future__ import annotations

import os
import platform
from math import ceil
from pathlib import Path

from hpo.processes.cgroups import MEMBERSHIP, MOUNTED, cpu_quotas, memory_limits


def usable_cores() -> list[int]:
    """List the numbers of the cores on which this process may run."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def core_count(membership: Path = MEMBERSHIP, mounted: Path = MOUNTED) -> int:
    """Count the cores that this process may use: no more than a container's or a batch job's quota of their time."""
    return min([len(usable_cores()), *(max(1, ceil(quota)) for quota in cpu_quotas(membership, mounted))])


def machine_memory(membership: Path = MEMBERSHIP, mounted: Path = MOUNTED) -> int:
    """Look up the bytes of memory that this process may use: the machine's, or a container's or a batch job's limit."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([memory, *memory_limits(membership, mounted)])


def describe_processor() -> str:
    """Describe the processor, by which libraries choose their kernels and compilers their instructions."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").split("\n\n")[0].splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(line for line in lines if line.startswith(("model name", "flags", "Features")))
