"""Predictions are read from beside a model, or there are none."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from hpo.analysis.predictions import load_predictions
from hpo.studies import StudyFiles

LABELS = np.array([0, 1, 1, 0], np.int32)
PROBABILITIES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]], np.float32)


@pytest.fixture
def files(tmp_path):
    """The files of a study that keeps a model of trial 3, of which only what lies beside it matters."""
    files = StudyFiles(tmp_path)
    files.models.store.put_bytes("trial-3.json", json.dumps({"classes": ["cat", "dog"]}).encode())
    return files


def put(files, **arrays):
    archive = io.BytesIO()
    np.savez_compressed(archive, **arrays)
    files.models.store.put_bytes("trial-3.test.npz", archive.getvalue())


def test_predictions_have_labels_probabilities_images_and_the_names_of_the_classes(files):
    put(files, labels=LABELS, probabilities=PROBABILITIES, images=np.array(["a.png", "b.png", "c.png", "d.png"]))
    predictions = load_predictions(files, 3, "test")
    assert predictions.classes == ("cat", "dog")
    assert predictions.images.tolist() == ["a.png", "b.png", "c.png", "d.png"]
    assert predictions.correct.tolist() == [True, True, False, True]
    assert predictions.accuracy == 0.75
    assert load_predictions(files, 3, "validation") is None


@pytest.mark.parametrize(
    "arrays",
    [
        {"labels": LABELS},
        {"labels": LABELS[:3], "probabilities": PROBABILITIES},
        {"labels": LABELS + 1, "probabilities": PROBABILITIES},
        {"labels": LABELS, "probabilities": PROBABILITIES[:, :1]},
        {"labels": LABELS, "probabilities": PROBABILITIES, "images": np.array(["a.png"])},
        {"labels": LABELS[:0], "probabilities": PROBABILITIES[:0]},
    ],
    ids=["no probabilities", "fewer labels", "a label of no class", "fewer classes", "fewer names", "no image"],
)
def test_arrays_that_do_not_fit_each_other_are_no_predictions(files, arrays):
    put(files, **arrays)
    assert load_predictions(files, 3, "test") is None


def test_a_damaged_file_holds_no_predictions(files):
    put(files, labels=LABELS, probabilities=PROBABILITIES)
    content = files.models.store.read("trial-3.test.npz")
    for damaged in (b"", b"no archive", content[: len(content) // 2]):
        files.models.store.put_bytes("trial-3.test.npz", damaged)
        assert load_predictions(files, 3, "test") is None
