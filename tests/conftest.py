"""What tests share: where studies go, and small spaces that train in seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

SMALL_SPACE = """\
study: small
data: {dataset: digits, validation: 0.2}
model: {family: simple_cnn, depth: {int: [1, 2]}, filters: 4, dense_units: 8}
training:
  epochs: 2
  batch_size: 128
  learning_rate: {float: [1e-3, 1e-1], log: true}
  optimizer: {choice: {adam: , sgd: {momentum: {float: [0.0, 0.9]}}}}
search: {trials: 2, sampler: random, pruner: none}
"""


@pytest.fixture
def small_space(tmp_path: Path) -> Path:
    """A space whose trials take a second or two each."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL_SPACE)
    return path


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """An empty folder of studies."""
    return tmp_path / "studies"
