"""What a command takes: seconds by the clock, CPU seconds and memory of it and of all that it has started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Reading:
    """What a process and all that it has started have taken so far.

    Attributes:
        wall: seconds by the clock, since its start.
        cpu: CPU seconds.
        memory: bytes that the largest of its processes has.
    """

    wall: float
    cpu: float
    memory: int


@dataclass(frozen=True)
class Run:
    """One run of a tuner: what it took in all, and for each of its trials.

    Attributes:
        start: seconds from the command to the first trial.
        end: seconds from the end of the last trial to that of the command.
        wall: seconds of all.
        cpu: CPU seconds of all.
        wall_a_trial: seconds a trial, from the begin of the first to the end of the last.
        cpu_a_trial: CPU seconds a trial, likewise.
        memory_a_trial: bytes by which the largest process grew from the end of one trial to that of the next.
    """

    start: float
    end: float
    wall: float
    cpu: float
    wall_a_trial: float
    cpu_a_trial: float
    memory_a_trial: float


def measure(script: str, workload: Path, python: str, prefix: Sequence[str] = ()) -> Run:
    """Run the script of a tuner, and read what it takes whenever it tells that a trial has ended.

    Raises:
        SystemExit: it failed.
    """
    command = [*prefix, python, str(Path(__file__).with_name(f"run_{script}.py")), str(workload)]
    readings, begin, started = list[Reading](), None, time.monotonic()
    log = workload.with_name(f"{script}.log")
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment())
    assert process.stdout is not None  # noqa: S101 - a pipe
    tree = psutil.Process(process.pid)
    for line in process.stdout:
        with suppress(ValueError):
            match json.loads(line):
                case {"event": "begin"}:
                    begin = _read(tree, started)
                case {"event": "trial"}:
                    readings.append(_read(tree, started))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall, cpu = time.monotonic() - started, usage.ru_utime + usage.ru_stime
    if process.returncode or begin is None or not readings:
        raise SystemExit(f"{script} ended with status {process.returncode}:\n{log.read_text()[-2000:]}")
    count, last = len(readings), readings[-1]
    grown = (last.memory - readings[0].memory) / max(1, count - 1)
    trials = last.wall - begin.wall, last.cpu - begin.cpu
    return Run(begin.wall, wall - last.wall, wall, cpu, trials[0] / count, trials[1] / count, grown)


def _environment() -> Mapping[str, str]:
    return {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}


def _read(tree: psutil.Process, started: float) -> Reading:
    cpu, memory = 0.0, 0
    for process in (tree, *tree.children(recursive=True)):
        with suppress(psutil.Error):  # it has ended; its seconds are its parent's
            times = process.cpu_times()
            cpu += times.user + times.system + times.children_user + times.children_system
            memory = max(memory, process.memory_info().rss)
    return Reading(time.monotonic() - started, cpu, memory)


def describe_machine() -> dict[str, object]:
    """Say on what machine, and with what versions."""
    from importlib.metadata import PackageNotFoundError, version

    names = ("hpo", "keras", "tensorflow", "optuna", "keras-tuner", "ray", "numpy")
    versions = {}
    for name in names:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    load = os.getloadavg()[0]
    return {"cpu": model, "cores": os.cpu_count(), "load": load, "python": sys.version.split()[0], "versions": versions}
