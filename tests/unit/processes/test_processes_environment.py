"""The environment that workers start in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hpo
from hpo.processes.environment import engine_environment, fix_onednn, keep_compiled, onednn_use, thread_count
from hpo.processes.machine import usable_cores


def test_a_worker_gets_its_share_of_threads_and_leaves_gpu_memory_to_others(monkeypatch):
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_FORCE_GPU_ALLOW_GROWTH"):
        monkeypatch.delenv(name, raising=False)
    environment = engine_environment(3)
    assert environment["OMP_NUM_THREADS"] == environment["TF_NUM_INTRAOP_THREADS"] == "3"
    assert environment["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"


def test_settings_of_the_user_win(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "false")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    environment = engine_environment(3)
    assert environment["OMP_NUM_THREADS"] == "7"
    assert environment["TF_FORCE_GPU_ALLOW_GROWTH"] == "false"
    assert environment["CUDA_VISIBLE_DEVICES"] == "1"


@pytest.mark.parametrize(
    ("machine", "said", "use"),
    [
        ("x86_64", None, "on"),
        ("AMD64", None, "on"),
        ("x86_64", "0", "off"),
        ("x86_64", "False", "off"),
        ("x86_64", "", "left to TensorFlow"),
        ("aarch64", None, "left to TensorFlow"),
        ("aarch64", "1", "on"),
    ],
)
def test_tensorflow_uses_onednn_on_x86_unless_the_user_says_otherwise(monkeypatch, machine, said, use):
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if said is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", said)
    environment = engine_environment(1)
    assert onednn_use(environment) == use
    assert onednn_use({name: value for name, value in fix_onednn(use).items() if value is not None}) == use
    assert fix_onednn(None) == {"TF_ENABLE_ONEDNN_OPTS": said}  # as it was before hpo set it


@pytest.mark.parametrize(
    ("machine", "said", "value"), [("x86_64", None, "1"), ("AMD64", "0", "0"), ("aarch64", None, None)]
)
def test_a_thread_that_wants_an_operation_of_onednn_computes_a_part_of_it(monkeypatch, machine, said, value):
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.delenv("TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD", raising=False)
    if said is not None:
        monkeypatch.setenv("TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD", said)
    assert engine_environment(1).get("TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD") == value


def test_jax_keeps_what_it_compiles_for_this_processor_and_so_many_cores_beside_what_else_is_kept(
    monkeypatch, tmp_path
):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv("HPO_CACHE", str(tmp_path))
    folders = []
    for processor, cores in (("one", 1), ("another", 1), ("one", 2), ("one", 1)):
        monkeypatch.setattr("hpo.processes.environment.describe_processor", lambda processor=processor: processor)
        monkeypatch.setattr("hpo.processes.environment.usable_cores", lambda cores=cores: list(range(cores)))
        variables = keep_compiled()
        folders.append(Path(variables.pop("JAX_COMPILATION_CACHE_DIR")))
        assert variables == {
            "JAX_COMPILATION_CACHE_MAX_SIZE": "1000000000",
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        }
    assert folders[0] == folders[3]
    assert len(set(folders)) == 3
    assert {folder.parent for folder in folders} == {tmp_path / "jax"}
    assert all(folder.is_dir() for folder in folders)


def test_jax_keeps_nothing_where_no_folder_can_be_made_and_what_the_user_says_where_they_do(monkeypatch, tmp_path):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    (tmp_path / "file").touch()
    monkeypatch.setenv("HPO_CACHE", str(tmp_path / "file"))
    assert keep_compiled() == {}
    monkeypatch.setenv("HPO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "/mine")
    assert keep_compiled() == {}
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_jax_finds_nothing_where_somebody_else_may_write(monkeypatch, tmp_path, mode: int):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv("HPO_CACHE", str(tmp_path))
    folder = Path(keep_compiled()["JAX_COMPILATION_CACHE_DIR"])
    assert [path.stat().st_mode & 0o777 for path in (folder, folder.parent)] == [0o700, 0o700]
    folder.parent.chmod(mode)
    assert keep_compiled() == {}
    folder.parent.chmod(0o700)
    assert keep_compiled()
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert keep_compiled() == {}
    folder.unlink()
    monkeypatch.setattr("os.getuid", lambda: 12345)
    assert keep_compiled() == {}


@pytest.mark.parametrize(("engine", "count"), [("jax", 1), ("tensorflow", 0)])
def test_a_process_of_jax_says_where_before_the_engine_is_imported(monkeypatch, tmp_path, engine: str, count: int):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv("HPO_CACHE", str(tmp_path))
    code = (
        "import os, sys\nfrom hpo.processes.environment import settle_process\nsettle_process()\n"
        "print(os.environ.get('JAX_COMPILATION_CACHE_DIR', ''), len(os.sched_getaffinity(0)), 'jax' in sys.modules)"
    )
    command, environment = [sys.executable, "-c", code], engine_environment(1, engine, usable_cores()[:1])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-2:] == ["1", "False"]
    assert done.stdout.count(str(tmp_path / "jax")) == count


def test_a_worker_imports_this_hpo_and_then_what_the_user_has_on_the_path(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    source, *rest = engine_environment(1)["PYTHONPATH"].split(os.pathsep)
    assert Path(source) == Path(hpo.__file__).parents[1]
    assert rest == ["/somewhere/else"]


def test_the_supervisor_imports_no_engine():
    code = (
        "import sys, hpo.fleet, hpo.tuning, hpo.search; "
        "sys.exit(', '.join({'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules)) or 0)"
    )
    process = subprocess.run([sys.executable, "-c", code], env=engine_environment(1), capture_output=True, check=False)
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize(("engine", "count"), [("tensorflow", 3), ("torch", 3), ("jax", len(usable_cores()))])
def test_an_engine_has_the_threads_of_its_environment_and_jax_one_for_each_core(monkeypatch, engine: str, count: int):
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in engine_environment(3, engine).items():
        monkeypatch.setenv(name, value)
    assert thread_count(engine) == count
