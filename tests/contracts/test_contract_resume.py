"""What every engine must do: a training that goes on from a checkpoint, in another process, gives the same bits."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

ENGINES = ("tensorflow", "jax", "torch")
SMALL = "family: simple_cnn, depth: 1, filters: 4, dense_units: 4, dropout: 0.3"
CONFIGS = {
    "all": (
        "ema: {momentum: 0.8}, phases: [{epochs: 2, frozen_layers: 2, optimizer: nadam, schedule: one_cycle, "
        "learning_rates: {base: 0.002, head: 0.01}}, {epochs: 2, learning_rates: {base: 0.1, head: 0.02}, "
        "optimizer: {sgd: {momentum: 0.9}}, schedule: {reduce_on_plateau: {patience: 1, min_delta: 1.0}}}]",
        "augmentation: {flip: horizontal, shift: 0.1, mixup: {alpha: 0.3}, randaugment: {}, augmix: {}}",
    ),
    "adam": (
        "optimizer: adam, schedule: {cosine: {warmup_epochs: 1}}, ema: {momentum: 0.8}, epochs: 4, metrics: [macro_f1]",
        "augmentation: {flip: horizontal, shift: 0.1, mixup: {alpha: 0.3}}",
    ),
    "sgd": (
        "optimizer: {sgd: {momentum: 0.9}}, early_stopping: {patience: 2}, learning_rate: 0.3, epochs: 5, "
        "schedule: {reduce_on_plateau: {patience: 1, factor: 0.2, min_delta: 0.1}}",
        "normalization: standardize",
    ),
    "phases": (
        "optimizer: rmsprop, phases: [{epochs: 2, frozen_layers: 2}, "
        "{epochs: 2, optimizer: {sgd: {momentum: 0.9}}, learning_rate: 0.1}, {epochs: 1, frozen_layers: all}]",
        "augmentation: {rotation: 10}",
    ),
    "half": (
        "optimizer: adam, precision: mixed_float16, gradient_clipping: {norm: 1}, class_weights: balanced, epochs: 3",
        "",
    ),
    "compiled": (
        "epochs: 3, early_stopping: {patience: 3}",
        "",
        "family: keras_tuner, build: resumed_training:build_model",
    ),
    "drawing": (
        "epochs: 3, average_last_epochs: 2",
        "",
        "family: 'resumed_training:build_recurrent', units: 4",
    ),
    "bfloat16": ("optimizer: rmsprop, precision: mixed_bfloat16, epochs: 3, label_smoothing: 0.1", ""),
    "averages": (
        "optimizer: schedule_free_adamw, epochs: 3, schedule: one_cycle",
        "augmentation: {cutmix: {alpha: 1}}",
    ),
    "repeats": (
        "repeats: 2, average_last_epochs: 2, "
        "phases: [{epochs: 3, frozen_layers: 2, optimizer: adam, early_stopping: {patience: 1}}, "
        "{epochs: 3, optimizer: {sgd: {momentum: 0.9}}, schedule: {reduce_on_plateau: {patience: 1, min_delta: 1.0}}}]",
        "augmentation: {flip: horizontal, shift: 0.1, mixup: {alpha: 0.3}}",
    ),
    "averaged": ("optimizer: nadam, average_last_epochs: 3, epochs: 4", "test_time_augmentation: {flip: horizontal}"),
    "repeated moving averages": (
        "repeats: 2, ema: {momentum: 0.8}, "
        "phases: [{epochs: 3, frozen_layers: 2, optimizer: adam, early_stopping: {patience: 1}}, "
        "{epochs: 2, optimizer: {sgd: {momentum: 0.9}}, schedule: {reduce_on_plateau: {patience: 1, min_delta: 1.0}}}]",
        "augmentation: {flip: horizontal, shift: 0.1, mixup: {alpha: 0.3}}",
    ),
    "repeated averages": (
        "repeats: 3, optimizer: schedule_free_adamw, epochs: 2, schedule: one_cycle",
        "augmentation: {cutmix: {alpha: 1}}",
    ),
    "repeated half": (
        "repeats: 2, precision: mixed_float16, schedule: cosine, phases: [{epochs: 2}, {epochs: 1, optimizer: sgd}]",
        "",
    ),
}
MOMENTS = {
    "all": ("epoch 0, step 4", "epoch 1, step 4", "epoch 2, step 0", "epoch 3, step 4"),
    "drawing": ("epoch 1, step 4",),
    "repeats": ("epoch 0, step 10", "epoch 1, step 6", "epoch 2, step 4"),
}
"""What is trained in every run of the tests, on TensorFlow, and from where it goes on: in the middle of an epoch of
each phase, where the second phase begins, between two repeats, and where layers draw as they predict."""


def texts(names: tuple[str, ...]) -> dict[str, str]:
    """Whole files, by name; a checkpoint is due after every step."""
    return {
        name: f"data: {{<<: {{dataset: digits}}, {data}}}\nmodel: {{{model[0] if model else SMALL}}}\n"
        f"training: {{<<: {{batch_size: 8, learning_rate: 0.01, checkpoint: {{every: 1e-6}}}}, {training}}}\n"
        for name, (training, data, *model) in CONFIGS.items()
        if name in names
    }


def check(run_process, engine: str, folder: Path, only: Mapping[str, tuple[str, ...]] | None = None) -> None:
    """Interrupt each config at these moments, and compare what it gives in the end.

    Where no moments are named, all configs are trained, and interrupted at the end of each epoch and in the middle of
    each.
    """
    names, only = tuple(CONFIGS if only is None else only), only or {}
    request = {"folder": str(folder), "configs": texts(names), "moments": only}
    lines = run_process("resumed_training.py", engine, {**request, "resume": False})
    whole = {line["config"]: line for line in lines}
    assert list(whole) == list(names)
    resumed = run_process("resumed_training.py", engine, {**request, "resume": True})
    for name in names:
        moments = [line["moment"] for line in resumed if line["config"] == name]
        assert moments == list(only.get(name, whole[name]["moments"])), name
        assert len(whole[name]["moments"]) >= 2 * len(whole[name]["history"]["loss"]), name
    for line in resumed:
        one = whole[line["config"]]
        place = f"{engine}, {line['config']}, {line['moment']}"
        assert line["engine"] == engine
        assert line["history"] == one["history"], place
        assert line["best"] == one["best"], place
        assert {key for key in one["arrays"] if line["arrays"][key] != one["arrays"][key]} == set(), place
        begun = int(line["moment"].split(",")[0].removeprefix("epoch "))
        assert line["restored"] == ([begun] if begun else []), place
        assert line["reported"] == one["reported"][max(0, begun - 1) :], place
        for key in ("epochs", "repeats"):
            assert line[key] == one[key][max(0, begun - 1) :], place


@pytest.mark.engine
@pytest.mark.timeout(900)
def test_a_training_that_was_interrupted_in_any_phase_goes_on_to_the_last_bit(run_process, tmp_path: Path):
    check(run_process, "tensorflow", tmp_path, MOMENTS)


@pytest.mark.engines
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_training_goes_on_to_the_last_bit_on_every_engine_that_is_installed(
    run_process, engine: str, tmp_path: Path
):
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: make test-engines")
    check(run_process, engine, tmp_path)
