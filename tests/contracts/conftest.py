"""How programs of contracts are run: on any engine as processes, on the engine of the tests in their own."""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from hpo.processes.environment import keep_compiled

RunProgram = Callable[[str, str, Any], list[dict[str, Any]]]


@pytest.fixture
def run_program(run_process: RunProgram) -> RunProgram:
    """Runs a program of this folder on an engine, with JSON on its standard input; gives the JSON lines that it prints.

    On TensorFlow it is run in the test's process, where that has been imported; other engines need one of their own.
    """

    def run(name: str, engine: str, request: Any) -> list[dict[str, Any]]:
        if engine != os.environ.get("KERAS_BACKEND", "tensorflow"):
            return run_process(name, engine, request)
        with redirect_stdout(io.StringIO()) as printed, patch("sys.stdin", io.StringIO(json.dumps(request))):
            runpy.run_path(str(Path(__file__).with_name(name)), run_name="__main__")
        return _read(printed.getvalue())

    return run


@pytest.fixture
def run_process() -> RunProgram:
    """As `run_program`, in a process of its own on every engine."""

    def run(name: str, engine: str, request: Any) -> list[dict[str, Any]]:
        kept = keep_compiled() if engine == "jax" else {}  # as a worker's
        done = subprocess.run(
            [sys.executable, Path(__file__).with_name(name)],
            input=json.dumps(request),
            env={**os.environ, **kept, "KERAS_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "2"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return _read(done.stdout)

    return run


def _read(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
