"""What every engine must do: a model that is trained again gives what a fresh one gives, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import pytest

from hpo.spaces.sections.training.optimizers import AnyOptimizer

ENGINES = ("tensorflow", "jax", "torch")
NETWORK = "simple_cnn, depth: 1, filters: 4, dense_units: 4, dropout: 0.3"
CONFIGS = {
    "phases": (
        "ema: {momentum: 0.8}, phases: [{epochs: 1, frozen_layers: 2, optimizer: nadam, "
        "learning_rates: {base: %s, head: 0.01}}, "
        "{epochs: 2, optimizer: {sgd: {momentum: 0.9}}, schedule: {reduce_on_plateau: {patience: 1, min_delta: 1.0}}}]",
        "augmentation: {flip: horizontal, shift: 0.1, mixup: {alpha: 0.3}}",
    ),
    "half": (
        "optimizer: schedule_free_adamw, precision: mixed_float16, learning_rate: %s, metrics: [macro_f1], epochs: 1",
        "normalization: standardize",
    ),
}
"""Training and data; each is trained with two learning rates."""
ALL = {
    **CONFIGS,
    "repeats": ("repeats: 2, ema: {momentum: 0.8}, learning_rate: %s, phases: [{epochs: 2}, {epochs: 1}]", ""),
}
for _optimizer in get_args(get_args(AnyOptimizer)[0]):
    _name = _optimizer.model_fields["name"].default
    ALL[f"optimizer {_name}"] = (f"optimizer: {_name}, learning_rate: %s, epochs: 2", "")
RATES = (0.01, 0.002)
Program = Callable[[str, str, Any], list[dict[str, Any]]]


def texts(configs: dict[str, tuple[str, str]]) -> dict[str, list[str]]:
    """Two whole files for each, by name."""
    return {
        name: [
            f"data: {{<<: {{dataset: digits}}, {data}}}\nmodel: {{family: {NETWORK}}}\n"
            f"training: {{<<: {{batch_size: 8}}, {training % rate}}}\n"
            for rate in RATES
        ]
        for name, (training, data) in configs.items()
    }


def check(run_program: Program, engine: str, configs: dict[str, tuple[str, str]]) -> None:
    """Compare what each config gives with a model that another seed and learning rate have left, and with a fresh one.

    Models are used again on TensorFlow alone.
    """
    lines = run_program("pooled_training.py", engine, texts(configs))
    assert [line["config"] for line in lines] == [name for name in configs for _ in range(2)]
    for pooled, fresh in zip(lines[::2], lines[1::2], strict=True):
        assert fresh["engine"] == engine
        assert {key for key in fresh if fresh[key] != pooled[key]} == set(), (engine, fresh["config"])
        assert fresh["is_used_again"], (engine, fresh["config"])


@pytest.mark.engine
def test_a_model_that_is_trained_again_gives_what_a_fresh_one_gives_to_the_last_bit(run_program: Program):
    check(run_program, "tensorflow", CONFIGS)


@pytest.mark.engines
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_training_gives_what_a_fresh_model_gives_on_every_engine_that_is_installed(
    run_program: Program, engine: str
):
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: make test-engines")
    check(run_program, engine, ALL)


@pytest.mark.engines
@pytest.mark.timeout(900)
def test_what_jax_has_compiled_in_another_process_gives_what_it_compiles_itself_to_the_last_bit(
    run_process: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    if find_spec("jax") is None:
        pytest.skip("jax is not installed: make test-engines")

    def train() -> list[dict[str, Any]]:
        return run_process("pooled_training.py", "jax", texts(CONFIGS))

    def count() -> int:
        return len(list(tmp_path.rglob("jit_train_step-*-cache")))

    monkeypatch.setenv("HPO_CACHE", str(tmp_path))
    monkeypatch.setenv("JAX_ENABLE_COMPILATION_CACHE", "false")
    own = train()
    assert not count()
    monkeypatch.delenv("JAX_ENABLE_COMPILATION_CACHE")
    first, kept = train(), count()
    assert kept
    assert train() == first == own
    assert count() == kept
