"""What every engine must do: the repeats of a trial, which take turns in one model, are what their seeds give alone."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest

ENGINES = ("tensorflow", "jax", "torch")
COMMON = "batch_size: 8, learning_rate: 0.01, repeats: 2"
SMALL = "{family: simple_cnn, depth: 1, filters: 4, dense_units: 4, dropout: 0.3}"
MOVED = "{flip: horizontal, shift: 0.1, mixup: {alpha: 0.3}}"
FILES = {
    "phases": f"""\
data: {{dataset: digits, augmentation: {MOVED}}}
model: {SMALL}
training:
  <<: {{{COMMON}}}
  ema: {{momentum: 0.8}}
  phases:
    - {{epochs: 3, frozen_layers: 2, optimizer: adam, early_stopping: {{patience: 1}}}}
    - epochs: 2
      optimizer: {{sgd: {{momentum: 0.9}}}}
      schedule: {{reduce_on_plateau: {{patience: 1, min_delta: 1.0}}}}
""",
    "early stopping": f"""\
data: {{dataset: digits, normalization: standardize}}
model: {SMALL}
training:
  <<: {{{COMMON}}}
  <<: {{repeats: 3, learning_rate: 0.3, epochs: 5, optimizer: {{sgd: {{momentum: 0.9}}}}}}
  early_stopping: {{patience: 2}}
  schedule: {{reduce_on_plateau: {{patience: 1, factor: 0.2, min_delta: 0.1}}}}
""",
    "averages": f"""\
data: {{dataset: digits, augmentation: {{cutmix: {{alpha: 1}}}}}}
model: {SMALL}
training: {{{COMMON}, optimizer: schedule_free_adamw, epochs: 2, schedule: one_cycle}}
""",
    "half": f"""\
data: digits
model: {SMALL}
training: {{{COMMON}, precision: mixed_float16, epochs: 2, schedule: cosine, class_weights: balanced}}
""",
    "compiled": """\
data: digits
model: {family: keras_tuner, build: resumed_training:build_model}
training: {batch_size: 8, repeats: 2, epochs: 2}
""",
}
PARTS = {"early stopping": 2}
"""In how many parts the batches of a file are computed."""
Program = Callable[[str, str, Any], list[dict[str, Any]]]


def train(run_program: Program, engine: str, name: str) -> list[dict[str, Any]]:
    """Train a file's repeats, and each of their seeds alone, in one process of an engine."""
    return run_program("repeated_training.py", engine, {"text": FILES[name], "accumulation_steps": PARTS.get(name, 1)})


def check(run_program: Program, engine: str, name: str) -> None:
    """Compare each repeat with its seed's own training, to the last bit."""
    repeats = train(run_program, engine, name)
    assert len(repeats) >= 2
    for repeat in repeats:
        assert repeat["engine"] == engine
        for key in ("history", "values", "best"):
            assert repeat[key][0] == repeat[key][1], (engine, name, key)
    values = [repeat["values"][0] for repeat in repeats]
    assert len(set(map(str, values))) == len(values), "seeds that give the same say nothing"
    assert repeats[0]["mean"] == pytest.approx(sum(value[0] for value in values) / len(values))
    assert [repeat["is_kept"] for repeat in repeats].index(True) == values.index(min(values))


@pytest.mark.engine
def test_repeats_are_what_their_seeds_give_alone(run_program: Program):
    check(run_program, "tensorflow", "phases")


@pytest.mark.engines
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("engine", ENGINES)
def test_repeats_are_what_their_seeds_give_alone_on_every_engine_that_is_installed(
    run_program: Program, engine: str, name: str
):
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: make test-engines")
    check(run_program, engine, name)
