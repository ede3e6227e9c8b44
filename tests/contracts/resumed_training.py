"""Trains configs on the engine that Keras has, from their beginning or from checkpoints: a process of the contract.

Started as `python resumed_training.py`, with JSON on standard input: `folder`, `configs` (files as YAML text, by
name), whether to `resume`, and from which `moments` of a config, by its name, if not from all. Without, each config is
trained to its end, and every checkpoint on the way is kept where a trial of its own would have it; with it, the
training goes on from those, with a pool of models, as in a worker. A JSON line goes out for each training: what it
gave, down to a digest of every array of its last checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from hpo.data import Part, TrialData
from hpo.spaces import Config, Objective
from hpo.spaces.file.reading import read_spec
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.text.source import parse
from hpo.studies import Checkpoint, StudyFiles, TrialCheckpoints
from hpo.training import Completed, EpochReport, Verdict
from hpo.training.pool.pool import ModelPool
from hpo.training.trial.trial import run_trial

SIDE, STEPS, MIDDLE = 8, 6, 4
"""Of the images; in an epoch; and the step after which an epoch is interrupted."""


@dataclass
class Silent:
    """Lets a trial run, and remembers what it reports."""

    limits_cost: bool = False
    reports: list[EpochReport] = field(default_factory=list)

    def accepts(self, measures: Any) -> bool:
        return True

    def report(self, report: EpochReport) -> Verdict:
        self.reports.append(report)
        return Verdict.CONTINUE

    def must_pause(self) -> bool:
        return False


@dataclass
class _EveryCheckpoint:
    """Keeps each checkpoint as the last one of a trial of its own: one that ended at that moment."""

    files: StudyFiles
    last: Checkpoint | None = None
    moments: list[str] = field(default_factory=list)
    attempt: int = 1

    def save(self, checkpoint: Checkpoint) -> None:
        self.last = checkpoint
        if checkpoint.step % STEPS in (0, MIDDLE):  # with repeats, an epoch has the steps of each
            self.moments.append(_name_moment(checkpoint.epoch, checkpoint.step))
            self.files.checkpoints(100 * checkpoint.epoch + checkpoint.step, attempt=1).save(checkpoint)

    def latest(self) -> None:
        return None


def describe(name: str, moment: str, observer: Silent, outcome: Any, last: Checkpoint) -> dict[str, Any]:
    """Say what a training gave."""
    assert isinstance(outcome, Completed), (name, moment, outcome)
    assert outcome.remark is None, (name, moment, outcome.remark)
    learned = outcome.learned
    return {
        "config": name,
        "moment": moment,
        "engine": keras.backend.backend(),
        "restored": [report.epoch for report in observer.reports if report.is_restored],
        "reported": [report.epoch for report in observer.reports],
        "epochs": [report.epochs for report in observer.reports],
        "repeats": [report.repeats for report in observer.reports],
        "history": learned.history,
        "best": [learned.best_epoch, learned.best_value, *map(asdict, learned.repeats)],
        "arrays": {key: _digest(array) for key, array in last.arrays.items()},
    }


def train(name: str, config: Config, files: StudyFiles) -> dict[str, Any]:
    """Train a config from its beginning to its end."""
    store, observer = _EveryCheckpoint(files), Silent()
    outcome = run_trial(config, DATA, [LOSS], 1, observer, checkpoints=store)
    return {**describe(name, "begin", observer, outcome, store.last), "moments": store.moments}


def resume(name: str, config: Config, files: StudyFiles, only: list[str]) -> Iterator[dict[str, Any]]:
    """Go on from each checkpoint to the end, or from those of some moments."""
    pool = ModelPool()
    numbers = {int(key.split("/")[0].removeprefix("trial-")) for key in files.checkpoint_store.sizes()}
    for number in sorted(numbers):
        moment = _name_moment(number // 100, number % 100)
        if only and moment not in only:
            continue
        checkpoints, observer = files.checkpoints(number, attempt=2), Silent()
        outcome = run_trial(config, DATA, [LOSS], 1, observer, checkpoints=checkpoints, pool=pool)
        last = TrialCheckpoints(files.checkpoint_store, number, 2).latest()
        yield describe(name, moment, observer, outcome, last)


def build_model(hp: Any) -> keras.Model:
    """Build a model that brings its own optimizer, loss and metrics, as one of KerasTuner's does."""
    layers = [keras.layers.Flatten(), keras.layers.Dropout(0.2), keras.layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((SIDE, SIDE, 1)), *layers])
    optimizer = keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="auc")])
    return model


def build_recurrent(config: dict[str, Any], shape: tuple[int, int, int], classes: int) -> keras.Model:
    """Build a model with a layer that draws from its generator whatever it is called for."""
    images = keras.Input(shape)
    rows = keras.layers.Reshape(shape[:2])(images)
    features = keras.layers.GRU(config["units"], dropout=0.3)(rows)
    return keras.Model(images, keras.layers.Dense(classes, "softmax")(features))


def _name_moment(epoch: int, step: int) -> str:
    return f"epoch {epoch}, step {step}"


def _digest(array: np.ndarray) -> str:
    return hashlib.sha256(repr((array.shape, array.dtype.name)).encode() + array.tobytes()).hexdigest()[:16]


def _part(count: int, seed: int) -> Part:
    labels = (np.arange(count) % 3).astype(np.int32)
    noise = np.random.default_rng(seed).integers(0, 150, (count, SIDE, SIDE, 1)) + 50 * labels[:, None, None, None]
    return Part(noise.astype(np.uint8), labels)


DATA = TrialData(("dark", "grey", "bright"), _part(8 * STEPS - 3, 1), _part(30, 2))
LOSS = Objective(metric="val_loss", direction="minimize")


def main() -> None:
    """Do what the standard input says."""
    request = json.load(sys.stdin)
    for name, text in request["configs"].items():
        config = read_spec(rewrite_sections(parse(text, name)), "resumed").config({})
        files = StudyFiles(Path(request["folder"]) / name)
        moments = request["moments"].get(name, [])
        for line in resume(name, config, files, moments) if request["resume"] else [train(name, config, files)]:
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
