"""Trains networks whose base and head have learning rates of their own, on whichever engine: a process of the contract.

Started as `python rated_training.py`, with a JSON list of recipes on standard input, as YAML text. For each one a JSON
line goes out: how far its weights are from those of two optimizers, one for each group, and of a single learning rate.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from accumulated_training import Plain, _part  # type: ignore[import-not-found]

from hpo.data import TrialData
from hpo.spaces import Config, Recipe
from hpo.spaces.file.reading import read_spec
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.text.source import parse
from hpo.training.feeding.feeding import training_batches
from hpo.training.network.compiling import _build
from hpo.training.network.model import BuiltModel, build_model
from hpo.training.network.optimizing.optimizers import make_optimizer

BASE, HEAD = 0.002, 0.01
DATA = TrialData(("dark", "bright"), _part(48, 1), _part(16, 2))


def train(config: Config, *, with_two_optimizers: bool = False) -> BuiltModel:
    """Train a small network of two layers for two epochs."""
    keras.utils.set_random_seed(0)
    built = build_model(config, DATA)
    if with_two_optimizers:
        built.model.optimizer = _two_optimizers(built, config.training)
    built.model.fit(training_batches(DATA, config, seed=1), epochs=2, shuffle=False, verbose=0)
    return built


def _two_optimizers(built: BuiltModel, recipe: Recipe) -> keras.optimizers.Optimizer:
    """Make an optimizer of Keras' for base and head each, as `OptimizerMap` has them, found by their exact paths."""
    steps, weights = 3, built.model.trainable_variables
    parts = [
        make_optimizer(recipe.model_copy(update={"learning_rates": None, "learning_rate": rate}), steps, weights)
        for rate in (BASE, HEAD)
    ]
    paths = {weight.path: parts[0] for layer in built.family.base_layers(built.network) for weight in layer.weights}
    both = keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(parts[1], paths))
    _build(both, built.model, 1)
    return both


def compare(training: str) -> dict[str, Any]:
    """Tell how far the weights are from those that other ways give."""
    text = (
        "data: {<<: {dataset: digits, normalization: unit}}\nmodel: simple_cnn\n"
        f"training: {{<<: {{epochs: 2, batch_size: 16, learning_rates: {{base: {BASE}, head: {HEAD}}}}}, {training}}}\n"
    )
    config = read_spec(rewrite_sections(parse(text, "contract.yaml")), "contract").config({})
    config, recipe = replace(config, model=Plain()), config.training
    one = recipe.model_copy(update={"learning_rates": None, "learning_rate": HEAD})
    with_two, single = train(config), train(replace(config, training=one))
    optimizer = getattr(with_two.model.optimizer, "inner_optimizer", with_two.model.optimizer)
    apart = None
    if recipe.gradient_clipping is None and recipe.precision == "float32":
        apart = _distance(with_two, train(config, with_two_optimizers=True))
    return {
        "training": training,
        "engine": keras.backend.backend(),
        "from_two_optimizers": apart,
        "from_single": _distance(with_two, single),
        "rate": float(keras.ops.convert_to_numpy(optimizer.learning_rate)),
    }


def _distance(one: BuiltModel, other: BuiltModel) -> float:
    pairs = zip(one.model.get_weights(), other.model.get_weights(), strict=True)
    return max(float(np.abs(a - b).max()) for a, b in pairs if a.dtype.kind == "f")


if __name__ == "__main__":
    for recipe in json.load(sys.stdin):
        print(json.dumps(compare(recipe)), flush=True)
