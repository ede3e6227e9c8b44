"""How many requests `hpo serve` answers, and how long each takes, by how many clients ask at once.

    python benchmarks/shipping/serving.py [SECONDS]

Starts `hpo serve` in a process of its own, on loopback, with its default limits: 64 requests at once. Clients are
threads of this process, each with a connection that it keeps; each sends one image, waits for the answer, and sends the
next, for SECONDS (8) a row. One that is told that the server is full waits for 0.1 s. Clients take their share of the
machine's cores: on a few cores the server alone would do more.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from io import BytesIO
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from networks import NETWORKS, save
from PIL import Image

SECONDS, CLIENTS = 8.0, (1, 8, 32, 128)
FILES = {"3 convolutions, 32 x 32": (32, 32, "PNG"), "MobileNetV2, 96 x 96": (640, 480, "JPEG")}
FULL, PATIENCE_S = 503, 0.1


def make_file(width: int, height: int, kind: str) -> bytes:
    """Make an image file that is as smooth as photographs are."""
    small = Image.fromarray(np.random.default_rng(0).integers(0, 256, (height // 8, width // 8, 3), np.uint8))
    file = BytesIO()
    small.resize((width, height), Image.Resampling.BICUBIC).save(file, kind)
    return file.getvalue()


class Client(threading.Thread):
    """Asks again and again until a time."""

    def __init__(self, port: int, content: bytes, kind: str, until: float) -> None:
        super().__init__()
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.content, self.headers, self.until = content, {"Content-Type": f"image/{kind.lower()}"}, until
        self.latencies: list[float] = []
        self.refusals: list[float] = []

    def run(self) -> None:
        """Ask."""
        while time.perf_counter() < self.until:
            start = time.perf_counter()
            self.connection.request("POST", "/predict", self.content, self.headers)
            answer = self.connection.getresponse()
            answer.read()
            seconds = time.perf_counter() - start
            if answer.status == FULL:
                self.refusals.append(seconds)
                time.sleep(PATIENCE_S)
            else:
                assert answer.status == http.client.OK, answer.status  # noqa: S101 - nothing else is expected
                self.latencies.append(seconds)


def measure(port: int, content: bytes, kind: str, clients: int, seconds: float) -> str:
    """Have so many clients ask, and say what they got."""
    until = time.perf_counter() + seconds
    threads = [Client(port, content, kind, until) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    latencies = sorted(latency for thread in threads for latency in thread.latencies)
    refusals = sorted(latency for thread in threads for latency in thread.refusals)
    cells = [
        f"{clients:>7}",
        f"{len(latencies) / seconds:>10.0f}",
        f"{statistics.median(latencies) * 1e3:>6.0f}",
        f"{latencies[int(len(latencies) * 0.95)] * 1e3:>6.0f}",
        f"{len(refusals) / seconds:>7.0f}",
        f"{statistics.median(refusals) * 1e3:>6.0f}" if refusals else "     -",
    ]
    return "  ".join(cells)


def main(seconds: float) -> None:
    """Measure each network."""
    for name, (side, make) in NETWORKS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            save(make(side), path)
            width, height, kind = FILES[name]
            content = make_file(width, height, kind)
            command = [str(Path(sys.executable).with_name("hpo")), "serve", str(path), "--port", "0"]
            with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
                assert process.stderr is not None  # noqa: S101 - a pipe
                told = iter(process.stderr)
                port = next(int(found[1]) for line in told if (found := re.search(r":(\d+)/ on", line)))
                measure(port, content, kind, 8, 2.0)
                print(f"{name}; one {kind} of {width} x {height}, {len(content):,} bytes, a request")
                print("clients  requests/s  p50 ms  p95 ms  full/s  after ms")
                for clients in CLIENTS:
                    print(measure(port, content, kind, clients, seconds), flush=True)
                process.terminate()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
