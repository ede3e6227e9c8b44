"""Processes that begin before it is known what for."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from pathlib import Path

import pytest

from hpo.files import open_log
from hpo.processes import early
from hpo.processes.early import EarlyProcess, early_process, take_early
from hpo.processes.environment import python_environment
from hpo.processes.machine import usable_cores

MODULE = """
import os, sys
from hpo.processes.child import run_child
from hpo.processes.environment import adopt_environment

def main(connection):
    requests = connection.requests()
    connection.send({"arguments": sys.argv[1:], "said": os.environ.get("SAID"), "left": os.environ.get("LEFT")})
    for request in requests:
        if "environment" in request:
            adopt_environment(request["environment"])
        connection.send({"said": os.environ.get("SAID"), "left": os.environ.get("LEFT")})

run_child(main)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch) -> str:
    """A module that tells what its environment says whenever it is asked for something."""
    (tmp_path / "telling.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("hpo.processes.early.core_count", lambda: 2)
    return "telling"


def is_alive(process: EarlyProcess) -> bool:
    return not process._process.join(0)


def test_a_process_waits_for_its_environment_and_then_for_who_takes_it(module, tmp_path, monkeypatch):
    monkeypatch.setenv("LEFT", "1")
    process = EarlyProcess(module)
    assert process.environment is None
    process.begin({"SAID": "\udcff is no UTF-8", "PATH": os.environ["PATH"]})
    messages: queue.Queue = queue.Queue()
    with open_log(tmp_path / "log") as log:
        taken = process.take(log, tmp_path / "log", messages.put)
    taken.send({"more": 1})
    heard = [messages.get(timeout=60) for _ in range(3)]
    taken.kill()
    assert taken.join(60)
    told = {"said": "\udcff is no UTF-8", "left": None}
    assert heard == [{"arguments": ["early"], "said": None, "left": "1"}, told, told]


def test_what_nobody_takes_ends_with_the_block_and_what_is_taken_goes_on(module):
    with early_process(module):
        process = take_early()
        assert process is not None
        assert take_early() is None
    assert is_alive(process)
    process.end()
    assert not is_alive(process)
    with early_process(module):
        (left,) = early._waiting
    assert not is_alive(left)
    assert take_early() is None


def test_on_one_core_nothing_begins_early(module, monkeypatch):
    monkeypatch.setattr("hpo.processes.early.core_count", lambda: 1)
    with early_process(module):
        assert take_early() is None


def test_where_no_process_can_be_started_early_the_work_goes_on(module, monkeypatch):
    def fail(*arguments, **options):
        raise OSError("no temporary directory")

    monkeypatch.setattr("tempfile.TemporaryFile", fail)
    with early_process(module):
        assert take_early() is None


@pytest.mark.parametrize(
    ("environment", "threads"),
    [
        ({"OMP_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": "1"}, 1),
        ({"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "2"}, 2),
    ],
)
def test_the_threads_of_numpy_are_those_of_the_environment_that_is_adopted(environment, threads):
    code = (
        "import json, os, sys, numpy, threadpoolctl\n"
        "from hpo.processes.environment import adopt_environment\n"
        "adopt_environment(json.load(sys.stdin))\n"
        "print([pool['num_threads'] for pool in threadpoolctl.threadpool_info() if pool['user_api'] == 'blas'][0])\n"
        "numpy.ones((900, 900)) @ numpy.ones((900, 900))\n"
        "tasks = os.listdir('/proc/self/task')\n"
        "print({tuple(sorted(os.sched_getaffinity(int(task)))) for task in tasks})\n"
    )
    core = usable_cores()[0]
    adopted = {"PATH": os.environ["PATH"], "HPO_CORES": str(core), **environment}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(adopted),
        env={**python_environment(), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == [str(threads), f"{{({core},)}}"]
