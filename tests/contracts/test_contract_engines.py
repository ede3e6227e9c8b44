"""What every engine must do: train each family, keep what is frozen, and run the same space, whatever Keras runs on."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import hpo
from hpo.catalog import MODELS

ENGINES = ("tensorflow", "jax", "torch")
OPTIONS: dict[str, dict[str, Any]] = {
    "application": {"name": "mobilenet", "alpha": 0.25, "weights": "none"},
    "deep_cnn": {"depth": 2, "filters": 4, "dense_units": 8},
    "resnet50v2": {"weights": "none", "input_size": None},
    "simple_cnn": {"depth": 2, "filters": 4, "dense_units": 8, "dropout": 0.1},
    "vgg16": {"weights": "none", "dense_units": 128},
    "vgg16_small": {"filters": 16, "dense_units": 32, "convolution_dropout": 0.0, "dropout": 0.0, "kernel_l2": 0.0},
}
"""Options that make a family small; one that is not named here is tried with `weights: none` alone, if it has that."""
LEARNING_RATES = {"resnet50v2": 3e-4, "vgg16": 2e-4}
"""Of networks that learn nothing in an epoch with 0.001: deep ones."""
CHEAP = {"simple_cnn"}
"""What is trained in every run of the tests, on TensorFlow."""

SPACE = """\
data:
  dataset: digits
  validation: 0.2
  normalization: standardize
  augmentation: {flip: none, shift: 0.1, rotation: 5}
model: {family: simple_cnn, depth: {int: [1, 2]}, filters: 8, dense_units: 16, dropout: 0.1}
training:
  learning_rate: 3e-3
  optimizer: {choice: [adam, rmsprop, {sgd: {momentum: 0.9}}]}
  phases:
    - {epochs: 2, frozen_layers: 2}
    - {epochs: 4, schedule: {reduce_on_plateau: {patience: 2}}, early_stopping: {patience: 3}}
search: {trials: 6, sampler: grid, pruner: none}
"""
Program = Callable[[str, str, Any], list[dict[str, Any]]]


def families() -> list[str]:
    """Every family that is registered, but those that need somebody's own code."""
    required = {
        name: [each for each in MODELS.get(name).model_fields.values() if each.is_required()] for name in MODELS.names()
    }
    return [name for name, options in required.items() if not options]


def small(name: str) -> dict[str, Any]:
    """Options of a family that make it quick to train, and need no network connection."""
    return OPTIONS.get(name, {"weights": "none"} if "weights" in MODELS.get(name).model_fields else {})


def trained(run_program: Program, engine: str, names: list[str]) -> list[dict[str, Any]]:
    """What training each family did, in one process of that engine."""
    return run_program(
        "engine_training.py", engine, {name: (small(name), LEARNING_RATES.get(name, 1e-3)) for name in names}
    )


def check(found: list[dict[str, Any]], engine: str, names: list[str]) -> None:
    """What holds for each family on each engine."""
    assert [(each["family"], each["engine"]) for each in found] == [(name, engine) for name in names]
    for each in found:
        print(f"{engine:<10} {each['family']:<12} {each['seconds']:>6} s  loss {each['losses']}")
        assert each["frozen_weights"] > 0, each
        assert each["moved_though_frozen"] == [], each
        assert each["free_layers"] > 0, each
        assert each["still_though_free"] == [], each
        assert each["losses"][1] < each["losses"][0], each
        assert each["off_when_predicting"] < 1e-5, each
        assert each["off_when_called"] < 0.05, each  # a pixel in a thousand differs by 1 of 255 where it was resized
        assert each["moved_by_calling"] == 0, each


@pytest.mark.engine
def test_frozen_weights_stay_the_others_move_and_the_loss_falls(run_program: Program):
    names = sorted(CHEAP)
    check(trained(run_program, "tensorflow", names), "tensorflow", names)


@pytest.mark.engines
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_family_keeps_what_is_frozen_and_learns_on_every_engine_that_is_installed(
    run_program: Program, engine: str
):
    skip_without(engine)
    check(trained(run_program, engine, families()), engine, families())


@pytest.mark.engines
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_space_trains_on_every_engine_that_is_installed(engine: str, tmp_path: Path, studies: Path):
    skip_without(engine)
    (tmp_path / "engines.yaml").write_text(SPACE)
    study = hpo.run(tmp_path / "engines.yaml", engine=engine, studies=studies)
    assert study.counts()["complete"] == 6
    assert study.best is not None
    assert study.best.value > 0.5
    assert study.test_score is not None
    assert study.test_score["accuracy"] > 0.5
    assert study.environments()[0][engine] != "not installed"


def skip_without(engine: str) -> None:
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: make test-engines")
