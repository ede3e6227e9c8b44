"""What every engine must do with a recipe: it trains, the same each time, and what is kept predicts what was told."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

ENGINES = ("tensorflow", "jax", "torch")
RECIPES = [
    ("optimizer: muon, weight_decay: 0.01, schedule: {cosine: {warmup_epochs: 1}}, gradient_clipping: {norm: 1}", ""),
    ("optimizer: adafactor, schedule: one_cycle, precision: mixed_float16, ema: {momentum: 0.8}", ""),
    ("optimizer: schedule_free_adamw, precision: mixed_bfloat16, class_weights: balanced", ""),
    (
        "optimizer: lamb, ema: {momentum: 0.8}, metrics: [macro_f1, top_k_accuracy], top_k: 2, label_smoothing: 0.1",
        "augmentation: {mixup: {alpha: 0.3}, cutmix: {alpha: 1}}",
    ),
    ("optimizer: adam", "augmentation: {shift: 0.1, rotation: 10, zoom: 0.1}"),
    ("optimizer: lion, schedule: {step: {every: 1, factor: 0.5}}, loss: focal, metrics: [macro_f1]", ""),
    ("optimizer: adam, learning_rates: {base: 0.002, head: 0.02}", ""),
    ("optimizer: {sgd: {momentum: 0.9}}, average_last_epochs: 2", ""),
    ("optimizer: adam", "augmentation: {randaugment: {}}"),
    ("optimizer: adam", "augmentation: {augmix: {}}"),
    ("optimizer: adam", "test_time_augmentation: {flip: horizontal}"),
    (
        "optimizer: nadam, learning_rates: {base: 0.005, head: 0.02}, average_last_epochs: 2, precision: mixed_float16",
        "augmentation: {randaugment: {operations: 1}, augmix: {}}, test_time_augmentation: {flip: both, shift: 1}",
    ),
]


@pytest.mark.engines
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_part_of_a_recipe_trains_on_every_engine_that_is_installed(engine: str, run_process):
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: make test-engines")
    lines = run_process("recipe_training.py", engine, RECIPES)
    for (training, data), line in zip(RECIPES, lines, strict=True):
        place = f"{engine}, {training}, {data}"
        assert (line["training"], line["engine"]) == (training, engine)
        assert line["is_compiled"] or engine != "jax", place
        one, other = line["twice"]
        assert one == other, place
        losses = one["history"]["loss"]
        assert losses[-1] < losses[0] or "mixup" in data, (place, losses)
        assert one["off_reported"] < 1e-6, place
        if "test_time" in data:
            assert one["off_flipped"] < 1e-6, place
        else:
            assert one["off_flipped"] > 1e-4, place
            if "loss: focal" not in training:
                assert one["kept_loss"] == pytest.approx(one["best_loss"], rel=5e-3), place
