"""Whoever reads what commands print: nobody, a full disk, or somebody who has seen enough."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from e2e_command import HPO, FinishedStudy, call_hpo

FULL = Path("/dev/full")

COMMANDS = [
    "--version",
    "list",
    "show e2e --json",
    "trials e2e",
    "trials e2e --csv",
    "importance e2e",
    "models",
    "models vgg16",
    "datasets",
    "datasets inspect digits --no-picture",
    "schema",
    "check e2e.yaml --quick",
    "run --space e2e.yaml --json",
]
PROCESSES = ["--help", "show e2e", "run --space e2e.yaml"]
"""Commands that are tried to the very end, where the interpreter flushes its streams."""


def call(folder: Path, command: str, redirection: str) -> subprocess.CompletedProcess[str]:
    """Run a command by a shell."""
    return subprocess.run(
        ["bash", "-c", f"'{HPO}' {command} {redirection}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", [*COMMANDS, *PROCESSES])
def test_a_full_standard_output_is_said_in_a_line(finished: FinishedStudy, command):
    if command in PROCESSES:
        done = call(finished.folder, command, f">{FULL}")
    else:
        done = call_hpo(*command.split(), cwd=finished.folder, output=FULL)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("hpo: ")]
    assert line.startswith("hpo: standard output: ")
    assert "No space left on device" in line
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_a_closed_standard_output_is_no_file_of_the_study(finished: FinishedStudy):
    done = call(finished.folder, "show e2e", ">&-")
    assert done.returncode == 1
    assert done.stderr.startswith("hpo: standard output: ")


@pytest.mark.parametrize("command", ["schema", "trials e2e --json"])
def test_a_reader_that_has_seen_enough_is_no_error(finished: FinishedStudy, command):
    done = call(finished.folder, command, "| head -1 >/dev/null")
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_nobody_needs_to_read_the_standard_error(finished: FinishedStudy, redirection):
    done = call(finished.folder, "run --space e2e.yaml", redirection)
    assert done.returncode == 0
    assert done.stdout.startswith("# The best config of study e2e")
    assert call(finished.folder, "show nothing", redirection).returncode == 2
