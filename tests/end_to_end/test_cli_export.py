"""`hpo export`, as it is typed: a process of its own writes the model, and another runtime runs it."""

from __future__ import annotations

import json

import pytest
from e2e_command import run_hpo
from PIL import Image

pytestmark = pytest.mark.engine


def test_a_study_becomes_an_onnx_file_that_onnxruntime_runs(finished, tmp_path):
    done = run_hpo("export", "e2e", "--format", "onnx", "--to", tmp_path / "out", cwd=finished.folder)
    assert done.returncode == 0, done.stderr
    assert f"export   {tmp_path / 'out'}\n" in done.stdout
    assert "input    images: uint8 [batch, height, width, 1]\n" in done.stdout
    assert "64 validation images of e2e" in " ".join(done.stdout.split())
    assert max(len(line) for line in done.stdout.splitlines() if str(tmp_path) not in line) <= 80
    assert json.loads((tmp_path / "out" / "model.json").read_text())["verification"]["images"] == 64
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"README.md", "model.json", "model.onnx"}
    Image.new("L", (20, 9), 90).save(tmp_path / "a.png")
    told = [
        json.loads(run_hpo("predict", model, tmp_path / "a.png", "--json", cwd=finished.folder).stdout)
        for model in ("e2e", tmp_path / "out")
    ]
    assert told[1]["runtime"].startswith("onnxruntime ")
    by_study, by_export = ({top["class"]: top["probability"] for top in one["predictions"][0]["top"]} for one in told)
    assert by_export == pytest.approx(by_study, abs=1e-4)


def test_a_format_that_is_none_is_told_with_those_that_are(finished):
    done = finished.hpo("export", "e2e", "--format", "coreml")
    assert done.returncode == 2
    assert "'coreml' is not one of 'keras', 'onnx'" in " ".join(done.stderr.replace("│", "").split())
