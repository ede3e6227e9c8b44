"""The export for PyTorch, which is written and run by PyTorch in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import hpo
from hpo.shipping.export.verification import TOLERANCE

PROGRAM = """
import sys

import numpy as np
import torch

said = {"hpo.json": ""}
module = torch.export.load(sys.argv[1], extra_files=said).module()
arrays = np.load(sys.argv[2])
with torch.no_grad():
    found = {name: module(torch.from_numpy(arrays[name])).numpy() for name in arrays}
np.savez(sys.argv[3], **found)
print(said["hpo.json"])
"""
"""Without hpo and Keras; TensorFlow and PyTorch (2.20 and 2.13) abort where both are in one process."""


@pytest.mark.engines
def test_pytorch_alone_gives_the_probabilities_of_the_model_for_images_of_any_size(trained_studies, tmp_path: Path):
    if find_spec("torch") is None:
        pytest.skip("torch is not installed: make test-engines")
    study = hpo.open_study("digits", studies=trained_studies)
    export = study.export("torch", tmp_path / "torch")
    assert export.model.name == "model.pt2"
    assert export.verification["runtime"].startswith("torch ")
    assert export.verification["largest_difference"] < TOLERANCE
    assert export.verification["top1_agreement"] == 1
    assert len(export.verification["sizes"]) == 3
    random = np.random.default_rng(0)
    sizes = ((8, 8), (17, 5), (30, 41))
    images = {f"{size}": random.integers(0, 256, (5, *size, 1), np.uint8) for size in sizes}
    np.savez(tmp_path / "images.npz", **images)
    command = [sys.executable, "-c", PROGRAM, export.model, tmp_path / "images.npz", tmp_path / "found.npz"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout)["classes"] == list("0123456789")
    found, classifier = np.load(tmp_path / "found.npz"), study.best.load()
    for size, batch in images.items():
        np.testing.assert_allclose(found[size], classifier.predict(batch), atol=TOLERANCE)
