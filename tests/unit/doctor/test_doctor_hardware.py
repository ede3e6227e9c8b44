"""What the doctor says of GPUs, cores and memory, and of engines beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_nvml import GB, MISMATCH, NO_DRIVER, FakeGpu, FakeNvml, make_divided_gpu, make_gpus

from hpo.doctor import Diagnosis, examine_hardware, examine_software, software
from hpo.doctor.engines import judge_engine
from hpo.fleet.gpus import find_gpus
from hpo.fleet.reservations import Reservation

NOWHERE, NOTHING = Path("/nowhere"), Reservation()


def examine(pci: Path = NOWHERE, held: Reservation = NOTHING) -> dict[str, Diagnosis]:
    return {diagnosis.subject: diagnosis for diagnosis in examine_hardware(find_gpus(), held, pci)}


def test_a_machine_without_a_gpu_is_well_and_trains_on_the_cpu(install_nvml):
    install_nvml(FakeNvml(failure=NO_DRIVER))
    diagnoses = examine()
    assert diagnoses["gpus"].status == "ok"
    assert "trials train on the CPU (NVML Shared Library Not Found)" in diagnoses["gpus"].text
    assert diagnoses.keys() == {"gpus", "cores", "memory"}


def test_a_gpu_without_a_driver_is_told_with_the_remedy(install_nvml, tmp_path: Path):
    install_nvml(FakeNvml(failure=NO_DRIVER))
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:01:00.0" / "vendor").write_text("0x10de\n")
    (tmp_path / "0000:01:00.0" / "class").write_text("0x030200\n")
    diagnosis = examine(tmp_path)["gpus"]
    assert diagnosis.status == "warning"
    assert "`--gpus all`" in (diagnosis.remedy or "")


def test_a_driver_that_does_not_work_is_an_error(install_nvml):
    install_nvml(FakeNvml(failure=MISMATCH))
    diagnosis = examine()["gpus"]
    assert diagnosis.status == "error"
    assert diagnosis.text == "NVIDIA's driver is there and does not work: Driver/library version mismatch"
    assert "restart the machine" in (diagnosis.remedy or "")


def test_every_gpu_and_instance_is_named_with_its_memory(install_nvml):
    install_nvml(FakeNvml([FakeGpu("GPU-a"), FakeGpu("GPU-b", free=10 * GB), make_divided_gpu(instances=1)]))
    diagnoses = examine()
    assert diagnoses["driver"].text == "NVIDIA 570.86.15, which runs CUDA up to 12.8"
    assert (diagnoses["gpu 0"].status, diagnoses["gpu 0"].text) == ("ok", "NVIDIA H100, 80 GB, GPU-a")
    assert diagnoses["gpu 1"].status == "warning"
    assert diagnoses["gpu 1"].text == "NVIDIA H100, 80 GB, GPU-b; other processes use 70 GB of it"
    assert diagnoses["mig on gpu 2"].text == "NVIDIA H100 MIG 1g.10gb, 10 GB, MIG-0"


@pytest.mark.parametrize(("visible", "status", "hidden"), [("1", "ok", 7), ("-1", "warning", 8)])
def test_hidden_gpus_are_said_and_doubtful_where_none_is_left(install_nvml, visible: str, status: str, hidden: int):
    install_nvml(FakeNvml(make_gpus(8)), visible)
    diagnosis = examine()["gpus"]
    assert diagnosis.status == status
    assert diagnosis.text == f"CUDA_VISIBLE_DEVICES='{visible}' leaves out {hidden} of them"


def test_an_index_among_gpus_of_several_models_is_doubtful(install_nvml, monkeypatch):
    install_nvml(FakeNvml([FakeGpu("GPU-a"), FakeGpu("GPU-b", name="NVIDIA T4")]), "1")
    assert examine()["gpus"].remedy == "export CUDA_DEVICE_ORDER=PCI_BUS_ID, or name them by UUID"
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    assert examine()["gpus"].remedy is None


def test_what_other_runs_hold_is_said(install_nvml):
    install_nvml(FakeNvml(make_gpus(2)))
    held = Reservation({"GPU-0": 1.0, "GPU-1": 0.5}, [0, 1], 8 * GB)
    assert examine(held=held)["runs"].text == "other runs of hpo hold 1.5 GPUs, 2 cores, 8.0 GB of memory"


# engines


@pytest.mark.parametrize(
    ("versions", "text", "remedy"),
    [
        ({"torch": "2.13.0+cpu"}, "torch 2.13.0+cpu is the build for CPUs", "pytorch.org/get-started"),
        ({"jax": "0.10.2"}, "jax is installed without its plug-in for CUDA", 'pip install "jax[cuda12]"'),
        ({"tensorflow": "2.21.0"}, "without NVIDIA's libraries", 'pip install "hpo[cuda]"'),
    ],
)
def test_an_engine_without_cuda_beside_a_gpu_is_doubtful(monkeypatch, versions, text, remedy):
    monkeypatch.setattr(software, "installed_version", versions.get)
    (warning,) = (diagnosis for diagnosis in examine_software(cuda="12.8") if diagnosis.status == "warning")
    assert text in warning.text
    assert remedy in (warning.remedy or "")
    assert not [diagnosis for diagnosis in examine_software() if diagnosis.status != "ok"]


def test_a_machine_without_any_engine_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(software, "installed_version", lambda package: None)
    (error,) = (diagnosis for diagnosis in examine_software() if diagnosis.status == "error")
    assert (error.subject, error.remedy) == ("engines", "pip install tensorflow, or jax, or torch")


@pytest.mark.parametrize(
    ("gpus", "devices", "status", "text"),
    [
        (0, [], "ok", "sees the CPU; ready in 2.0 s"),
        (2, ["NVIDIA H100", "NVIDIA H100"], "ok", "sees NVIDIA H100, NVIDIA H100; ready in 2.0 s"),
        (2, [], "error", "sees the CPU alone, where NVML finds 2"),
        (2, ["NVIDIA H100"], "warning", "sees 1 of the 2 GPUs that NVML finds"),
    ],
)
def test_an_engine_that_does_not_see_what_nvml_finds_is_told(install_nvml, gpus, devices, status, text):
    install_nvml(FakeNvml(make_gpus(gpus)))
    diagnosis = judge_engine("jax", devices, find_gpus(), 2.0)
    assert diagnosis.status == status
    assert diagnosis.text.startswith(text)
    assert (diagnosis.remedy is None) == (status == "ok")


def test_of_a_divided_gpu_an_engine_sees_one_instance_and_that_is_well(install_nvml):
    install_nvml(FakeNvml([make_divided_gpu()]))
    assert judge_engine("torch", ["NVIDIA H100 MIG"], find_gpus(), 2.0).status == "ok"
