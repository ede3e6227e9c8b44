"""Trains a network with whole batches and with batches in parts, on whichever engine: a process of the contract.

Started as `python accumulated_training.py`, with a JSON list of trainings on standard input, each the options of a
recipe as YAML text. For each one a JSON line goes out.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any, Literal

import keras
import numpy as np

from hpo.data import Part, TrialData
from hpo.models import ModelFamily, Shape
from hpo.spaces import Config
from hpo.spaces.file.reading import read_spec
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.text.source import parse
from hpo.training.feeding.feeding import evaluation_batches, training_batches
from hpo.training.network.model import build_model

STEPS = (1, 2, 4)


class Plain(ModelFamily):
    """A network without batch normalization, which sees parts, and without dropout, which draws for each."""

    family: Literal["plain"] = "plain"

    def build(self, shape: Shape, classes: int) -> keras.Model:
        """Build it, with a penalty that counts once a step however often it is computed."""
        inputs = keras.Input(shape)
        features = keras.layers.Conv2D(4, 3, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01))(inputs)
        return keras.Model(inputs, keras.layers.Dense(classes, "softmax")(keras.layers.Flatten()(features)))


def train(config: Config, data: TrialData, steps: int) -> dict[str, Any]:
    """Train with batches in so many parts; the weights at the end, and what was measured in the last epoch."""
    keras.utils.set_random_seed(0)
    built = build_model(config, data, steps)
    history = built.model.fit(
        training_batches(data, config, seed=1, accumulation_steps=steps),
        validation_data=evaluation_batches(data, config, accumulation_steps=steps),
        epochs=config.training.epochs,
        shuffle=False,
        verbose=0,
    ).history
    optimizer = getattr(built.model.optimizer, "inner_optimizer", built.model.optimizer)
    averages = getattr(optimizer, "_model_variables_moving_average", ())
    return {
        "weights": [weight for weight in built.model.get_weights() if weight.dtype.kind == "f"],
        "averages": [keras.ops.convert_to_numpy(average) for average in averages],
        "iterations": int(optimizer.iterations),
        "rate": float(keras.ops.convert_to_numpy(optimizer.learning_rate)),
        "metrics": {name: values[-1] for name, values in history.items()},
    }


def compare(training: str) -> dict[str, Any]:
    """Tell how far trainings in parts come from the one that is not, at most over all weights."""
    text = (
        "data: {<<: {dataset: digits, normalization: unit}}\n"
        "model: simple_cnn\n"
        f"training: {{<<: {{epochs: 3, batch_size: 16, learning_rate: 0.01}}, {training}}}\n"
    )
    config = read_spec(rewrite_sections(parse(text, "contract.yaml")), "contract").config({})
    config = replace(config, model=Plain())
    data = TrialData(("dark", "bright"), _part(67, 1), _part(30, 2))
    whole, *others = (train(config, data, steps) for steps in STEPS)
    return {
        "training": training,
        "engine": keras.backend.backend(),
        "moved": float(max(abs(weight).max() for weight in whole["weights"])),
        "distances": {name: [_distance(whole[name], it[name]) for it in others] for name in ("weights", "averages")},
        "iterations": [it["iterations"] for it in (whole, *others)],
        "rates": [it["rate"] for it in (whole, *others)],
        "metrics": [it["metrics"] for it in (whole, *others)],
    }


def _distance(arrays: list[Any], others: list[Any]) -> float:
    return max((float(abs(one - other).max()) for one, other in zip(arrays, others, strict=True)), default=0.0)


def _part(images: int, seed: int) -> Part:
    """Two classes of noise, one of them brighter."""
    random = np.random.default_rng(seed)
    labels = (np.arange(images) % 2).astype(np.int32)
    noise = random.integers(0, 200, (images, 8, 8, 1)) + 55 * labels[:, None, None, None]
    return Part(noise.astype(np.uint8), labels)


if __name__ == "__main__":
    for recipe in json.load(sys.stdin):
        print(json.dumps(compare(recipe)), flush=True)
