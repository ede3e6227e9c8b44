"""How many cores and how much memory a process may use: a machine's, a container's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpo.processes.machine import core_count, machine_memory, usable_cores

MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
CORES = len(usable_cores())


def groups(folder: Path, membership: str, limits: dict[str, str]) -> tuple[Path, Path]:
    """Control groups as Linux shows them: the process' own, and the files of all that are mounted."""
    (folder / "cgroup").write_text(membership)
    for name, limit in limits.items():
        file = folder / "mounted" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{limit}\n")
    return folder / "cgroup", folder / "mounted"


def test_without_control_groups_they_are_the_machine_s(tmp_path: Path):
    assert machine_memory(tmp_path / "none", tmp_path) == MEMORY
    assert core_count(tmp_path / "none", tmp_path) == CORES


@pytest.mark.parametrize(
    ("cgroup", "limits", "expected"),
    [
        ("0::/job\n", {"job/memory.max": "1000000", "memory.max": "max"}, 1_000_000),
        ("0::/job/step\n", {"job/step/memory.max": "max", "job/memory.max": "2000000"}, 2_000_000),
        ("0::/job/step\n", {"job/step/memory.max": "3000000", "job/memory.max": "2000000"}, 2_000_000),
        ("0::/outside/a/container\n", {"memory.max": "1000000"}, 1_000_000),
        ("0::/\n", {}, MEMORY),
        ("0::/job\n", {"job/memory.max": "max"}, MEMORY),
        ("0::/job\n", {"job/memory.max": str(2 * MEMORY)}, MEMORY),
        ("4:memory:/job\n3:cpu:/\n", {"memory/job/memory.limit_in_bytes": "1000000"}, 1_000_000),
        ("4:cpu,memory:/job\n0::/\n", {"memory/memory.limit_in_bytes": "1000000"}, 1_000_000),
        ("4:memory:/job\n", {"memory/job/memory.limit_in_bytes": "9223372036854771712"}, MEMORY),
        ("5:name=systemd:/a:b\n4:memory:/a:b\n", {"memory/a:b/memory.limit_in_bytes": "1000000"}, 1_000_000),
    ],
)
def test_the_tightest_limit_around_the_process_counts(cgroup: str, limits: dict[str, str], expected: int, tmp_path):
    assert machine_memory(*groups(tmp_path, cgroup, limits)) == expected


@pytest.mark.parametrize(
    ("cgroup", "limits", "expected"),
    [
        ("0::/job\n", {"job/cpu.max": "max 100000"}, CORES),
        ("0::/job\n", {"job/cpu.max": "100000 100000"}, 1),
        ("0::/job/step\n", {"job/step/cpu.max": "max 100000", "job/cpu.max": "50000 100000"}, 1),
        ("0::/job\n", {"job/cpu.max": f"{(CORES + 5) * 100000} 100000"}, CORES),
        ("3:cpu,cpuacct:/job\n", {"cpu/job/cpu.cfs_quota_us": "-1", "cpu/job/cpu.cfs_period_us": "100000"}, CORES),
        ("3:cpu,cpuacct:/job\n", {"cpu/job/cpu.cfs_quota_us": "50000", "cpu/job/cpu.cfs_period_us": "50000"}, 1),
    ],
)
def test_a_quota_of_time_counts_as_cores(cgroup: str, limits: dict[str, str], expected: int, tmp_path: Path):
    assert core_count(*groups(tmp_path, cgroup, limits)) == expected
