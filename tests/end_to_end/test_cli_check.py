"""`hpo check`, as a user types it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from e2e_command import HPO, Hpo
from PIL import Image

SPACE = """\
study: checked
data: {dataset: digits, validation: 0.2, image_size: {choice: [8, 16, 32]}}
model: {family: simple_cnn, depth: {int: [1, 5]}, filters: 4, dense_units: 8}
training:
  epochs: 3
  batch_size: 128
  learning_rate: {float: [1e-3, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}, nesterov: {choice: [true, false]}}}}
search: {trials: 4, sampler: random, pruner: none}
"""
KEYS = {
    "is_sound", "study", "engine", "quick", "trials", "budget", "repeats", "timeout_s", "parameters", "configs",
    "continuous", "tried", "networks", "problems", "broken", "constraints", "feasible", "idle", "costs", "times",
    "notes", "money", "currency", "sharing",
}  # fmt: skip


@pytest.fixture
def space(tmp_path: Path) -> Path:
    path = tmp_path / "checked.yaml"
    path.write_text(SPACE)
    return path


@pytest.mark.engine
def test_a_space_that_is_broken_in_part_is_told_in_part_with_status_1(hpo: Hpo, space: Path):
    result = hpo("check", space, "--json")
    assert result.returncode == 1, result.stderr
    assert result.stderr == ""
    found = json.loads(result.stdout)
    assert found.keys() == KEYS
    assert not found["is_sound"]
    assert [part["text"] for part in found["broken"]] == [
        "depth >= 4 with image_size 8",
        "depth = 5 with image_size <= 16",
    ]
    for part in found["broken"]:
        assert "poolings of 2 x 2 need images of" in part["reason"]
        assert 2 ** part["example"]["depth"] > part["example"]["image_size"]
        assert 0.05 < part["share"] < 0.25
    assert found["idle"] == [{"name": "optimizer.sgd.nesterov", "where": "optimizer.sgd.momentum = 0", "values": None}]
    costs, times = found["costs"], found["times"]
    for figure in (costs["parameters"], costs["flops"], costs["memory"], times["trial"]):
        assert 0 < figure["smallest"]["value"] <= figure["median"] <= figure["largest"]["value"]
    assert costs["flops"]["largest"]["params"] == {"image_size": 32, "depth": 5}
    assert times["study_s"] == pytest.approx(4 * times["mean_s"])


@pytest.mark.engine
@pytest.mark.usefixtures("engine_here")
def test_a_sound_space_has_status_0_and_is_told_on_80_columns(hpo: Hpo, small_space: Path):
    result = hpo("check", small_space)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
    for word in ("space ", "tried ", "parameters ", "FLOPs ", "memory ", "trial ", "device ", "study "):
        assert any(line.startswith(word) for line in result.stdout.splitlines()), word


@pytest.mark.engine
@pytest.mark.usefixtures("engine_here")
def test_data_that_cannot_be_read_is_a_finding_and_no_traceback(hpo: Hpo, space: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    result = hpo("check", space, "--set", "data={dataset: folder, path: ./empty, image_size: 8}")
    assert result.returncode == 1
    assert result.stderr == ""
    assert "problem    " in result.stdout
    assert "images lie in one folder a class" in " ".join(result.stdout.split())  # wherever the line was broken


@pytest.mark.engine
@pytest.mark.usefixtures("engine_here")
def test_a_damaged_image_is_a_finding_and_quick_does_not_look_for_it(hpo: Hpo, space: Path, tmp_path: Path):
    for number in range(16):
        file = tmp_path / "images" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 6), (number, 0, 0)).save(file)
    (tmp_path / "images/b/7.png").write_bytes(b"no image")
    data = "data={dataset: folder, path: ./images, image_size: 32, validation: 0.3}"
    result = hpo("check", space, "--set", data)
    assert result.returncode == 1
    assert result.stderr == ""
    assert "image files can be decoded. Received 1 that cannot" in " ".join(result.stdout.split())
    assert "images/b/7.png" in "".join(result.stdout.split()), "a long path is wrapped"
    assert "study " in result.stdout, "the rest is told all the same"
    assert hpo("check", space, "--quick", "--set", data).returncode == 0


def test_a_file_with_mistakes_has_status_2_and_each_place(hpo: Hpo, space: Path):
    result = hpo("check", space, "--set", "model.depth={int: [0, 3]}")
    assert result.returncode == 2
    assert "--set model.depth" in result.stderr
    assert hpo("check", "nowhere.yaml").returncode == 2
    assert hpo("check").returncode == 2


def test_quick_says_what_needs_no_network(hpo: Hpo, space: Path):
    result = hpo("check", space, "--quick", "--json", "--set", "training.learning_rate=0.01")
    assert result.returncode == 0
    found = json.loads(result.stdout)
    assert found.keys() == KEYS
    assert found["configs"] is None
    assert found["continuous"] == ["optimizer.sgd.momentum"]
    assert (found["quick"], found["networks"], found["costs"], found["times"]) == (True, 0, None, None)
    assert [each["name"] for each in found["idle"]] == ["optimizer.sgd.nesterov"]
    text = hpo("check", space, "--quick")
    assert text.returncode == 0
    assert max(len(line) for line in text.stdout.splitlines()) <= 80


def test_quick_tells_constraints_that_leave_nothing(hpo: Hpo, space: Path):
    result = hpo("check", space, "--quick", "--set", 'constraints=["epochs > 3"]')
    assert result.returncode == 1
    assert "no config that was tried meets all constraints" in result.stdout
    assert "broken" not in result.stdout, "nothing was tried"


def test_quick_tells_a_share_that_no_random_config_hits(hpo: Hpo, space: Path):
    rare = ("--set", "model.dropout={float: [0.0, 0.5]}", "--set", 'constraints=["dropout <= 0.0001"]')
    result = hpo("check", space, "--quick", *rare)
    assert result.returncode == 0
    assert "less than 1% meet all constraints" in result.stdout


def test_quick_imports_no_engine(space: Path):
    program = f"""
import sys
from hpo.cli.app import run_command_line
try:
    run_command_line(["check", {str(space)!r}, "--quick"])
except SystemExit as ended:
    assert ended.code == 0
print(*{{name.split(".")[0] for name in sys.modules}})
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "jax", "torch", "scipy", "sklearn"} & set(ran.stdout.split())


@pytest.mark.engine
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_process_that_builds_networks_ends_with_the_command(space: Path, number: signal.Signals):
    controller, terminal = os.openpty()  # in which it says what it does
    environment = {**os.environ, "TERM": "xterm-256color"}
    process = subprocess.Popen([HPO, "check", str(space)], env=environment, stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    shown = b""
    while b"building networks" not in shown:
        shown += os.read(controller, 1024)
    (builder,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    watched = os.pidfd_open(int(builder))
    process.send_signal(number)
    while chunk := read_terminal(controller):
        shown += chunk
    os.close(controller)
    status = process.wait()
    ended, _, _ = select.select([watched], [], [], 30)
    os.close(watched)
    assert ended
    if number == signal.SIGKILL:
        assert status == -signal.SIGKILL
    else:
        assert status == 130
        assert shown.endswith(b"Interrupted.\r\n")


def read_terminal(controller: int) -> bytes:
    """What was written to a terminal; nothing where all who write have ended."""
    try:
        return os.read(controller, 1024)
    except OSError:
        return b""
