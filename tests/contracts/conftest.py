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


@pytest.fixture
def run_program() -> Callable[[str, str, Any], list[dict[str, Any]]]:
    """Runs a program of this folder on an engine, with JSON on its standard input; gives the JSON lines that it prints.

    On TensorFlow it is run in the test's process, where that has been imported; other engines need one of their own.
    """

    def run(name: str, engine: str, request: Any) -> list[dict[str, Any]]:
        program, text = Path(__file__).with_name(name), json.dumps(request)
        if engine == os.environ.get("KERAS_BACKEND", "tensorflow"):
            with redirect_stdout(io.StringIO()) as printed, patch("sys.stdin", io.StringIO(text)):
                runpy.run_path(str(program), run_name="__main__")
            lines = printed.getvalue().splitlines()
        else:
            environment = {**os.environ, "KERAS_BACKEND": engine, "TF_CPP_MIN_LOG_LEVEL": "2"}
            done = subprocess.run(
                [sys.executable, program], input=text, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr[-3000:]
            lines = done.stdout.splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    return run
