"""How much memory training may use, and how each engine is held to it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_nvml import GB, NO_DRIVER, FakeGpu, FakeNvml, make_divided_gpu, make_gpus

from hpo.errors import UserError
from hpo.fleet import device
from hpo.fleet.device import device_memory, gpu_memory, limit_memory, limit_variables, share_memory
from hpo.processes.environment import engine_environment
from hpo.processes.machine import machine_memory, usable_cores
from hpo.spaces import Resources


@pytest.mark.engine
def test_an_engine_on_the_cpu_has_the_machine_s_memory_or_what_a_trial_gets_of_it():
    assert device_memory("tensorflow", Resources()) == machine_memory() > 0
    assert device_memory("tensorflow", Resources(memory=10**6)) == 10**6


def test_a_gpu_s_memory_is_all_that_the_smallest_visible_one_has(install_nvml):
    install_nvml(FakeNvml([FakeGpu("GPU-a", 80 * GB, free=1), FakeGpu("GPU-b", 40 * GB)]))
    assert gpu_memory() == 40 * GB
    install_nvml(FakeNvml([*make_gpus(1), make_divided_gpu()]))
    assert gpu_memory() == 10 * GB


@pytest.mark.parametrize(
    "nvml", [None, FakeNvml(failure=NO_DRIVER), FakeNvml()], ids=["no library", "no driver", "none"]
)
def test_without_nvml_a_gpu_s_memory_is_not_known(nvml: FakeNvml | None, install_nvml):
    install_nvml(nvml)
    assert gpu_memory() is None


@pytest.mark.parametrize(
    ("resources", "memory"),
    [
        (Resources(), 80 * GB),
        (Resources(gpus=1), 80 * GB),
        (Resources(gpus=0.5), 36 * GB),
        (Resources(gpus=0), machine_memory()),
    ],
)
def test_a_share_of_a_gpu_has_its_part_of_the_memory_less_what_cuda_takes(install_nvml, monkeypatch, resources, memory):
    install_nvml(FakeNvml(make_gpus(1)))
    monkeypatch.setattr(device, "accelerators", lambda engine: ["NVIDIA H100"])
    assert device_memory("torch", resources) == memory


# TensorFlow's threads

IS_ASLEEP = """
from tensorflow.python.eager.context import context
import tensorflow as tf
assert tf.executing_eagerly() and int(tf.function(lambda x: x + 1)(tf.constant(1))) == 2
print("asleep" if context().config.experimental.disable_thread_spinning else "spinning")
"""


def run_code(code: str, **variables: str) -> str:
    threads = len(usable_cores())  # TensorFlow's threads compute a part of what they want where they are as many
    environment = {**engine_environment(threads, "tensorflow"), **variables}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.engine
@pytest.mark.parametrize(
    ("before", "state"),
    [
        ("", "asleep"),
        ("import tensorflow as tf; tf.constant(1)\n", "spinning"),
        ("device.find_gpus = lambda: GpuInventory((object(),))\n", "spinning"),
    ],
    ids=["nobody has used it", "somebody has", "beside a GPU"],
)
def test_tensorflow_s_threads_sleep_where_it_computes_on_the_cpu_for_a_worker(before: str, state: str):
    imports = "from hpo.fleet import device\nfrom hpo.fleet.gpus import GpuInventory\n"
    assert run_code(f"{imports}{before}device.import_engine(){IS_ASLEEP}") == state


@pytest.mark.engine
def test_a_plugin_that_uses_tensorflow_while_it_is_imported_leaves_its_threads_as_they_are(tmp_path: Path):
    (tmp_path / "site-packages" / "tensorflow-plugins").mkdir(parents=True)  # TensorFlow then looks for their devices
    path = os.pathsep.join([engine_environment(2)["PYTHONPATH"], str(tmp_path / "site-packages")])
    code = f"from hpo.fleet import device\ndevice.import_engine(){IS_ASLEEP}"
    assert run_code(code, PYTHONPATH=path) == "spinning"


@pytest.mark.engine
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="oneDNN is left to TensorFlow")
def test_digits_do_not_depend_on_how_threads_wait():
    train = """
