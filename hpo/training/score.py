"""The score of a finished model on the test part, which no trial has seen."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import keras
from upath import UPath

from hpo.data import Part
from hpo.data.batches import Batches


@dataclass(frozen=True, slots=True)
class Score:
    """Accuracy (0 to 1) and cross-entropy (nats) of a model on a part."""

    accuracy: float
    loss: float


def score_model(path: UPath, part: Part, batch_size: int) -> Score:
    """Evaluate a saved model.

    Args:
        path: a `.keras` file, behind any fsspec URL.
        part: images of the size that the model takes.
        batch_size: what is known to fit into memory: the one that the model was trained with.
    """
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "model.keras"
        local.write_bytes(path.read_bytes())
        model = keras.models.load_model(local)
    metrics = model.evaluate(Batches(part, batch_size), verbose=0, return_dict=True)
    return Score(accuracy=float(metrics["accuracy"]), loss=float(metrics["loss"]))
