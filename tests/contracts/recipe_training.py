"""Trains recipes on the engine that Keras has, each twice with one seed: a process of the contract.

Started as `python recipe_training.py`, with a JSON list on standard input: of each recipe, options of `training` and of
`data` as YAML text. For each a JSON line goes out: what both trainings gave, and what the kept file predicts.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from resumed_training import DATA, LOSS, Silent  # type: ignore[import-not-found]

from hpo.spaces import Config
from hpo.spaces.file.reading import read_spec
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.text.source import parse
from hpo.training import Completed
from hpo.training.network.model import build_model
from hpo.training.trial.trial import run_trial


def train(config: Config, folder: Path) -> dict[str, Any]:
    """Train a config, keep its model, and say what it gave."""
    outcome = run_trial(config, DATA, [LOSS], 1, Silent())
    assert isinstance(outcome, Completed), outcome
    outcome.save_model(folder / "model.keras")
    model = keras.models.load_model(folder / "model.keras")
    validation = DATA.validation
    probabilities = model.predict(validation.images, verbose=0)
    flipped = model.predict(validation.images[:, :, ::-1], verbose=0)
    with np.load(folder / "model.validation.npz", allow_pickle=False) as kept:
        reported = kept["probabilities"]
    return {
        "history": outcome.learned.history,
        "best_loss": outcome.learned.best_value,
        "weights": hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights())).hexdigest(),
        "kept_loss": float(-np.log(probabilities[np.arange(len(validation)), validation.labels]).mean()),
        "off_reported": float(np.abs(probabilities - reported).max()),
        "off_flipped": float(np.abs(probabilities - flipped).max()),
    }


def main() -> None:
    """Do what the standard input says."""
    for training, data in json.load(sys.stdin):
        rate = "" if "learning_rates" in training else "learning_rate: 0.01, "
        text = (
            f"data: {{<<: {{dataset: digits}}, {data}}}\n"
            "model: {family: simple_cnn, depth: 1, filters: 4, dense_units: 4}\n"
            f"training: {{{rate}epochs: 3, batch_size: 16, {training}}}\n"
        )
        config = read_spec(rewrite_sections(parse(text, "recipe")), "recipe").config({})
        is_compiled = build_model(config, DATA).model.jit_compile
        with tempfile.TemporaryDirectory() as folder:
            twice = [train(config, Path(folder)) for _ in range(2)]
        line = {"training": training, "engine": keras.backend.backend(), "is_compiled": is_compiled, "twice": twice}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
