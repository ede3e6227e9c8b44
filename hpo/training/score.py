"""The score of a finished model on the test part, which no trial has seen."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import keras
from upath import UPath

from hpo.data import Part
from hpo.training.assessment import Score, score_of
from hpo.training.feeding import predictions


def score_model(path: UPath, part: Part, classes: Sequence[str], *, batch_size: int, top_k: int) -> Score:
    """Predict with a saved model, and compare.

    Args:
        path: a `.keras` file, behind any fsspec URL.
        part: images of the size that the model takes.
        classes: their names, in the order of the model's probabilities.
        batch_size: what is known to fit into memory: the one that the model was trained with.
        top_k: see `Score`.
    """
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "model.keras"
        local.write_bytes(path.read_bytes())
        model = keras.models.load_model(local, compile=False)
    return score_of(part.labels, predictions(model, part, batch_size), classes, top_k)
