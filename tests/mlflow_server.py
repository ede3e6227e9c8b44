"""MLflow's own server on the loopback, from an environment of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

_NEAR = Path(__file__).parents[1] / ".venv-mlflow" / "bin" / "mlflow"


@contextmanager
def serve_mlflow(folder: Path) -> Iterator[int]:
    """Run the server while the block lasts, with its database and artifacts in a folder; gives its port."""
    command = Path(os.environ.get("HPO_MLFLOW_SERVER", _NEAR))
    if not command.exists():
        pytest.skip(f"{command} is not there, which `make test` installs; $HPO_MLFLOW_SERVER names another")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    storage = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", folder / "artifacts"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [command, "server", *storage, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while process.poll() is None:
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
                break
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        assert process.poll() is None, (folder / "server.log").read_text()
        yield port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the command starts the server as a process of its own
        process.wait()
