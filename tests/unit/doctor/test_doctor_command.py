"""`hpo doctor` as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fake_nvml import FakeNvml, make_gpus

from hpo.cli.app import run_command_line


@pytest.fixture
def doctor(capsys, monkeypatch, tmp_path):
    """A function from arguments to the exit status and what is printed."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str]:
        try:
            status = run_command_line(["doctor", *arguments])
        except SystemExit as end:
            status = int(end.code or 0)
        return status, capsys.readouterr().out

    return call


def test_what_is_found_fits_80_columns_each_line_with_its_status(doctor, install_nvml):
    install_nvml(FakeNvml(make_gpus(2)), "0")
    _, text = doctor()
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert {line[:9].strip() for line in lines[:-1]} <= {"ok", "warning", "error", ""}
    subjects = {line[9:20].strip() for line in lines}
    assert {"python", "hpo", "engines", "extras", "driver", "gpu 0", "studies", "database"} <= subjects


def test_programs_get_it_as_json_and_the_exit_status_tells_errors(doctor, tmp_path: Path):
    status, text = doctor("--json")
    report = json.loads(text)
    assert (status, report["errors"]) == (0, 0)
    assert {key for finding in report["findings"] for key in finding} == {"subject", "status", "text", "remedy"}
    (tmp_path / "file").write_text("")
    status, text = doctor("--json", "--studies", "file/studies")
    assert (status, json.loads(text)["errors"]) == (1, 1)


def test_no_password_is_printed(doctor):
    status, text = doctor("--storage", "postgresql+psycopg://me:secret@127.0.0.1:9/hpo")
    assert status == 1
    assert "secret" not in text


def test_it_imports_no_engine():
    code = (
        "import sys\n"
        "from hpo.cli.app import run_command_line\n"
        "try: run_command_line(['doctor', '--json'])\n"
        "except SystemExit: pass\n"
        "print({'tensorflow', 'keras', 'jax', 'torch', 'optuna', 'sklearn'} & set(sys.modules))\n"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.splitlines()[-1] == "set()"


@pytest.mark.engine
def test_each_engine_is_asked_in_a_process_of_its_own(doctor):
    status, text = doctor("--engines", "--json")
    (report,) = (finding for finding in json.loads(text)["findings"] if finding["subject"] == "tensorflow")
    assert report["text"].startswith("sees ")
    assert status == (report["status"] == "error")
