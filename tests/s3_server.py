"""A server of object stores on the loopback, and a line to it that can be cut."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

_NEAR = Path(__file__).parents[1] / ".venv-s3" / "bin" / "moto_server"


@contextmanager
def serve_s3() -> Iterator[int]:
    """Run moto's server while the block lasts; gives its port."""
    command = Path(os.environ.get("HPO_MOTO_SERVER", _NEAR))
    if not command.exists():
        pytest.skip(f"{command} is not there, which `make test` installs; $HPO_MOTO_SERVER names another")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [command, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while process.poll() is None:
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
                break
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        assert process.poll() is None, "the server did not start"
        yield port
    finally:
        process.kill()
        process.wait()


class Line:
    """A forwarder to a server on the loopback.

    Attributes:
        is_up: whether connections are taken; cut ones end at once, as those of a server that is gone.
        budget: bytes that clients may still send before the line is cut; None for any number.
    """

    def __init__(self, port: int) -> None:
        self.is_up = True
        self.budget: int | None = None
        self.refused = 0
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                if not self.is_up:
                    self.refused += 1
                    client.close()
                    continue
                server = socket.create_connection(self._target)
                for source, target, is_limited in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._forward, args=(source, target, is_limited), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, is_limited: bool) -> None:
        with suppress(OSError), closing(source), closing(target):
            while data := source.recv(1 << 16):
                if is_limited and self.budget is not None:
                    data, self.budget = data[: self.budget], max(0, self.budget - len(data))
                    if not self.budget:
                        self.is_up = False
                        target.sendall(data)
                        return
                target.sendall(data)
