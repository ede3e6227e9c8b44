"""The export for PyTorch, which is written by PyTorch in a process of its own."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

import hpo
from hpo.shipping.export.verification import TOLERANCE
from hpo.shipping.runtimes import load_export


@pytest.mark.engines
def test_pytorch_alone_gives_the_probabilities_of_the_model_for_images_of_any_size(trained_studies):
    if find_spec("torch") is None:
        pytest.skip("torch is not installed: make test-engines")
    study = hpo.open_study("digits", studies=trained_studies)
    export = study.export("torch")
    assert export.model.name == "model.pt2"
    assert export.verification["runtime"].startswith("torch ")
    assert export.verification["largest_difference"] < TOLERANCE
    assert export.verification["top1_agreement"] == 1
    assert len(export.verification["sizes"]) == 3
    import torch

    said = {"hpo.json": ""}
    torch.export.load(str(export.model), extra_files=said)
    assert '"classes"' in said["hpo.json"]
    loaded, classifier = load_export("torch", export.model), study.best.load()
    random = np.random.default_rng(0)
    for size in ((8, 8), (17, 5), (30, 41)):
        images = random.integers(0, 256, (5, *size, 1), np.uint8)
        np.testing.assert_allclose(loaded.predict(images), classifier.predict(images), atol=TOLERANCE)
