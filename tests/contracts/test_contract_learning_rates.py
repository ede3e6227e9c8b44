"""What every engine must do: base and head are trained by learning rates of their own, as by an optimizer for each."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, get_args

import pytest

from hpo.spaces.sections.training.optimizers import AnyOptimizer

ENGINES = ("tensorflow", "jax", "torch")
CHEAP = [
    "optimizer: nadam, schedule: one_cycle",
    "optimizer: {sgd: {momentum: 0.9}}, weight_decay: 0.1, ema: {momentum: 0.8}, precision: mixed_float16",
]
"""What is trained in every run of the tests, on TensorFlow."""
ALL = [
    *CHEAP,
    "optimizer: {adam: {amsgrad: true}}, schedule: {cosine: {warmup_epochs: 1}}, gradient_clipping: {global_norm: 0.1}",
    "optimizer: adamw, weight_decay: 0.1, schedule: {step: {every: 1}}, ema: {momentum: 0.8}",
    "optimizer: muon, weight_decay: 0.1, precision: mixed_bfloat16",
    *(f"optimizer: {optimizer.model_fields['name'].default}" for optimizer in get_args(get_args(AnyOptimizer)[0])),
]
Program = Callable[[str, str, Any], list[dict[str, Any]]]


def compare(run_program: Program, engine: str, trainings: list[str]) -> list[dict[str, Any]]:
    """What each training gave, in one process of that engine."""
    lines = run_program("rated_training.py", engine, trainings)
    assert [(line["training"], line["engine"]) for line in lines] == [(training, engine) for training in trainings]
    return lines


def check(line: dict[str, Any]) -> None:
    """What holds for each training on each engine."""
    if line["from_two_optimizers"] is not None:
        assert line["from_two_optimizers"] < 1e-6, line
    assert line["from_single"] > 1e-5, line


@pytest.mark.engine
def test_base_and_head_are_trained_as_by_an_optimizer_for_each(run_program: Program):
    for line in compare(run_program, "tensorflow", CHEAP):
        check(line)


@pytest.mark.engines
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_optimizer_trains_base_and_head_by_rates_of_their_own_on_every_engine_that_is_installed(
    run_program: Program, engine: str
):
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: make test-engines")
    for line in compare(run_program, engine, ALL):
        check(line)
