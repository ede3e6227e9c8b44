"""Launchers are found by name, and give the slots in which workers run."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from queue import Queue
from typing import Any

import pytest
from child_processes import find_children
from fake_nvml import GB, FakeNvml, make_divided_gpu, make_gpus

import hpo
from hpo.errors import StudyBusyError, UserError
from hpo.fleet import Slot, find_launcher
from hpo.processes.early import early_process
from hpo.processes.environment import engine_environment
from hpo.processes.machine import core_count, usable_cores
from hpo.processes.parent import EngineProcess
from hpo.spaces import load
from hpo.studies import ActiveStudy, create_study

REPORT = """\
import os

NAMES = ("CUDA_VISIBLE_DEVICES", "KERAS_BACKEND", "OMP_NUM_THREADS", "XLA_CLIENT_MEM_FRACTION", "JAX_PLATFORMS")


def report(request, tell):
    return {"cores": sorted(os.sched_getaffinity(0)), **{name: os.environ.get(name) for name in NAMES}}
"""


@pytest.fixture
def make_study(small_space, studies, monkeypatch):
    """A function from the section `resources` to a study."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    def make(engine: str = "tensorflow", **resources: Any) -> ActiveStudy:
        changes = [f"resources.{option}={value}" for option, value in resources.items()]
        return create_study(load(small_space, [f"engine={engine}", *changes]), studies)

    return make


