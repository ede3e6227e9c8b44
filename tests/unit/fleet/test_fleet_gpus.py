"""Which GPUs NVML finds, and which of them processes see."""

from __future__ import annotations

import pytest
from fake_nvml import GB, MISMATCH, NO_DRIVER, FakeGpu, FakeNvml, make_divided_gpu, make_gpus

from hpo.fleet.gpus import find_gpus, read_energy


def uuids() -> list[str]:
    return [gpu.uuid for gpu in find_gpus().gpus]


@pytest.mark.parametrize("count", [0, 1, 8])
def test_every_gpu_is_found_with_what_the_driver_runs(install_nvml, count: int):
    nvml = install_nvml(FakeNvml(make_gpus(count)))
    inventory = find_gpus()
    assert [(gpu.index, gpu.uuid, gpu.name, gpu.memory) for gpu in inventory.gpus] == [
        (index, f"GPU-{index}", "NVIDIA H100", 80 * GB) for index in range(count)
    ]
    assert (inventory.driver, inventory.cuda, inventory.problems) == ("570.86.15", "12.8", ())
    assert nvml.running == 0


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, ["GPU-0", "GPU-1", "GPU-2"]),
        ("", []),
        ("-1", []),
        ("1", ["GPU-1"]),
        ("2, 0", ["GPU-2", "GPU-0"]),
        ("2,2", ["GPU-2"]),
        ("GPU-1", ["GPU-1"]),
        ("GPU-2,GPU-0", ["GPU-2", "GPU-0"]),
        ("0,7,1", ["GPU-0"]),
        ("GPU-9", []),
        ("none", []),
    ],
)
def test_cuda_visible_devices_leaves_those_that_it_names_up_to_the_first_unknown_one(install_nvml, visible, expected):
    install_nvml(FakeNvml(make_gpus(3)), visible)
    assert uuids() == expected
    assert len(find_gpus().hidden) == 3 - len(expected)


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, ["GPU-0", "MIG-0", "MIG-1", "MIG-2"]),
        ("1", ["MIG-0", "MIG-1", "MIG-2"]),
        ("MIG-1", ["MIG-1"]),
        ("MIG-2,GPU-0", ["MIG-2", "GPU-0"]),
    ],
)
def test_instances_of_a_divided_gpu_are_devices_of_their_own(install_nvml, visible, expected):
    install_nvml(FakeNvml([*make_gpus(1), make_divided_gpu()]), visible)
    assert uuids() == expected
    assert {gpu.memory for gpu in find_gpus().gpus if gpu.is_instance} == {10 * GB}


def test_a_divided_gpu_without_instances_is_told(install_nvml):
    install_nvml(FakeNvml([make_divided_gpu(instances=0), *make_gpus(1)]))
    inventory = find_gpus()
    assert [gpu.uuid for gpu in inventory.gpus] == ["GPU-0"]
    assert inventory.problems == ("GPU 0 is in MIG mode and has no instance, so nothing can run on it",)


def test_a_gpu_that_is_lost_leaves_the_others(install_nvml):
    nvml = install_nvml(FakeNvml([FakeGpu("GPU-a"), FakeGpu("GPU-b", lost=True), FakeGpu("GPU-c")]))
    assert uuids() == ["GPU-a", "GPU-c"]
    assert find_gpus().problems == ("GPU 1: GPU is lost",)
    assert nvml.running == 0


@pytest.mark.parametrize(("failure", "has_no_driver"), [(NO_DRIVER, True), (MISMATCH, False)])
def test_why_nvml_does_not_start_is_told_and_whether_there_is_a_driver_at_all(install_nvml, failure, has_no_driver):
    install_nvml(FakeNvml(failure=failure))
    inventory = find_gpus()
    assert (inventory.gpus, inventory.problems) == ((), (str(failure),))
    assert inventory.has_no_driver == has_no_driver


def test_without_its_package_nvml_finds_nothing(install_nvml):
    install_nvml(None)
    assert find_gpus().problems == ("the package nvidia-ml-py is not installed",)


def test_energy_is_that_of_the_gpus_that_the_process_sees(install_nvml, monkeypatch):
    nvml = install_nvml(FakeNvml([FakeGpu("GPU-0", joules=5.5), FakeGpu("GPU-1", joules=7.25)]))
    assert read_energy() == 12.75
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-1")
    assert read_energy() == 7.25
    assert nvml.running == 0


@pytest.mark.parametrize("gpus", [[], [FakeGpu("GPU-0", joules=None)], [make_divided_gpu()]])
def test_energy_is_not_known_where_nvml_does_not_tell_it(install_nvml, gpus):
    nvml = install_nvml(FakeNvml(gpus))
    assert read_energy() is None
    assert nvml.running == 0
