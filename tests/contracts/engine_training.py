"""Trains families for one epoch each on the engine that Keras has, and prints what moved: a process of the contract.

Started as `python engine_training.py`, with a JSON object on standard input: by the name of a family its options, and a
learning rate. For each a JSON line goes out.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from hpo.data import Part, TrialData
from hpo.data.pixels.resizing import Resizing
from hpo.spaces import read_config
from hpo.training.feeding.feeding import training_batches
from hpo.training.memory import free_memory_afterwards
from hpo.training.network.model import BuiltModel, build_model
from hpo.training.trial.saving import save_model

IMAGES, BATCH, SIDE = 96, 8, 32


class _Losses(keras.callbacks.Callback):
    """The loss of each batch; what Keras tells is the mean so far."""

    def __init__(self) -> None:
        super().__init__()
        self.means: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.means.append(float((logs or {})["loss"]))

    @property
    def each(self) -> list[float]:
        sums = [mean * count for count, mean in enumerate(self.means, start=1)]
        return [after - before for before, after in zip([0.0, *sums], sums, strict=False)]


def trained(options: dict[str, Any], learning_rate: float) -> dict[str, Any]:
    """Train a family with half of its base frozen.

    What is saved of it is called and predicted with.

    Returns:
        How many layers of the base there are and how many were frozen, their weights that moved, the layers with
        weights to train of which none moved, the mean loss at the beginning and at the end of the epoch, and seconds.
    """
    started = time.monotonic()
    data = _data()
    training = {"epochs": 1, "batch_size": BATCH, "learning_rate": learning_rate}
    preparation = {"dataset": "digits", "normalization": "imagenet"}  # the scale that a family was made for
    config = read_config({"data": preparation, "model": options, "training": training})
    keras.utils.set_random_seed(0)
    built = build_model(config, data)
    base = built.family.base_layers(built.network)
    frozen = base[: max(1, len(base) // 2)]
    built.begin(config.training, len(frozen), data.outline)
    before = _weights(built)
    losses = _Losses()
    built.model.fit(training_batches(data, config, 0), epochs=1, callbacks=[losses], verbose=0)
    moved = {path for path, weight in _weights(built).items() if not np.array_equal(weight, before[path])}
    kept = {weight.path for layer in frozen for weight in layer.weights}
    free = [layer for layer in built.network._flatten_layers(include_self=False) if _own(layer)]
    quarter = len(losses.each) // 4
    return {
        "layers": len(base),
        "frozen": len(frozen),
        "frozen_weights": len(kept),
        "moved_though_frozen": sorted(kept & moved),
        "still_though_free": [layer.name for layer in free if not {weight.path for weight in _own(layer)} & moved],
        "free_layers": len(free),
        "losses": [float(np.mean(losses.each[:quarter])), float(np.mean(losses.each[-quarter:]))],
        **saved(built),
        "seconds": round(time.monotonic() - started, 1),
    }


def saved(built: BuiltModel) -> dict[str, Any]:
    """Whether the model that is kept of it does the same however it is called, on images of the size and of others."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        save_model(built.model, path, resize="crop")
        model = keras.models.load_model(path)
    before, images = model.get_weights(), _data().validation.images
    wider = np.random.default_rng(3).integers(0, 256, (BATCH, SIDE, SIDE + 9, 3), np.uint8)
    called = [keras.ops.convert_to_numpy(model(each)) for each in (images, wider)]
    kept = zip(before, model.get_weights(), strict=True)
    expected = [built.model.predict(each, verbose=0) for each in (images, Resizing(SIDE, "crop").apply_batch(wider))]
    return {
        "off_when_called": max(float(np.abs(one - other).max()) for one, other in zip(called, expected, strict=True)),
        "off_when_predicting": float(np.abs(model.predict(images, verbose=0) - expected[0]).max()),
        "moved_by_calling": sum(not np.array_equal(was, now) for was, now in kept),
    }


def _own(layer: keras.layers.Layer) -> list[keras.Variable]:
    """The weights to train that are a layer's own, not those of layers in it."""
    below = {id(weight) for each in layer._layers for weight in each.weights}
    return [weight for weight in layer.trainable_weights if id(weight) not in below]


def _weights(built: BuiltModel) -> dict[str, np.ndarray]:
    paths = [weight.path for weight in built.network.weights]
    assert len(set(paths)) == len(paths), "weights are told apart by their paths"
    return {weight.path: keras.ops.convert_to_numpy(weight).copy() for weight in built.network.weights}


def _data() -> TrialData:
    """Two classes of noise, one of them brighter."""

    def part(count: int, seed: int) -> Part:
        random = np.random.default_rng(seed)
        labels = (np.arange(count) % 2).astype(np.int32)
        noise = random.integers(0, 156, (count, SIDE, SIDE, 3)) + 99 * labels[:, None, None, None]
        return Part(noise.astype(np.uint8), labels)

    return TrialData(("dark", "bright"), part(IMAGES, 1), part(BATCH, 2))


def main() -> None:
    """Train what the standard input names."""
    for name, (options, learning_rate) in json.load(sys.stdin).items():
        with free_memory_afterwards():
            found = trained({"family": name, **options}, learning_rate)
        print(json.dumps({"family": name, "engine": keras.backend.backend(), **found}), flush=True)


if __name__ == "__main__":
    main()
