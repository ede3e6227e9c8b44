"""Recipes from end to end: averaged weights, half precision, and what trials are compared by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpo.spaces import Objective
from hpo.spaces.file.reading import read_spec
from hpo.spaces.sections.canonical import rewrite_sections
from hpo.spaces.text.source import parse
from hpo.training import Completed

LOSS = Objective(metric="val_loss", direction="minimize")
pytestmark = pytest.mark.engine


def loss_of(outcome, data, tmp_path: Path) -> float:
    """The cross-entropy of the saved model on the validation part."""
    import keras

    outcome.save_model(tmp_path / "model.keras")
    probabilities = keras.models.load_model(tmp_path / "model.keras").predict(data.validation.images, verbose=0)
    return float(-np.log(probabilities[np.arange(len(data.validation)), data.validation.labels]).mean())


@pytest.mark.parametrize("more", ["early_stopping: {patience: 1}", "precision: mixed_float16"])
def test_with_averaged_weights_the_model_that_was_evaluated_is_the_one_that_is_saved(
    config_of, run, data, tmp_path, more
):
    config = config_of(f"epochs: 5, learning_rate: 0.05, ema: {{momentum: 0.8}}, {more}", "head_pooling: average")
    outcome = run(config, objective=LOSS)
    assert isinstance(outcome, Completed)
    best = min(outcome.learned.history["val_loss"])
    tolerance = 2e-3 if "float16" in more else 1e-4
    assert outcome.learned.best_value == pytest.approx(best)
    assert loss_of(outcome, data, tmp_path) == pytest.approx(best, rel=tolerance)


def test_averages_are_evaluated_and_training_goes_on_with_the_weights_themselves(config_of, run):
    plain = run(config_of("epochs: 3, optimizer: adam")).learned.history
    averaged = run(config_of("epochs: 3, optimizer: adam, ema: {momentum: 0.9}")).learned.history
    np.testing.assert_allclose(averaged["loss"], plain["loss"], rtol=1e-4)
    assert not np.allclose(averaged["val_loss"], plain["val_loss"], rtol=1e-3)


def test_the_validation_loss_is_cross_entropy_whatever_training_makes_small(config_of, run, data, tmp_path):
    outcome = run(config_of("epochs: 1, label_smoothing: 0.4, class_weights: {dark: 9}"), objective=LOSS)
    assert outcome.learned.best_value == pytest.approx(loss_of(outcome, data, tmp_path), rel=1e-4)


@pytest.mark.parametrize("metric", ["val_macro_recall", "val_top_k_accuracy"])
def test_a_learned_objective_adds_its_metric(metric, run, data):
    text = (
        "data: digits\nmodel: {family: simple_cnn, depth: 1, filters: 2, dense_units: 4}\n"
        f"training: {{epochs: 2, batch_size: 16, top_k: 2, optimizer: sgd}}\nobjective: {metric}\n"
    )
    spec = read_spec(rewrite_sections(parse(text, "test.yaml")), "test")
    outcome = run(spec.config({}), objective=spec.objective, on=replace(data, classes=("dark", "bright", "odd")))
    values = outcome.learned.history[metric]
    assert outcome.values == (max(values),)
    assert all(0 <= value <= 1 for value in values)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_a_network_computes_in_half_precision_between_float32_pixels_and_probabilities(config_of, data, precision):
    import keras

    from hpo.training.network.model import build_model, symbolic_model

    config = config_of(f"precision: {precision}")
    built, plain = build_model(config, data), build_model(config_of(), data)
    dtypes = {layer.name: layer.compute_dtype for layer in (*built.model.layers, *built.network.layers)}
    assert dtypes["unit"] == dtypes["probabilities"] == built.model.output.dtype == "float32"
    assert {layer.compute_dtype for layer in built.network.layers if layer.weights} == {
        precision.removeprefix("mixed_"),
        "float32",
    }
    assert {weight.dtype for weight in built.model.weights} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"
    assert built.cost.parameters == plain.cost.parameters
    assert built.cost.memory < plain.cost.memory
    assert symbolic_model(config, data.outline).cost == built.cost
    assert keras.config.dtype_policy().name == "float32"


def test_a_recipe_in_half_precision_leaves_the_next_trial_as_it_would_have_been(config_of, run):
    first = run(config_of("epochs: 1")).learned.history
    run(config_of("epochs: 1, precision: mixed_bfloat16"))
    assert run(config_of("epochs: 1")).learned.history == first


def test_a_policy_is_put_back_where_building_fails(config_of, data):
    import keras

    from hpo.models import ImpossibleArchitectureError
    from hpo.training.network.model import build_model

    with pytest.raises(ImpossibleArchitectureError):
        build_model(config_of("precision: mixed_float16", "depth: 4"), data)
    assert keras.config.dtype_policy().name == "float32"


def test_averages_take_memory(config_of, data):
    from hpo.training.network.model import symbolic_model

    plain, averaged = (symbolic_model(config_of(text), data.outline).cost for text in ("", "ema: {momentum: 0.9}"))
    assert averaged.memory == plain.memory + 4 * plain.parameters - 4 * 2 * 2  # but for the moving statistics


def test_an_objective_of_the_study_is_measured_by_every_config():
    text = "data: digits\nmodel: simple_cnn\nobjective: [val_macro_f1, val_accuracy]\n"
    spec = read_spec(rewrite_sections(parse(text, "test.yaml")), "test")
    assert spec.config({}).training.metrics == ["macro_f1"]
    assert spec.objective == Objective(metric="val_macro_f1", direction="maximize")