@pytest.fixture
def ask_worker(tmp_path, monkeypatch):
    """A function that starts a process as the worker of a slot starts, and has it report its environment."""
    (tmp_path / "reporting.py").write_text(REPORT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path = engine_environment(1)["PYTHONPATH"]

    def ask(slot: Slot) -> dict[str, Any]:
        answers: Queue[Any] = Queue()
        with tempfile.TemporaryFile() as log:
            environment = {**slot.environment, "PYTHONPATH": path}
            process = EngineProcess(
                *("hpo.processes.child", "reporting:report"), environment=environment, log=log, on_message=answers.put
            )
            process.send(None)
            answer = answers.get(timeout=60)
            process.kill()
            process.join()
        return answer["answer"]

    return ask


def test_the_local_launcher_gives_workers_their_share_of_the_cores(make_study):
    slots = find_launcher("local").slots(make_study(), 2)
    assert [(slot.number, slot.label, slot.memory) for slot in slots] == [(1, "worker 1", None), (2, "worker 2", None)]
    assert {slot.environment["OMP_NUM_THREADS"] for slot in slots} == {str(max(1, core_count() // 2))}
    assert {slot.environment["KERAS_BACKEND"] for slot in slots} == {"tensorflow"}


@pytest.mark.thorough
def test_workers_on_shares_of_a_gpu_start_with_it_alone_and_with_a_limit(make_study, ask_worker, install_nvml):
    install_nvml(FakeNvml(make_gpus(2)))
    slots = find_launcher("local").slots(make_study("jax", gpus=0.5), 3)
    reports = [ask_worker(slot) for slot in slots]
    assert [report["CUDA_VISIBLE_DEVICES"] for report in reports] == ["GPU-0", "GPU-1", "GPU-0"]
    assert {report["XLA_CLIENT_MEM_FRACTION"] for report in reports} == {"0.4500"}
    assert {report["KERAS_BACKEND"] for report in reports} == {"jax"}
    assert {slot.memory for slot in slots} == {36 * GB}


@pytest.mark.thorough
def test_a_worker_with_cores_of_its_own_is_kept_on_them(make_study, ask_worker):
    (slot, *others) = find_launcher("local").slots(make_study(cpus=1), 8)
    assert len(others) == core_count() - 1
    report = ask_worker(slot)
    assert (report["cores"], report["OMP_NUM_THREADS"]) == (usable_cores()[:1], "1")


@pytest.mark.thorough
def test_a_worker_that_trains_on_the_cpu_sees_no_gpu(make_study, ask_worker, install_nvml):
    install_nvml(FakeNvml(make_gpus(2)))
    report = ask_worker(*find_launcher("local").slots(make_study("jax", gpus=0), 1))
    assert (report["CUDA_VISIBLE_DEVICES"], report["JAX_PLATFORMS"]) == ("-1", "cpu")


def test_instances_are_named_by_their_uuid_and_have_their_own_memory(make_study, install_nvml):
    install_nvml(FakeNvml([make_divided_gpu()]), visible="0")
    slots = find_launcher("local").slots(make_study(gpus=1), 100)
    assert [slot.environment["CUDA_VISIBLE_DEVICES"] for slot in slots] == ["MIG-0", "MIG-1", "MIG-2"]
    assert {slot.memory for slot in slots} == {10 * GB}


def test_two_runs_at_once_do_not_get_the_same_gpu(make_study, install_nvml, small_space, tmp_path):
    install_nvml(FakeNvml(make_gpus(2)))
    first, second, third = (find_launcher("local") for _ in range(3))
    study = make_study(gpus=1)
    assert [slot.environment["CUDA_VISIBLE_DEVICES"] for slot in first.slots(study, 1)] == ["GPU-0"]
    assert [slot.environment["CUDA_VISIBLE_DEVICES"] for slot in second.slots(study, 5)] == ["GPU-1"]
    with pytest.raises(UserError, match="a trial gets what other runs leave free"):
        third.slots(study, 1)
    del first
    assert [slot.environment["CUDA_VISIBLE_DEVICES"] for slot in third.slots(study, 5)] == ["GPU-0"]


def test_a_launcher_that_nobody_registered_is_refused_before_a_study_is_made(small_space, studies):
    with pytest.raises(
        UserError, match=r"^launcher: a launcher is one of local. Received 'locla'. Did you mean 'local'"
    ):
        hpo.run(small_space, studies=studies, launcher="locla", quiet=True)
    assert not (studies / "small").exists()


def test_a_launcher_that_is_no_name_is_refused(small_space, studies):
    with pytest.raises(UserError, match=r"^launcher: a launcher is one of local. Received '5'"):
        hpo.run(small_space, studies=studies, launcher=5, quiet=True)


def test_a_worker_is_the_process_that_was_started_early_for_its_slot(make_study):
    launcher, study = find_launcher("local"), make_study()
    others = set(find_children("early"))
    with study, study.place.lock(), launcher.start_early(study.spec, 2):
        early = {process.pid for process in set(find_children("early")) - others}
        handles = [launcher.start(study, slot, lambda event: None) for slot in launcher.slots(study, 2)]
        assert len(early) == 2
        assert {int(handle.name.rpartition(":")[2]) for handle in handles} == early
        for handle in handles:
            handle.kill()
            assert handle.join(60)


@pytest.mark.parametrize("knows_space", [True, False], ids=["run", "resume"])
def test_the_first_worker_is_the_process_that_was_started_before_its_space_was_read(
    make_study, monkeypatch, knows_space
):
    monkeypatch.setattr("hpo.processes.early.core_count", lambda: 2)
    launcher, study = find_launcher("local"), make_study()
    others = set(find_children("early"))
    with study, study.place.lock(), early_process("hpo.fleet.worker"):
        (waiting,) = set(find_children("early")) - others
        with launcher.start_early(study.spec, 2) if knows_space else nullcontext():
            handles = [launcher.start(study, slot, lambda event: None) for slot in launcher.slots(study, 2)]
            assert len(set(find_children("early")) - others) == (2 if knows_space else 1)
            assert int(handles[0].name.rpartition(":")[2]) == waiting.pid
            for handle in handles:
                handle.kill()
                assert handle.join(60)
    assert set(find_children("early")) <= others


def test_what_was_started_early_for_another_number_of_workers_or_for_a_refused_run_ends(
    make_study, small_space, studies
):
    launcher, study = find_launcher("local"), make_study()
    others = set(find_children("early"))
    with launcher.start_early(study.spec, 2):
        launcher.slots(study, 1)
        assert len(set(find_children("early")) - others) <= 1  # one core is the same for one worker and for two
    assert set(find_children("early")) <= others
    with study.place.lock(), pytest.raises(StudyBusyError):
        hpo.run(small_space, studies=studies, quiet=True)
    assert set(find_children("early")) <= others
