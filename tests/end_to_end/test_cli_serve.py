"""`hpo serve`: a model behind HTTP, in a process of its own, as Docker would run it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import httpx
import numpy as np
import pytest
from e2e_command import HPO, FinishedStudy
from PIL import Image

pytestmark = pytest.mark.engine
TOKEN = "a-token-of-the-tests"  # noqa: S105


def read_until(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Read what a process tells until it tells this."""
    told = []
    for line in process.stderr:
        told.append(line)
        if match := re.search(pattern, line):
            return match
    raise AssertionError("".join(told))


def test_the_dockerfile_of_a_model_copies_what_is_there_and_starts_a_server(finished: FinishedStudy, tmp_path: Path):
    folder = tmp_path / "image"
    done = finished.hpo("serve", "e2e", "--dockerfile", folder)
    assert (done.returncode, done.stdout) == (0, f"{folder / 'Dockerfile'}\n")
    lines = (folder / "Dockerfile").read_text().splitlines()
    container = tmp_path / "container"
    container.mkdir()
    for line in lines:
        if line.startswith("COPY"):
            _, source, target = line.split()
            (container / target).write_bytes((folder / source).read_bytes())
    (command,) = [json.loads(line.removeprefix("CMD ")) for line in lines if line.startswith("CMD ")]
    assert command[:1] == ["hpo"]
    refused = subprocess.run([HPO, *command[1:]], cwd=container, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert refused.stderr.startswith("hpo: --host: a server that other machines reach needs a token.")

    port = command.index("--port") + 1
    arguments = [*command[1:port], "0", *command[port + 1 :]]
    environment = {**os.environ, "HPO_SERVE_TOKEN": TOKEN}
    with subprocess.Popen(
        [HPO, *arguments], cwd=container, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        url = read_until(process, r"is served at http://[^:]+:(\d+)/ on keras").expand(r"http://127.0.0.1:\1")
        Image.fromarray(np.full((8, 8), 100, np.uint8)).save(tmp_path / "digit.png")
        with httpx.Client(trust_env=False, timeout=20, headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            answer = client.post(
                f"{url}/predict", files={"image": ("digit.png", (tmp_path / "digit.png").read_bytes())}
            )
            assert answer.json()["predictions"][0]["class"] in list("0123456789")
            assert client.get(f"{url}/metadata").json()["model"] == "model.keras"
        process.send_signal(signal.SIGTERM)
        out, told = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert told.splitlines()[-1] == "The server has ended."
    assert TOKEN not in told


def test_a_wrong_request_is_one_clear_line(finished: FinishedStudy, tmp_path: Path):
    (tmp_path / "Dockerfile").write_text("mine")
    for arguments, text in {
        ("e2",): "hpo: study e2: ",
        ("e2e", "--host", "0.0.0.0"): "hpo: --host: a server that other machines reach needs a token. Received",  # noqa: S104
        ("e2e", "--host", "no.such.host.invalid"): "hpo: --host: it is a name or an address of this machine.",
        (
            "e2e",
            "--dockerfile",
            tmp_path / "Dockerfile",
        ): f"hpo: {tmp_path}/Dockerfile: it is a folder that can be written",
        ("e2e", "--dockerfile", tmp_path): "hpo: --dockerfile: it is a folder without a Dockerfile. Received",
    }.items():
        done = finished.hpo("serve", *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith(text)
        assert len(done.stderr.splitlines()) == 1
