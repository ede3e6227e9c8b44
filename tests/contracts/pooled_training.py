"""Trains configs with a pool of models and without, on the engine that Keras has: a process of the contract.

Started as `python pooled_training.py`, with JSON on standard input: for each name two files as YAML text. The first one
leaves its model in the pool; the second one is trained with the pool, and without. A JSON line goes out for each of
these two: what it gave, down to a digest of every array of its last checkpoint and of the model that it saves.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras
from resumed_training import DATA, LOSS, Silent, _digest, describe  # type: ignore[import-not-found]

from hpo.spaces import Config
from hpo.spaces.file.reading import read_spec
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.text.source import parse
from hpo.studies import Checkpoint
from hpo.training.pool.pool import ModelPool
from hpo.training.trial.trial import run_trial


class _Last:
    """Remembers the last checkpoint of a trial."""

    number, attempt = 1, 1
    last: Checkpoint

    def save(self, checkpoint: Checkpoint) -> None:
        self.last = checkpoint

    def latest(self) -> None:
        return None


def train(name: str, config: Config, seed: int, pool: ModelPool | None) -> dict[str, Any]:
    """Train a config to its end."""
    store, observer = _Last(), Silent()
    outcome = run_trial(config, DATA, [LOSS], seed, observer, checkpoints=store, pool=pool)
    line = describe(name, f"seed {seed}", observer, outcome, store.last)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        outcome.save_model(path)
        model = keras.models.load_model(path)
        with zipfile.ZipFile(path) as archive:
            architecture = re.sub(r'"shared_object_id": \d+', "", archive.read("config.json").decode())
    del line["arrays"]["generators/python"]  # drawn from for the names of temporary folders, too
    return {**line, "saved": [architecture, *map(_digest, model.get_weights())]}


def main() -> None:
    """Do what the standard input says."""
    configs = {
        name: [read_spec(rewrite_sections(parse(text, name)), "pooled").config({}) for text in texts]
        for name, texts in json.load(sys.stdin).items()
    }
    pool = ModelPool()
    for name, (earlier, _) in configs.items():
        train(name, earlier, 1, pool)
    waiting = len(pool)
    for name, (_, config) in configs.items():
        for used in (pool, None):
            line = train(name, config, 2, used)
            about = {"engine": keras.backend.backend(), "is_used_again": len(pool) == waiting}
            print(json.dumps({**line, **about}), flush=True)


if __name__ == "__main__":
    main()
