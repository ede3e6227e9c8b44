"""How much memory training may use: a machine's, a container's, a GPU's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hpo.fleet.device import device_memory, gpu_memory, machine_memory

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
GB = 10**9


def groups(folder: Path, cgroup: str, limits: dict[str, str]) -> tuple[Path, Path]:
    """Control groups as Linux shows them: the process' own, and the files of all that are mounted."""
    (folder / "cgroup").write_text(cgroup)
    for name, limit in limits.items():
        file = folder / "mounted" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{limit}\n")
    return folder / "cgroup", folder / "mounted"


def test_without_control_groups_it_is_the_machine_s(tmp_path: Path):
    assert machine_memory(tmp_path / "none", tmp_path) == MACHINE


@pytest.mark.parametrize(
    ("cgroup", "limits", "expected"),
    [
        ("0::/job\n", {"job/memory.max": "1000000", "memory.max": "max"}, 1_000_000),
        ("0::/job/step\n", {"job/step/memory.max": "max", "job/memory.max": "2000000"}, 2_000_000),
        ("0::/job/step\n", {"job/step/memory.max": "3000000", "job/memory.max": "2000000"}, 2_000_000),
        ("0::/outside/a/container\n", {"memory.max": "1000000"}, 1_000_000),
        ("0::/\n", {}, MACHINE),
        ("0::/job\n", {"job/memory.max": "max"}, MACHINE),
        ("0::/job\n", {"job/memory.max": str(2 * MACHINE)}, MACHINE),
        ("4:memory:/job\n3:cpu:/\n", {"memory/job/memory.limit_in_bytes": "1000000"}, 1_000_000),
        ("4:cpu,memory:/job\n0::/\n", {"memory/memory.limit_in_bytes": "1000000"}, 1_000_000),
        ("4:memory:/job\n", {"memory/job/memory.limit_in_bytes": "9223372036854771712"}, MACHINE),
        ("5:name=systemd:/a:b\n4:memory:/a:b\n", {"memory/a:b/memory.limit_in_bytes": "1000000"}, 1_000_000),
    ],
)
def test_the_tightest_limit_around_the_process_counts(
    cgroup: str, limits: dict[str, str], expected: int, tmp_path: Path
):
    assert machine_memory(*groups(tmp_path, cgroup, limits)) == expected


@pytest.mark.engine
def test_an_engine_on_the_cpu_has_the_machine_s_memory():
    assert device_memory("tensorflow") == machine_memory() > 0


# NVML, which is not to be had on a machine without a GPU


class FakeNvml:
    """Four GPUs: of 80, 40 and 24 GB, and a part of one, of 10."""

    class NVMLError(Exception):
        pass

    uuids = ("GPU-a", "GPU-b", "GPU-c", "MIG-d")
    sizes = (80 * GB, 40 * GB, 24 * GB, 10 * GB)

    def __init__(self, *, driver: bool = True) -> None:
        self.driver, self.running = driver, 0

    def nvmlInit(self) -> None:  # noqa: N802 - NVML's names
        if not self.driver:
            raise self.NVMLError("Driver Not Loaded")
        self.running += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.running -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 3

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        if index >= 3:
            raise self.NVMLError("Invalid Argument")
        return index

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> int:  # noqa: N802
        if uuid not in self.uuids:
            raise self.NVMLError("Not Found")
        return self.uuids.index(uuid)

    def nvmlDeviceGetMemoryInfo(self, handle: int):  # noqa: N802
        return type("Memory", (), {"total": self.sizes[handle], "free": 1})


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch):
    """Installs NVML as given."""

    def install(nvml: FakeNvml | None, visible: str | None = None) -> None:
        monkeypatch.setitem(sys.modules, "pynvml", nvml)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if visible is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)

    return install


@pytest.mark.parametrize(
    ("visible", "memory"),
    [(None, 24 * GB), ("0", 80 * GB), ("0, 1", 40 * GB), ("GPU-b", 40 * GB), ("MIG-d", 10 * GB)],
)
def test_a_gpu_s_memory_is_all_that_the_smallest_visible_one_has(visible: str | None, memory: int, gpus):
    nvml = FakeNvml()
    gpus(nvml, visible)
    assert gpu_memory() == memory
    assert nvml.running == 0


@pytest.mark.parametrize("visible", ["7", "GPU-unknown"])
def test_a_gpu_that_nvml_does_not_know_has_memory_that_nobody_knows(visible: str, gpus):
    nvml = FakeNvml()
    gpus(nvml, visible)
    assert gpu_memory() is None
    assert nvml.running == 0


@pytest.mark.parametrize("nvml", [None, FakeNvml(driver=False)], ids=["no library", "no driver"])
def test_without_nvml_a_gpu_s_memory_is_not_known(nvml: FakeNvml | None, gpus):
    gpus(nvml)
    assert gpu_memory() is None
