"""`hpo run --wandb PROJECT`: trials are runs of Weights & Biases, by a key that appears nowhere."""

from __future__ import annotations

import secrets
import subprocess
import zipfile
from pathlib import Path

import pytest
from e2e_command import HPO, Hpo
from wandb_server import WandbServer

KEY = secrets.token_hex(20)


@pytest.mark.engine
@pytest.mark.usefixtures("engine_here")
def test_a_study_is_followed_and_its_key_is_in_no_file_and_on_no_screen(
    hpo: Hpo, small_space: Path, wandb_server: WandbServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    small_space.write_text(small_space.read_text().replace("trials: 2", "trials: 1"))
    with wandb_server.fail("UpsertBucket", status=401, count=1):
        results = [hpo("run", "--space", small_space, "--wandb", "cnn")]
    assert "tracking.wandb: trials are sent while they run. Received " in results[0].stderr
    results += [
        hpo("show", "small", "--json"),
        hpo("bundle", "small", "--output", "small.zip"),
        hpo("run", "--space", small_space, "--set", "tracking.wandb.nonsense=1"),
    ]
    assert [result.returncode for result in results] == [0, 0, 0, 2], [result.stderr for result in results]
    runs = wandb_server.runs.values()
    assert {(run.project, run.group, run.state, tuple(run.tags)) for run in runs} == {
        ("cnn", "small", "finished", ("complete",))
    }
    assert [run.display_name for run in runs] == ["small-0"]
    assert all([row["_step"] for row in run.history if "val_loss" in row] == [1, 2] for run in runs)
    assert wandb_server.keys
    zipfile.ZipFile(tmp_path / "small.zip").extractall(tmp_path / "bundle")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"tracking.log", "report.html", "study.db", "space.yaml"} <= {path.name for path in files}
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert KEY not in "".join(result.stdout + result.stderr for result in results)


def test_a_run_without_a_key_is_refused_in_one_line_before_it_begins(
    small_space: Path, wandb_server: WandbServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.delenv("WANDB_API_KEY")
    command = [HPO, "run", small_space, "--wandb", "cnn"]
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "hpo: tracking.wandb: no API key: set WANDB_API_KEY, run `wandb login`, or add "
        "--set tracking.wandb.mode=offline\n"
    )
    assert not (tmp_path / "studies").exists()
    assert not wandb_server.counts