import hashlib, keras, numpy as np
keras.utils.set_random_seed(0)
draw = np.random.default_rng(0)
images, labels = draw.random((96, 16, 16, 3), np.float32), draw.integers(0, 4, 96)
model = keras.Sequential([
    keras.Input((16, 16, 3)), keras.layers.Conv2D(8, 3, activation="relu"), keras.layers.BatchNormalization(),
    keras.layers.MaxPooling2D(), keras.layers.DepthwiseConv2D(3), keras.layers.Conv2D(64, 3, activation="relu"),
    keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(4),
])
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(images, labels, batch_size=32, epochs=2, verbose=0)
print(hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights())).hexdigest())
"""
    asleep = f"from hpo.fleet.device import import_engine\nimport_engine()\n{train}"
    digests = [
        run_code(code, TF_ENABLE_ONEDNN_OPTS="1", TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD=said)
        for code, said in [(asleep, "1"), (train, "0")]
    ]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 64


# what engines are told; there is none here that sees a GPU


@pytest.fixture
def on_half_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in limit_variables(share_memory(80 * GB, 0.5), 80 * GB, "tensorflow").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(device, "accelerators", lambda engine: ["NVIDIA H100"])


@pytest.mark.usefixtures("on_half_a_gpu")
def test_tensorflow_is_given_a_logical_device_of_that_size(monkeypatch: pytest.MonkeyPatch):
    limits: list[Any] = []
    config = SimpleNamespace(
        list_physical_devices=lambda kind: [kind],
        LogicalDeviceConfiguration=lambda memory_limit: memory_limit,
        set_logical_device_configuration=lambda *limit: limits.append(limit),
    )
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
    limit_memory("tensorflow")
    assert limits == [("GPU", [36 * GB / 2**20])]


@pytest.mark.usefixtures("on_half_a_gpu")
def test_pytorch_is_given_a_fraction_of_the_memory(monkeypatch: pytest.MonkeyPatch):
    fractions: list[float] = []
    cuda = SimpleNamespace(set_per_process_memory_fraction=fractions.append)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    limit_memory("torch")
    assert fractions == [0.45]


def test_jax_reads_its_fraction_from_the_environment_and_no_other_than_ours():
    variables = limit_variables(36 * GB, 80 * GB, "jax")
    assert variables["XLA_CLIENT_MEM_FRACTION"] == "0.4500"
    assert variables["XLA_PYTHON_CLIENT_MEM_FRACTION"] == ""
    assert "XLA_CLIENT_MEM_FRACTION" not in limit_variables(80 * GB, 80 * GB, "jax")


def test_a_whole_gpu_has_no_limit(monkeypatch: pytest.MonkeyPatch):
    for name, value in limit_variables(80 * GB, 80 * GB, "torch").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(device, "accelerators", lambda engine: ["NVIDIA H100"])
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())
    limit_memory("torch")


def test_a_worker_without_a_gpu_of_its_own_imports_no_engine_to_limit_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    limit_memory("torch")


def test_an_engine_that_does_not_see_its_gpu_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HPO_GPU_MEMORY", str(GB))
    monkeypatch.setattr(device, "accelerators", lambda engine: [])
    with pytest.raises(UserError, match=r"one that torch does not see, though NVML does.*`hpo doctor --engines`"):
        limit_memory("torch")


def test_a_process_that_takes_more_of_the_machine_s_memory_than_is_its_own_gets_a_memory_error():
    code = (
        "from hpo.fleet.device import limit_host_memory\n"
        "limit_host_memory()\n"
        "small = bytearray(20_000_000)\n"
        "try: bytearray(200_000_000)\n"
        "except MemoryError: print('refused')\n"
    )
    environment = {**os.environ, "HPO_MEMORY": "100000000"}
    process = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert process.stdout == "refused\n"
