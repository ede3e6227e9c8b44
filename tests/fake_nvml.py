"""A stand-in for pynvml: NVML is not to be had on a machine without a GPU, and one with eight is rare."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

GB = 10**9


class FakeNvmlError(Exception):
    """As pynvml has it: a number that says what, and its text."""

    def __init__(self, value: int, text: str) -> None:
        super().__init__(text)
        self.value = value


@dataclass
class FakeGpu:
    """A GPU, or an instance of one; `instances` is None where it cannot be divided, else those that it is divided into.

    One that is `lost` answers no question; one whose `joules` are None is too old to count them.
    """

    uuid: str
    memory: int = 80 * GB
    name: str = "NVIDIA H100"
    free: int | None = None
    instances: list[FakeGpu] | None = None
    lost: bool = False
    joules: float | None = 0.0


@dataclass
class FakeNvml:
    """The functions that hpo calls; `failure` is what `nvmlInit` says instead of starting."""

    NVMLError = FakeNvmlError
    NVML_ERROR_LIBRARY_NOT_FOUND = 12
    NVML_ERROR_DRIVER_NOT_LOADED = 9

    gpus: list[FakeGpu] = field(default_factory=list)
    failure: FakeNvmlError | None = None
    running: int = 0

    def nvmlInit(self) -> None:  # noqa: N802 - NVML's names
        if self.failure is not None:
            raise self.failure
        self.running += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.running -= 1

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return "570.86.15"

    def nvmlSystemGetCudaDriverVersion(self) -> int:  # noqa: N802
        return 12080

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeGpu:  # noqa: N802
        if self.gpus[index].lost:
            raise FakeNvmlError(15, "GPU is lost")
        return self.gpus[index]

    def nvmlDeviceGetUUID(self, gpu: FakeGpu) -> str:  # noqa: N802
        return gpu.uuid

    def nvmlDeviceGetName(self, gpu: FakeGpu) -> str:  # noqa: N802
        return gpu.name

    def nvmlDeviceGetMemoryInfo(self, gpu: FakeGpu) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(total=gpu.memory, free=gpu.memory if gpu.free is None else gpu.free)

    def nvmlDeviceGetTotalEnergyConsumption(self, gpu: FakeGpu) -> int:  # noqa: N802
        if gpu.joules is None:
            raise FakeNvmlError(3, "Not Supported")
        return round(gpu.joules * 1000)

    def nvmlDeviceGetMigMode(self, gpu: FakeGpu) -> list[int]:  # noqa: N802
        if gpu.instances is None:
            raise FakeNvmlError(3, "Not Supported")
        return [1, 1]

    def nvmlDeviceGetMaxMigDeviceCount(self, gpu: FakeGpu) -> int:  # noqa: N802
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, gpu: FakeGpu, index: int) -> FakeGpu:  # noqa: N802
        if index >= len(gpu.instances or ()):
            raise FakeNvmlError(6, "Not Found")
        return gpu.instances[index]


def make_gpus(count: int) -> list[FakeGpu]:
    """Make so many GPUs of 80 GB, called `GPU-0` and so on."""
    return [FakeGpu(f"GPU-{index}") for index in range(count)]


def make_divided_gpu(uuid: str = "GPU-m", instances: int = 3) -> FakeGpu:
    """Make a GPU that is divided into instances of 10 GB, called `MIG-0` and so on."""
    parts = [FakeGpu(f"MIG-{number}", 10 * GB, "NVIDIA H100 MIG 1g.10gb") for number in range(instances)]
    return FakeGpu(uuid, instances=parts)


NO_DRIVER = FakeNvmlError(12, "NVML Shared Library Not Found")
MISMATCH = FakeNvmlError(18, "Driver/library version mismatch")
