"""What every engine must do: learn from batches in parts what it learns from whole ones."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest

RECIPES = {
    "adam, parts that differ": "optimizer: adam, batch_size: 17",
    "sgd, a schedule": "optimizer: {sgd: {momentum: 0.9}}, schedule: {cosine: {warmup_epochs: 1}}, weight_decay: 0.1",
    "rmsprop, averages, a last batch of few images": "optimizer: rmsprop, ema: {momentum: 0.9}, batch_size: 32",
    "adamw, clipping": "optimizer: adamw, gradient_clipping: {norm: 0.1}, class_weights: {dark: 2.0}, batch_size: 18",
    "nadam, smoothing": "optimizer: nadam, gradient_clipping: {global_norm: 0.1}, label_smoothing: 0.1",
    "muon, averages": "optimizer: muon, ema: {momentum: 0.5}",
}
QUICK = ("adam, parts that differ", "rmsprop, averages, a last batch of few images")
Program = Callable[[str, str, Any], list[dict[str, Any]]]


def compare(run_program: Program, engine: str, recipes: list[str]) -> list[dict[str, Any]]:
    """What trainings in parts and whole ones came to, in one process of that engine."""
    return run_program("accumulated_training.py", engine, recipes)


def check(results: list[dict[str, Any]], engine: str, recipes: list[str]) -> None:
    """What holds for each recipe on each engine, of batches in 2 and in 4 parts."""
    assert [(result["training"], result["engine"]) for result in results] == [(recipe, engine) for recipe in recipes]
    for result in results:
        assert max(result["distances"]["weights"]) < 1e-5 < result["moved"], result
        assert max(result["distances"]["averages"]) < 1e-5, result
        assert len(set(result["iterations"])) == 1, result
        assert result["rates"] == pytest.approx([result["rates"][0]] * 3), result
        whole, *others = result["metrics"]
        for metrics in others:
            assert metrics["val_loss"] == pytest.approx(whole["val_loss"], abs=1e-5), result
            assert metrics["loss"] == pytest.approx(whole["loss"], rel=0.05), result


@pytest.mark.engine
def test_batches_in_parts_teach_what_whole_ones_do(run_program: Program):
    recipes = [RECIPES[name] for name in QUICK]
    check(compare(run_program, "tensorflow", recipes), "tensorflow", recipes)


@pytest.mark.engines
@pytest.mark.parametrize("engine", ["tensorflow", "jax", "torch"])
def test_batches_in_parts_teach_what_whole_ones_do_on_every_engine_that_is_installed(run_program: Program, engine: str):
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: make test-engines")
    check(compare(run_program, engine, list(RECIPES.values())), engine, list(RECIPES.values()))
